//! Processes: fork, reaping, process groups and sessions.

use super::{Pid, check};
use crate::signal::Signal;
use std::io;

/// hinit's own pid.
pub fn own_pid() -> Pid {
    // SAFETY: getpid cannot fail.
    unsafe { libc::getpid() }
}

/// The pid of hinit's parent; 0 if it is outside of this pid namespace.
pub fn parent_pid() -> Pid {
    // SAFETY: getppid cannot fail.
    unsafe { libc::getppid() }
}

/// hinit's effective user (geteuid(2)).
pub(crate) fn own_user() -> u32 {
    // SAFETY: geteuid cannot fail.
    unsafe { libc::geteuid() }
}

/// Whether there is a process with this pid, zombies included.
pub(crate) fn exists(pid: Pid) -> bool {
    if pid <= 0 {
        return false;
    }
    // SAFETY: signal 0 is never delivered, and kill touches no memory of ours.
    let result = check(unsafe { libc::kill(pid, 0) });
    result.map_or_else(|error| error.raw_os_error() == Some(libc::EPERM), |_| true)
}

/// Makes hinit adopt orphaned descendants, as PID 1 does anyway.
///
/// # Errors
/// EINVAL before Linux 3.4.
pub(crate) fn become_subreaper() -> io::Result<()> {
    // SAFETY: prctl with a number touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) }).map(drop)
}

/// Which side of a fork this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The child.
    Child,
    /// The parent, with the child's pid.
    Parent(Pid),
}

/// Forks; [`super::signals::Inherited::fork`] is the safe wrapper.
///
/// # Safety
/// This process has no other thread: a lock of the allocator that it holds would
/// stay locked in the child for ever.
///
/// # Errors
/// EAGAIN at a process limit, ENOMEM (fork(2)).
pub unsafe fn fork() -> io::Result<Side> {
    // SAFETY: the caller promises that no other thread can hold a lock.
    let pid = check(unsafe { libc::fork() })?;
    Ok(if pid == 0 { Side::Child } else { Side::Parent(pid) })
}

/// Ends a forked child without running the exit handlers of the parent.
pub fn leave(code: i32) -> ! {
    // SAFETY: _exit never returns and runs no handlers.
    unsafe { libc::_exit(code) }
}

/// Makes `pid` (0 for the caller) the leader of a new process group.
///
/// Parent and child both call it: whichever runs first, the group exists before a
/// signal is sent to it (dumb-init and tini -g lose signals here).
pub fn lead_group(pid: Pid) {
    // SAFETY: touches no memory of ours. EACCES after the child's exec and ESRCH
    // after its end mean that the child has already done it.
    unsafe { libc::setpgid(pid, pid) };
}

/// Makes this process the leader of a new session and of a new group, without a
/// terminal. It fails only for the leader of a group, which a newly forked process
/// never is.
pub(crate) fn lead_session() {
    // SAFETY: touches no memory of ours.
    unsafe { libc::setsid() };
}

/// Whether this process leads its session.
pub(crate) fn leads_session() -> bool {
    // SAFETY: touches no memory of ours.
    unsafe { libc::getsid(0) == libc::getpid() }
}

/// What happened to a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It has ended and was reaped.
    Ended(Ending),
    /// It was stopped by this signal.
    Stopped(Signal),
    /// It was continued after a stop.
    Continued,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this code, 0 to 255.
    Exited(i32),
    /// By a signal, and whether a core was dumped.
    Killed {
        /// Which signal.
        signal: Signal,
        /// Whether a core was dumped.
        core: bool,
    },
}

impl Ending {
    /// The code a shell reports: its own, or 128 plus the signal.
    pub fn code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Killed { signal, .. } => 128 + signal.number(),
        }
    }
}

/// The next change of any child, reaped if it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// This child changed.
    Changed(Pid, Change),
    /// There are children, and none has changed.
    Nothing,
    /// There is no child.
    Childless,
}

/// The next change, without waiting.
///
/// The raw status is decoded here: nix's waitpid reaps a child that a realtime
/// signal killed and then returns EINVAL, so that pid1-rs hangs for ever.
pub(crate) fn wait_any() -> Wait {
    wait(-1, libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED)
}

/// Waits until this child has ended, and reaps it.
pub fn wait_for(pid: Pid) -> Option<Ending> {
    match wait(pid, 0) {
        Wait::Changed(_, Change::Ended(ending)) => Some(ending),
        _ => None,
    }
}

fn wait(which: Pid, options: libc::c_int) -> Wait {
    let mut status = 0;
    // SAFETY: `status` is valid to write to.
    let pid = super::uninterrupted(|| check(unsafe { libc::waitpid(which, &raw mut status, options) }));
    match pid {
        Ok(0) => Wait::Nothing,
        Ok(pid) => Wait::Changed(pid, decode(status)),
        Err(_) => Wait::Childless,
    }
}

/// Decodes the status of wait(2), whose layout is fixed on Linux.
fn decode(status: i32) -> Change {
    let low = status & 0x7f;
    let high = (status >> 8) & 0xff;
    match (low, status & 0xff) {
        (0, _) => Change::Ended(Ending::Exited(high)),
        _ if status == 0xffff => Change::Continued,
        (_, 0x7f) => Change::Stopped(Signal::from_number(high).unwrap_or(Signal::STOP)),
        _ => {
            let signal = Signal::from_number(low).unwrap_or(Signal::KILL);
            Change::Ended(Ending::Killed { signal, core: status & 0x80 != 0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_every_kind_of_status() {
        let killed = |number, core| {
            let signal = Signal::from_number(number).unwrap();
            Change::Ended(Ending::Killed { signal, core })
        };
        let table = [
            (0x0000, Change::Ended(Ending::Exited(0))),
            (0xff00, Change::Ended(Ending::Exited(255))),
            (0x000f, killed(15, false)),
            (0x0086, killed(6, true)),
            (0x0022, killed(34, false)),
            (0x0040, killed(64, false)),
            (0x137f, Change::Stopped(Signal::STOP)),
            (0x227f, Change::Stopped(Signal::from_number(34).unwrap())),
            (0xffff, Change::Continued),
        ];
        for (status, change) in table {
            assert_eq!(decode(status), change, "{status:#x}");
        }
    }

    #[test]
    fn gives_the_code_a_shell_would_show() {
        assert_eq!(Ending::Exited(3).code(), 3);
        assert_eq!(Ending::Killed { signal: Signal::TERM, core: false }.code(), 143);
    }
}
