//! Why a program could not be started, worded like the program that hinit was
//! called as.

use crate::error::Error;
use crate::personality::Personality;
use crate::text::system_message;
use std::ffi::OsStr;
use std::io;

/// Why the app could not be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StartError {
    /// The exit code, by the plan's personality.
    pub code: i32,
    /// The line for the user.
    pub error: Error,
    /// No process could be made (a limit on pids or memory), which may be
    /// temporary.
    pub is_shortage: bool,
}

impl StartError {
    /// The child could not apply its limits or keep its sockets.
    pub(super) fn in_setup(personality: Personality, error: &io::Error) -> Self {
        let error = Error::new(format!(
            "cannot apply --ulimit or pass sockets to the app: {error}; set limits with docker run instead"
        ));
        Self { code: personality.own_failure(), error, is_shortage: false }
    }

    /// `what` cannot be made for the app.
    pub(super) fn without(personality: Personality, what: &str, error: &io::Error) -> Self {
        let error = Error::new(format!(
            "cannot make {what} for the app: {error}; is a limit of this container reached (pids, memory, open files)?"
        ));
        Self { code: personality.own_failure(), error, is_shortage: false }
    }

    /// execve(2) failed with `error`. hinit's line has `why`, those of the others
    /// the message of the C library.
    pub(super) fn not_executed(
        personality: Personality,
        program: &OsStr,
        error: &io::Error,
        why: &str,
    ) -> Self {
        let (program, plain) = (program.display(), system_message(error));
        let line = match personality {
            Personality::Hinit => format!("cannot start '{program}': {why}"),
            Personality::Tini { .. } => format!("exec {program} failed: {plain}"),
            Personality::DumbInit => format!("{program}: {plain}"),
            Personality::Catatonit => format!("failed to exec pid1: {plain}"),
        };
        Self {
            code: personality.not_executed(error.raw_os_error()),
            error: Error::new(line),
            is_shortage: false,
        }
    }
}
