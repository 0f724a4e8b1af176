//! The controlling terminal and its foreground process group.

use super::{Pid, check, signals};
use crate::signal::Signal;
use std::io::{self, IsTerminal};
use std::os::fd::{AsRawFd, BorrowedFd};

/// Standard input, if it is a terminal whose foreground group is hinit's.
pub fn in_foreground() -> Option<BorrowedFd<'static>> {
    let stdin = terminal()?;
    // SAFETY: these touch no memory of ours.
    let ours = unsafe { libc::tcgetpgrp(stdin.as_raw_fd()) == libc::getpgrp() };
    ours.then_some(stdin)
}

/// Stops hinit's own process group as `^Z` would, and returns when it goes on
/// again, or at once (false) if it cannot be stopped: a group that no shell
/// waits for ignores SIGTSTP.
pub fn suspend_own_group() -> bool {
    // The app's group is in the foreground now; a shell expects its job there.
    if let Some(terminal) = terminal() {
        // SAFETY: touches no memory of ours.
        let _ = give(terminal, unsafe { libc::getpgrp() });
    }
    signals::raise_for_own_group(Signal::TSTP);
    signals::is_pending(Signal::CONT)
}

fn terminal() -> Option<BorrowedFd<'static>> {
    // SAFETY: fd 0 is open: `fds::fill_stdio` saw to it, and nothing closes it.
    let stdin = unsafe { BorrowedFd::borrow_raw(libc::STDIN_FILENO) };
    stdin.is_terminal().then_some(stdin)
}

/// Makes `group` the terminal's foreground group.
///
/// SIGTTOU has to be blocked, as it is all through hinit.
///
/// # Errors
/// ENOTTY, EPERM, EIO: none of them is a reason not to run.
pub fn give(terminal: BorrowedFd<'_>, group: Pid) -> io::Result<()> {
    // SAFETY: touches no memory of ours.
    check(unsafe { libc::tcsetpgrp(terminal.as_raw_fd(), group) }).map(drop)
}
