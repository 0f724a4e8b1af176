//! The controlling terminal and its foreground process group.

use super::{Pid, check};
use std::io::{self, IsTerminal};
use std::os::fd::{AsRawFd, BorrowedFd};

/// Standard input, if it is a terminal whose foreground group is hinit's.
pub fn in_foreground() -> Option<BorrowedFd<'static>> {
    // SAFETY: fd 0 is open: `fds::fill_stdio` saw to it, and nothing closes it.
    let stdin = unsafe { BorrowedFd::borrow_raw(libc::STDIN_FILENO) };
    if !stdin.is_terminal() {
        return None;
    }
    // SAFETY: these touch no memory of ours.
    let ours = unsafe { libc::tcgetpgrp(stdin.as_raw_fd()) == libc::getpgrp() };
    ours.then_some(stdin)
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
