//! A health check as a Dockerfile or a compose file defines it.

use super::compose_variables::ComposeVariables;
use super::notes::Notes;
use super::timing::Timing;

/// How much of the old check, a name or a note is shown, in bytes.
pub(super) const MAX_SHOWN: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HealthCheck {
    /// `line 12`, `service web`; empty for a line by itself.
    pub(super) location: String,
    /// The old check, in one line.
    pub(super) old: String,
    pub(super) test: Test,
    pub(super) timing: Timing,
    pub(super) format: Format,
    /// Notes on its position in the file.
    pub(super) notes: Notes,
}

/// The command of a check, in the forms of Docker's `Healthcheck.Test`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    /// `NONE`, or `disable: true` in a compose file.
    Disabled,
    /// A compose file without `test:`: the image's check with another timing.
    Inherited,
    /// Program and arguments, without a shell.
    Exec(Vec<String>),
    Shell {
        script: String,
        /// The argument list of the SHELL instruction; empty without one.
        shell: Vec<String>,
        /// The elements after the script in a compose list.
        extra: Vec<String>,
    },
}

/// The file format in which the new lines are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    Dockerfile,
    Compose(ComposeVariables),
}
