//! An end in time for what knows no time limit.

use std::sync::OnceLock;
use std::time::Duration;

/// The exit code, and what to say on stderr before.
static END: OnceLock<(i32, String)> = OnceLock::new();

/// Ends this process with this code when `limit` has passed, by SIGALRM. Only
/// the first call counts.
pub fn end_after(limit: Duration, code: i32, message: String) {
    if END.set((code, message)).is_err() {
        return;
    }
    let never = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let timer = libc::itimerval { it_interval: never, it_value: super::clock::timeval(limit) };
    let handler: extern "C" fn(libc::c_int) = end;
    // SAFETY: the handler makes only calls that are allowed in one
    // (signal-safety(7)), and `timer` is a whole itimerval.
    unsafe {
        libc::signal(libc::SIGALRM, handler as libc::sighandler_t);
        libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut());
    }
}

extern "C" fn end(_: libc::c_int) {
    let Some((code, message)) = END.get() else { return };
    // SAFETY: `message` is never changed or freed, and its length is given.
    unsafe {
        libc::write(libc::STDERR_FILENO, message.as_ptr().cast(), message.len());
        libc::_exit(*code);
    }
}
