//! Why there is no connection to send a request on.

/// A failure before any request was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// One sentence.
    pub(crate) reason: String,
}

/// What failed: curl and wget have an exit code for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "some can only happen with TLS"))]
pub(crate) enum Kind {
    /// The name cannot be resolved.
    Lookup,
    /// The connection was not accepted.
    Connect,
    /// The deadline passed before the connection was usable.
    TimedOut,
    /// The server's certificate is not trusted.
    Certificate,
    /// The TLS handshake failed.
    Handshake,
    /// The CA certificates are missing or invalid.
    CaCertificates,
    /// The client certificate or its key is missing or invalid.
    ClientCertificate,
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
