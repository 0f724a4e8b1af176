//! Why there is no connection to ask anything on.

/// A failure before anything was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// One sentence.
    pub(crate) reason: String,
}

/// What failed: curl and wget have an exit code for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "some can only happen in TLS"))]
pub(crate) enum Kind {
    /// The name has no address.
    Lookup,
    /// Nobody took the connection.
    Connect,
    /// The time was over before there was something to speak on.
    TimedOut,
    /// The server's certificate is not believed.
    Certificate,
    /// TLS was not spoken.
    Handshake,
    /// What says whom to believe is missing or makes no sense.
    Trust,
    /// The client certificate or its key is missing or makes no sense.
    Identity,
}

impl Failure {
    pub(crate) fn new(kind: Kind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }
}

impl From<Failure> for String {
    fn from(failure: Failure) -> Self {
        failure.reason
    }
}
