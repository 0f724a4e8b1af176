//! A connection, and all that is sent and received on it within one deadline.

use super::Look;
use super::connect::connect;
use super::deadline::Deadline;
use crate::plan::probe::{Address, Endpoint, Host};
use crate::sys::sockets::connect_unix;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

const READ_SIZE: usize = 4096;

/// A connection. Shown as its other end: `127.0.0.1:80`, `db:80 (10.0.0.2)`
/// or `/run/app.sock`.
pub(super) struct Wire {
    stream: TcpStream,
    peer: String,
    deadline: Deadline,
    /// When somebody is told that the other side is slow; none if they have been.
    patience: Option<std::time::Duration>,
}

/// Why no more bytes come.
#[derive(Debug)]
pub(super) enum End {
    /// The other side closed the connection.
    Closed,
    /// The connection broke.
    Broken(io::Error),
    /// The time is over.
    TimedOut,
}

impl Wire {
    pub(super) fn open(endpoint: &Endpoint, deadline: Deadline) -> Result<Self, String> {
        let (stream, peer) = match endpoint {
            Endpoint::Port(address) => {
                let (stream, peer) = connect(address, deadline)?;
                (stream, shown(address, peer))
            }
            Endpoint::Socket(path) => (open_socket(path, deadline)?, path.display().to_string()),
        };
        Ok(Self { stream, peer, deadline, patience: Some(deadline.patience()) })
    }

    pub(super) fn peer(&self) -> &str {
        &self.peer
    }

    /// A server may answer and close before it has read everything, so a
    /// failure to send is no verdict: what can be received is.
    pub(super) fn send(&mut self, mut bytes: &[u8]) {
        while let (Some(left), false) = (self.deadline.left(), bytes.is_empty()) {
            let sent = self.stream.set_write_timeout(Some(left)).and_then(|()| self.stream.write(bytes));
            match sent {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Waits for more bytes and appends them. If that takes long, somebody is
    /// told once.
    pub(super) fn receive(&mut self, bytes: &mut Vec<u8>, look: &mut Look<'_>) -> Result<(), End> {
        let mut buffer = [0; READ_SIZE];
        loop {
            let left = self.deadline.left().ok_or(End::TimedOut)?;
            let wait = self.patience.map_or(left, |patience| patience.min(left));
            match self.stream.set_read_timeout(Some(wait)).and_then(|()| self.stream.read(&mut buffer)) {
                Ok(0) => return Err(End::Closed),
                Ok(count) => {
                    bytes.extend_from_slice(&buffer[..count]);
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.lose_patience(bytes.is_empty(), look);
                }
                Err(error) => return Err(End::Broken(error)),
            }
        }
    }

    fn lose_patience(&mut self, silent: bool, look: &mut Look<'_>) {
        if self.patience.take().is_some() {
            let slow = if silent {
                "took the connection and has not answered"
            } else {
                "has begun to answer and not finished"
            };
            look.note(&format!("{} {slow}", self.peer));
        }
    }

    /// What to say of an end before there was a whole answer.
    pub(super) fn no_answer(&self, heard: bool, end: &End) -> String {
        let (peer, deadline) = (&self.peer, self.deadline);
        match (end, heard) {
            (End::TimedOut, false) => {
                format!("{peer} took the connection and did not answer within {deadline}")
            }
            (End::TimedOut, true) => format!("{peer} had not finished its answer after {deadline}"),
            (End::Broken(error), _) if error.kind() == ErrorKind::ConnectionReset => {
                format!("{peer} reset the connection without an answer")
            }
            (End::Broken(error), _) => format!("{peer} did not answer: {error}"),
            (End::Closed, false) => format!("{peer} closed the connection without an answer"),
            (End::Closed, true) => format!("{peer} closed the connection in the middle of its answer"),
        }
    }
}

/// The address that took the connection, and the name it has.
fn shown(address: &Address, peer: SocketAddr) -> String {
    match &address.host {
        Host::Here | Host::Ip(_) => peer.to_string(),
        Host::Name(name) => format!("{name}:{} ({})", peer.port(), peer.ip()),
    }
}

fn open_socket(path: &Path, deadline: Deadline) -> Result<TcpStream, String> {
    let shown = path.display();
    let Some(left) = deadline.left() else {
        return Err(format!("no connection to {shown} within {deadline}"));
    };
    // Only its descriptor is used, and std's reads, writes and time limits are
    // the same system calls for every stream socket.
    connect_unix(path, left).map(TcpStream::from).map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("there is no {shown}"),
        ErrorKind::ConnectionRefused => format!("connection refused by {shown}: nothing listens there"),
        ErrorKind::TimedOut => format!("no connection to {shown} within {deadline}: its backlog is full"),
        _ if error.raw_os_error() == Some(libc::EPROTOTYPE) => format!("{shown} is no stream socket"),
        _ => format!("cannot connect to {shown}: {error}"),
    })
}
