//! A time limit for calls that have none of their own.

use std::sync::OnceLock;
use std::time::Duration;

/// The exit code, and the line for stderr before it.
static END: OnceLock<(i32, String)> = OnceLock::new();

/// Ends this process with this code after `limit`, by SIGALRM. Later calls are
/// ignored.
pub(crate) fn end_after(limit: Duration, code: i32, message: String) {
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
