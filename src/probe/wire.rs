//! A connection, and all that is sent and received on it within one deadline.

use super::Look;
use super::connect::connect;
use super::deadline::Deadline;
use super::failure::{Failure, Kind};
#[cfg(feature = "tls")]
use super::tls::{Session, explain};
use crate::plan::probe::{Address, Endpoint, Host, Tls};
use crate::sys::sockets::connect_unix;
use std::borrow::Cow;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

const READ_SIZE: usize = 4096;

/// A connection. Shown as its other end: `127.0.0.1:80`, `db:80 (10.0.0.2)`
/// or `/run/app.sock`.
pub(crate) struct Wire {
    line: Line,
    peer: String,
    remote: Option<SocketAddr>,
    deadline: Deadline,
    heard: bool,
    /// What is waited for, until somebody has been told of it.
    awaited: Option<Cow<'static, str>>,
}

const SILENT: Cow<'static, str> = Cow::Borrowed("took the connection and has not answered");
const UNFINISHED: Cow<'static, str> = Cow::Borrowed("has begun to answer and not finished");

/// What the bytes go through.
enum Line {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Secure(Box<Session>),
}

/// Why no more bytes come.
#[derive(Debug)]
pub(crate) enum End {
    /// The other side closed the connection.
    Closed,
    /// The connection broke.
    Broken(io::Error),
    /// The time is over.
    TimedOut,
}

impl Wire {
    pub(crate) fn open(endpoint: &Endpoint, look: &mut Look<'_>) -> Result<Self, Failure> {
        let deadline = look.deadline;
        let (stream, peer, remote) = match endpoint {
            Endpoint::Port(address) => {
                let (stream, peer) = connect(address, look)?;
                (stream, shown(address, peer), Some(peer))
            }
            Endpoint::Socket(path) => {
                look.note(&[&path.to_string_lossy(), " has not taken the connection"]);
                (open_socket(path, deadline)?, path.display().to_string(), None)
            }
        };
        Ok(Self { line: Line::Plain(stream), peer, remote, deadline, heard: false, awaited: Some(SILENT) })
    }

    /// Told before each call that may wait.
    fn tell(&mut self, look: &mut Look<'_>) {
        if let Some(awaited) = self.awaited.take() {
            look.note(&[&self.peer, " ", &awaited]);
        }
    }

    /// What is waited for from here on, in the words that follow the peer's name.
    pub(crate) fn await_now(&mut self, what: String) {
        self.awaited = Some(what.into());
    }

    /// Speaks TLS from here on. The other side has to prove that it is `host`,
    /// and may choose one of `protocols` (ALPN) if there are any.
    #[cfg(feature = "tls")]
    pub(crate) fn secure(
        self,
        tls: &Tls,
        host: &str,
        protocols: &[&[u8]],
        look: &mut Look<'_>,
    ) -> Result<Self, Failure> {
        let Line::Plain(stream) = self.line else { return Ok(self) };
        let mut session = Session::new(stream, self.deadline, tls, host, protocols)?;
        let late = || {
            let why = format!("{} had not finished the TLS handshake after {}", self.peer, self.deadline);
            Failure::new(Kind::TimedOut, why)
        };
        look.note(&[&self.peer, " has not finished the TLS handshake"]);
        loop {
            let left = self.deadline.left().ok_or_else(late)?;
            match session.shake_hands(left) {
                Ok(()) => break,
                Err(error) if is_timeout(&error) => {}
                Err(error) => {
                    let (kind, why) = explain(&error);
                    return Err(Failure::new(kind, format!("{} {why}", self.peer)));
                }
            }
        }
        Ok(Self { line: Line::Secure(Box::new(session)), ..self })
    }

    /// Such a target is refused when it is read.
    #[cfg(not(feature = "tls"))]
    pub(crate) fn secure(self, _: &Tls, _: &str, _: &[&[u8]], _: &mut Look<'_>) -> Result<Self, Failure> {
        Err(Failure::new(
            Kind::Handshake,
            format!("{} wants TLS, which hinit-slim does not speak", self.peer),
        ))
    }

    pub(crate) fn peer(&self) -> &str {
        &self.peer
    }

    /// The address that took the connection; none behind a unix socket.
    pub(crate) fn remote(&self) -> Option<SocketAddr> {
        self.remote
    }

    /// Shown from here on as this: the whole URL, where there is one.
    pub(crate) fn call_peer(&mut self, name: String) {
        self.peer = name;
    }

    /// The time that there is from here on.
    pub(crate) fn extend(&mut self, deadline: Deadline) {
        self.deadline = deadline;
        #[cfg(feature = "tls")]
        if let Line::Secure(session) = &mut self.line {
            session.extend(deadline);
        }
    }

    /// A server may answer and close before it has read everything, so a
    /// failure to send is no verdict: what can be received is.
    pub(crate) fn send(&mut self, mut bytes: &[u8], look: &mut Look<'_>) {
        self.tell(look);
        while let (Some(left), false) = (self.deadline.left(), bytes.is_empty()) {
            match self.line.write(bytes, left) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Waits for more bytes and appends them.
    pub(crate) fn receive(&mut self, bytes: &mut Vec<u8>, look: &mut Look<'_>) -> Result<(), End> {
        self.tell(look);
        let mut buffer = [0; READ_SIZE];
        loop {
            let left = self.deadline.left().ok_or(End::TimedOut)?;
            match self.line.read(&mut buffer, left) {
                Ok(0) => return Err(End::Closed),
                Ok(count) => {
                    if !self.heard {
                        self.heard = true;
                        self.awaited = Some(UNFINISHED);
                    }
                    bytes.extend_from_slice(&buffer[..count]);
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted || is_timeout(&error) => {}
                Err(error) => return Err(End::Broken(error)),
            }
        }
    }

    /// What to say of an end before there was a whole answer.
    pub(crate) fn no_answer(&self, heard: bool, end: &End) -> String {
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

impl Line {
    fn read(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.set_read_timeout(Some(wait)).and_then(|()| stream.read(buffer)),
            #[cfg(feature = "tls")]
            Self::Secure(session) => session.read(buffer, wait),
        }
    }

    fn write(&mut self, bytes: &[u8], wait: Duration) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.set_write_timeout(Some(wait)).and_then(|()| stream.write(bytes)),
            #[cfg(feature = "tls")]
            Self::Secure(session) => session.write(bytes, wait),
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The address that took the connection, and the name it has.
fn shown(address: &Address, peer: SocketAddr) -> String {
    match &address.host {
        Host::Here | Host::Ip(_) => peer.to_string(),
        Host::Name(name) => format!("{name}:{} ({})", peer.port(), peer.ip()),
    }
}

fn open_socket(path: &Path, deadline: Deadline) -> Result<TcpStream, Failure> {
    let shown = path.display();
    let late =
        |why: &str| Failure::new(Kind::TimedOut, format!("no connection to {shown} within {deadline}{why}"));
    let Some(left) = deadline.left() else { return Err(late("")) };
    // Only its descriptor is used, and std's reads, writes and time limits are
    // the same system calls for every stream socket.
    connect_unix(path, left).map(TcpStream::from).map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::TimedOut => return late(": its backlog is full"),
            ErrorKind::NotFound => format!("there is no {shown}"),
            ErrorKind::ConnectionRefused => format!("connection refused by {shown}: nothing listens there"),
            _ if error.raw_os_error() == Some(libc::EPROTOTYPE) => format!("{shown} is no stream socket"),
            _ => format!("cannot connect to {shown}: {error}"),
        };
        Failure::new(Kind::Connect, reason)
    })
}
