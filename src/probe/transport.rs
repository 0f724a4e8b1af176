//! The bytes below a protocol: a socket, with or without TLS.

#[cfg(feature = "tls")]
use super::tls::Session;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A socket, with or without TLS.
pub(super) enum Transport {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<Session>),
}

impl Transport {
    /// WouldBlock or TimedOut after `limit` of silence.
    pub(super) fn read(&mut self, buffer: &mut [u8], limit: Duration) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.set_read_timeout(Some(limit)).and_then(|()| stream.read(buffer)),
            #[cfg(feature = "tls")]
            Self::Tls(session) => session.read(buffer, limit),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8], limit: Duration) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.set_write_timeout(Some(limit)).and_then(|()| stream.write(bytes)),
            #[cfg(feature = "tls")]
            Self::Tls(session) => session.write(bytes, limit),
        }
    }
}
