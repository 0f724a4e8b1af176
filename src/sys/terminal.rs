//! The controlling terminal and its foreground process group.

use super::{Pid, check, process, signals};
use crate::signal::Signal;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

/// The terminal that hinit was started on.
#[derive(Debug)]
pub(crate) enum Terminal {
    /// Standard input.
    Stdin,
    /// Standard input is something else, but the app may still prompt on /dev/tty
    /// (it hangs with tini and tino, and fails with dumb-init).
    Opened(File),
}

impl Terminal {
    /// None without a controlling terminal.
    pub(crate) fn find() -> Option<Self> {
        if io::stdin().is_terminal() {
            return Some(Self::Stdin);
        }
        let flags = libc::O_NOCTTY | libc::O_NONBLOCK;
        let opened = OpenOptions::new().read(true).write(true).custom_flags(flags).open("/dev/tty");
        opened.ok().map(Self::Opened)
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            // SAFETY: fd 0 is open since `fds::fill_stdio`, and nothing closes it.
            Self::Stdin => unsafe { BorrowedFd::borrow_raw(libc::STDIN_FILENO) },
            Self::Opened(file) => file.as_fd(),
        }
    }

    /// Whether this group is in the foreground.
    pub(crate) fn is_held_by(&self, group: Pid) -> bool {
        // SAFETY: touches no memory of ours.
        unsafe { libc::tcgetpgrp(self.fd().as_raw_fd()) == group }
    }

    /// Makes `group` the foreground group.
    ///
    /// SIGTTOU must be blocked, as it always is in hinit.
    ///
    /// # Errors
    /// ENOTTY, EPERM, EIO. Callers ignore them: the app runs without the terminal
    /// (tini exits).
    pub(crate) fn give(&self, group: Pid) -> io::Result<()> {
        // SAFETY: touches no memory of ours.
        check(unsafe { libc::tcsetpgrp(self.fd().as_raw_fd(), group) }).map(drop)
    }
}

/// hinit's own process group.
pub(crate) fn own_group() -> Pid {
    // SAFETY: getpgrp cannot fail.
    unsafe { libc::getpgrp() }
}

/// Stops hinit's own process group as `^Z` would, and returns true when it was
/// continued. Returns false at once if it cannot be stopped: an orphaned process
/// group ignores SIGTSTP.
pub(crate) fn suspend_own_group() -> bool {
    signals::raise_for_own_group(Signal::TSTP);
    signals::is_pending(Signal::CONT)
}

/// How hinit gave up its controlling terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Detached {
    /// As leader of the session, for the whole session. The kernel then sends SIGHUP
    /// and SIGCONT to the foreground group. hinit discards its own, since the
    /// terminal is not gone; these were discarded.
    Leader(Vec<Signal>),
    /// For hinit alone.
    Member,
}

/// Gives up the controlling terminal if that is standard input, so that another
/// session can take it (TIOCNOTTY, ioctl_tty(2)).
///
/// # Errors
/// ENOTTY: standard input is not the controlling terminal.
pub(crate) fn detach() -> io::Result<Detached> {
    let leads = process::leads_session();
    let hang_up = [Signal::HUP, Signal::CONT];
    let raised_by_it = hang_up.map(|signal| !signals::is_pending(signal));
    // SAFETY: the request takes no argument.
    check(unsafe { libc::ioctl(libc::STDIN_FILENO, libc::TIOCNOTTY) })?;
    if !leads {
        return Ok(Detached::Member);
    }
    let raised = hang_up.into_iter().zip(raised_by_it).filter(|(_, by_it)| *by_it);
    Ok(Detached::Leader(
        raised.map(|(signal, _)| signal).filter(|signal| signals::discard(*signal)).collect(),
    ))
}

/// Makes standard input the controlling terminal of the session that this
/// process leads (TIOCSCTTY).
///
/// # Errors
/// ENOTTY: it is not a terminal. EPERM: it belongs to another session.
pub(crate) fn attach() -> io::Result<()> {
    let steal: libc::c_int = 0;
    // SAFETY: the request takes a number.
    check(unsafe { libc::ioctl(libc::STDIN_FILENO, libc::TIOCSCTTY, steal) }).map(drop)
}
