//! TLS on a connection, by rustls and ring.
//!
//! Only what a probe needs: TLS 1.2 and 1.3, AES-GCM, no session resumption, no
//! embedded CA certificates. It is set up in the probe's own process and costs
//! nothing without TLS.

mod config;
mod crypto;
mod errors;
mod verify;

use super::deadline::Deadline;
use super::failure::{Failure, Kind};
use crate::plan::probe::Tls;
use errors::{Progress, explain};
use rustls::{ClientConnection, Stream};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A connection with TLS on it.
pub(super) struct Session {
    connection: ClientConnection,
    stream: TcpStream,
    deadline: Deadline,
    /// The server has asked for a client certificate, and there is none.
    lacks_certificate: Arc<AtomicBool>,
}

impl Session {
    /// Prepares TLS with `host`; nothing is sent yet.
    pub(super) fn new(
        stream: TcpStream,
        deadline: Deadline,
        tls: &Tls,
        host: &str,
        protocols: &[&[u8]],
    ) -> Result<Self, Failure> {
        let lacks_certificate = Arc::default();
        let connection = config::connection(tls, host, protocols, &lacks_certificate)?;
        Ok(Self { connection, stream, deadline, lacks_certificate })
    }

    /// Continues the handshake; WouldBlock or TimedOut after `wait` of silence.
    pub(super) fn shake_hands(&mut self, wait: Duration) -> io::Result<()> {
        while self.connection.is_handshaking() {
            let mut limited = Limited { stream: &self.stream, deadline: self.deadline, wait };
            self.connection.complete_io(&mut limited)?;
        }
        Ok(())
    }

    /// What failed, and why, in words that follow the server's name.
    pub(super) fn explain(&self, error: &io::Error) -> (Kind, String) {
        let progress = Progress {
            is_tls: self.connection.protocol_version().is_some(),
            lacks_certificate: self.lacks_certificate.load(Ordering::Relaxed),
        };
        explain(error, progress)
    }

    pub(super) fn set_deadline(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    /// WouldBlock or TimedOut after `wait` of silence.
    pub(super) fn read(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        let mut limited = Limited { stream: &self.stream, deadline: self.deadline, wait };
        match Stream::new(&mut self.connection, &mut limited).read(buffer) {
            // Many servers close without a close_notify alert.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Err(io::Error::other(self.explain(&error).1))
            }
            other => other,
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8], wait: Duration) -> io::Result<usize> {
        let mut limited = Limited { stream: &self.stream, deadline: self.deadline, wait };
        Stream::new(&mut self.connection, &mut limited).write(bytes)
    }
}

/// A socket whose calls wait no longer than `wait`, and never past the
/// deadline: rustls may make any number of them in a row.
struct Limited<'a> {
    stream: &'a TcpStream,
    deadline: Deadline,
    wait: Duration,
}

impl Limited<'_> {
    fn wait(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.left().ok_or(ErrorKind::TimedOut)?;
        Ok(Some(left.min(self.wait)))
    }
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.wait()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.wait()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
