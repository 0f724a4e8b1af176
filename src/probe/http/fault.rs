//! Why what came is not an HTTP answer.

use std::fmt;

/// Why this is not an HTTP answer. Reads on from the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It starts with these bytes.
    NotHttp(Vec<u8>),
    /// They are longer than the limit.
    LongHeaders,
    /// A Content-Length is invalid, or two of them differ.
    BadLength,
    /// The chunked encoding of the body is invalid.
    BadChunk,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A TLS alert or handshake record.
            Self::NotHttp(start) if matches!(start[..], [0x15 | 0x16, 3, ..]) => {
                f.write_str("answered in TLS, not in HTTP")
            }
            Self::NotHttp(start) => {
                write!(f, "did not answer in HTTP/1: '{}'", String::from_utf8_lossy(start))
            }
            Self::LongHeaders => f.write_str("sent more headers than hinit reads"),
            Self::BadLength => f.write_str("sent an invalid Content-Length"),
            Self::BadChunk => f.write_str("sent a body with invalid chunks"),
        }
    }
}
