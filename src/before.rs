//! What happens before the app is executed and needs a reason to be: the
//! volumes it is given, the limits it gets, the descriptors and variables it
//! inherits.
//!
//! What needs root is done by hinit itself before the drop ([`chown`],
//! [`limit::Limit::make_room`], [`oom_score`]); what only the app is to have is done
//! by its own process between fork and exec ([`Setup`]), so that PID 1 is not
//! bound by a limit that is meant for the app. So do the commands of its checks.

pub mod chown;
pub mod env_file;
pub mod limit;
pub mod oom_score;
pub mod sockets;
pub mod umask;

use crate::error::{Error, Result};
use limit::Limit;
use sockets::Sockets;
use umask::Umask;

/// What the app's process does to itself between fork and exec.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// `--ulimit`, each kind at most once.
    pub limits: Vec<Limit>,
    /// `--umask`; hinit's own if none.
    pub umask: Option<Umask>,
    /// What a socket activation has passed to hinit for the app.
    pub sockets: Option<Sockets>,
}

impl Setup {
    /// To be called in the child.
    ///
    /// # Errors
    /// The kernel refuses a limit, or a descriptor has been closed.
    pub fn apply(&self) -> std::io::Result<()> {
        if let Some(umask) = self.umask {
            umask.set();
        }
        if let Some(sockets) = &self.sockets {
            sockets.open_to_exec()?;
        }
        self.limits.iter().try_for_each(Limit::set)
    }
}

/// An error whose fix is known.
fn wrong(what: &str, error: impl std::fmt::Display, next: &str) -> Error {
    Error::new(format!("{what}: {error}; {next}"))
}

/// Checks that hinit can give the app its limits, while it may still raise
/// them.
///
/// # Errors
/// A limit above the hard one of the container.
pub fn make_room(limits: &[Limit]) -> Result<()> {
    limits.iter().try_for_each(Limit::make_room)
}
