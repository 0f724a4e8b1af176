//! What the child does between fork and exec: of the app, and of the commands of
//! its health checks.
//!
//! Limits are set here and not earlier, so that PID 1 is not bound by them. Steps
//! that need root are done by hinit before the drop ([`crate::setup`]).

use super::socket_activation::Sockets;
use crate::limits::rlimit::Limit;
use crate::limits::umask::Umask;

/// What the child does between fork and exec.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChildSetup {
    /// `--ulimit`, each kind at most once.
    pub limits: Vec<Limit>,
    /// `--umask`; hinit's own if none.
    pub umask: Option<Umask>,
    /// Descriptors of a socket activation, for the app.
    pub sockets: Option<Sockets>,
}

impl ChildSetup {
    /// To be called in the child.
    ///
    /// # Errors
    /// The kernel rejects a limit, or a descriptor has been closed.
    pub(crate) fn apply(&self) -> std::io::Result<()> {
        if let Some(umask) = self.umask {
            umask.set();
        }
        if let Some(sockets) = &self.sockets {
            sockets.keep_on_exec()?;
        }
        self.limits.iter().try_for_each(Limit::set)
    }
}
