//! Why a program could not be started, in the words of the program that hinit
//! was called as.

use crate::error::Error;
use crate::personality::Personality;
use crate::text::system_words;
use std::ffi::OsStr;
use std::io;

/// Why the app could not be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartError {
    /// The exit code, by the plan's personality.
    pub code: i32,
    /// The line for the user.
    pub error: Error,
    /// No process could be made, which may pass: a limit on pids or memory.
    pub is_shortage: bool,
}

impl StartError {
    /// The child could not apply its limits or keep its sockets.
    pub(super) fn in_setup(personality: Personality, error: &io::Error) -> Self {
        let error = Error::new(format!(
            "cannot give the app its --ulimit and its sockets: {error}; give it limits with docker run instead"
        ));
        Self { code: personality.own_failure(), error, is_shortage: false }
    }

    /// `what` that the app needs cannot be made.
    pub(super) fn without(personality: Personality, what: &str, error: &io::Error) -> Self {
        let error = Error::new(format!(
            "cannot make {what} for the app: {error}; is a limit of this container reached (pids, memory, open files)?"
        ));
        Self { code: personality.own_failure(), error, is_shortage: false }
    }

    /// execve(2) failed with `error`. hinit says `why`, the others what the C
    /// library says.
    pub(super) fn not_executed(
        personality: Personality,
        program: &OsStr,
        error: &io::Error,
        why: &str,
    ) -> Self {
        let (program, plain) = (program.display(), system_words(error));
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
