//! What the reply of a server means.

use crate::plan::probe::Service;

/// What the reply of a server means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Readiness {
    /// It is ready; the detail may be empty.
    Ready(String),
    /// It reports that it is not ready, and why.
    NotReady(String),
    /// This is not a reply in its protocol.
    OtherProtocol,
}

/// Reads everything received so far; none if the reply is not complete.
pub(super) type ReadReply = fn(&Service, &[u8]) -> Option<Readiness>;
