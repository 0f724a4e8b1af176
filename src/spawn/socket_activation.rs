//! Descriptors that hinit was started with: those of a socket activation are
//! passed to the app, others are closed.
//!
//! The protocol is that of sd_listen_fds(3), which systemd and podman use:
//! `LISTEN_FDS` descriptors from 3 on are for the process `LISTEN_PID`, so that
//! variable is set to the app's own pid. `LISTEN_PIDFDID` names hinit itself and
//! is removed.
//!
//! As PID 1, every other descriptor from 3 on is a leak of the engine
//! (CVE-2024-21626) and is closed. Under another init's name it is passed to the
//! app, since a script may have opened it for that. When hinit is not PID 1 it is
//! part of somebody's pipeline, and what `hinit diff <(a) <(b)` passes stays open.

use crate::error::{Error, Result};
use crate::sys::{Pid, fds, process};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::RawFd;

/// The variable with the app's pid.
pub(crate) const PID: &str = "LISTEN_PID";
const COUNT: &str = "LISTEN_FDS";
const NAMES: &str = "LISTEN_FDNAMES";

/// All variables of the protocol.
pub(crate) const VARIABLES: [&str; 4] = [PID, COUNT, NAMES, "LISTEN_PIDFDID"];

/// The first descriptor of the protocol.
const FIRST: RawFd = 3;

/// The descriptors passed to hinit for its app; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sockets {
    count: RawFd,
    names: Option<OsString>,
}

/// The first undeclared descriptor: it and all above it are leaks.
pub(crate) fn first_undeclared() -> RawFd {
    FIRST + own_count()
}

fn own_count() -> RawFd {
    let variable = |name| std::env::var_os(name);
    count(variable(PID).as_deref(), variable(COUNT).as_deref(), process::own_pid())
}

/// Takes the descriptors. From here on every exec except the app's closes them.
///
/// # Errors
/// One of the descriptors that `LISTEN_FDS` counts is not open.
pub(crate) fn take() -> Result<Option<Sockets>> {
    let count = own_count();
    for fd in FIRST..FIRST + count {
        fds::close_on_exec(fd, true).map_err(|error| {
            Error::with_fix(
                &format!("{COUNT}={count}: descriptor {fd}"),
                error,
                "let whoever starts hinit pass as many as it counts, or unset LISTEN_FDS",
            )
        })?;
    }
    Ok((count > 0).then(|| Sockets { count, names: std::env::var_os(NAMES) }))
}

/// The number of descriptors passed to this process; 0 if they are for another
/// process.
fn count(pid: Option<&OsStr>, count: Option<&OsStr>, own: Pid) -> RawFd {
    let number = |value: Option<&OsStr>| value?.to_str()?.parse::<i32>().ok();
    match (number(pid), number(count)) {
        (Some(pid), Some(count)) if pid == own => count.clamp(0, RawFd::MAX - FIRST),
        _ => 0,
    }
}

/// Whether hinit's own variables must not be inherited: they are for hinit's pid,
/// or count descriptors that have been closed.
pub(crate) fn are_stale(sockets: Option<&Sockets>) -> bool {
    sockets.is_some() || process::own_pid() == 1
}

impl Sockets {
    /// The variables for the app; its process fills in [`PID`].
    pub(crate) fn variables(&self) -> Vec<(OsString, OsString)> {
        let names = self.names.iter().map(|names| (NAMES.into(), names.clone()));
        let count = (COUNT.into(), self.count.to_string().into());
        [(PID.into(), OsString::new()), count].into_iter().chain(names).collect()
    }

    /// Keeps them open in the next exec.
    pub(super) fn keep_on_exec(&self) -> io::Result<()> {
        (FIRST..FIRST + self.count).try_for_each(|fd| fds::close_on_exec(fd, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_what_is_for_this_process() {
        let table = [
            (Some("7"), Some("2"), 2),
            (Some("8"), Some("2"), 0),
            (None, Some("2"), 0),
            (Some("7"), None, 0),
            (Some("7"), Some("0"), 0),
            (Some("7"), Some("-1"), 0),
            (Some("7"), Some("x"), 0),
            (Some("x"), Some("2"), 0),
            (Some(""), Some(""), 0),
            (Some("7"), Some("99999999999999999999"), 0),
            (Some("7"), Some("2147483647"), RawFd::MAX - FIRST),
        ];
        for (pid, fds, expected) in table {
            assert_eq!(count(pid.map(OsStr::new), fds.map(OsStr::new), 7), expected, "{pid:?} {fds:?}");
        }
    }

    #[test]
    fn hands_names_on_only_if_there_are_any() {
        let names =
            |sockets: Sockets| -> Vec<_> { sockets.variables().into_iter().map(|(name, _)| name).collect() };
        assert_eq!(names(Sockets { count: 1, names: None }), [PID, COUNT]);
        assert_eq!(names(Sockets { count: 1, names: Some("web".into()) }), [PID, COUNT, NAMES]);
    }
}
