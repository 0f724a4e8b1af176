//! A health check as a Dockerfile or a compose file defines it.

use super::compose_variables::ComposeVariables;
use super::image::Image;
use super::notes::Notes;
use super::timing::Timing;

/// How much of the old check, a name or a note is shown, in bytes.
pub(super) const MAX_SHOWN: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HealthCheck {
    /// `line 12`, `service web`; empty for a line by itself.
    pub(super) location: String,
    /// The line of the file in which it starts; none outside a file.
    pub(super) line: Option<usize>,
    /// The old check, in one line.
    pub(super) old: String,
    pub(super) test: Test,
    pub(super) timing: Timing,
    pub(super) format: Format,
    /// Notes on its position in the file.
    pub(super) notes: Notes,
    /// What the file says about its image.
    pub(super) image: Image,
    /// Whether it is for the images that are built on this one.
    pub(super) onbuild: bool,
}

impl HealthCheck {
    /// A check of a Dockerfile, with nothing but its command.
    pub(super) fn new(test: Test) -> Self {
        Self {
            location: String::new(),
            line: None,
            old: String::new(),
            test,
            timing: Timing::default(),
            format: Format::Dockerfile,
            notes: Notes::default(),
            image: Image::default(),
            onbuild: false,
        }
    }
}

/// The command of a check, in the forms of Docker's `Healthcheck.Test`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    /// `NONE`, or `disable: true` in a compose file.
    Disabled,
    /// A compose file without `test:`: the image's check with another timing.
    Inherited,
    /// A Dockerfile without a HEALTHCHECK.
    Missing,
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
