//! What a child does to itself between fork and exec: the app, and the commands
//! of its health checks.
//!
//! PID 1 itself is not bound by a limit that is meant for the app. What needs
//! root is done before the drop, by hinit ([`crate::setup`]).

use super::socket_activation::Sockets;
use crate::limits::rlimit::Limit;
use crate::limits::umask::Umask;

/// What the app's process does to itself between fork and exec.
#[derive(Debug, Clone, Default)]
pub struct ChildSetup {
    /// `--ulimit`, each kind at most once.
    pub limits: Vec<Limit>,
    /// `--umask`; hinit's own if none.
    pub umask: Option<Umask>,
    /// What a socket activation has passed to hinit for the app.
    pub sockets: Option<Sockets>,
}

impl ChildSetup {
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
