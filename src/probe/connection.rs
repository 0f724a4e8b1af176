//! A connection: everything that is sent and received on it ends by one deadline.

use super::connect::connect;
use super::context::ProbeContext;
use super::deadline::Deadline;
use super::failure::{Failure, Kind};
#[cfg(feature = "tls")]
use super::tls::Session;
use super::transport::Transport;
use crate::plan::probe::{Address, Endpoint, Host, Tls};
use crate::sys::sockets::connect_unix;
use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

const READ_SIZE: usize = 4096;

/// A connection. Messages name its other end: `127.0.0.1:80`, `db:80 (10.0.0.2)`
/// or `/run/app.sock`.
pub(crate) struct Connection {
    transport: Transport,
    peer: String,
    remote: Option<SocketAddr>,
    deadline: Deadline,
    has_received: bool,
    /// What to report before the next call that may wait.
    progress: Option<Cow<'static, str>>,
}

const NO_ANSWER_YET: Cow<'static, str> = Cow::Borrowed("accepted the connection but has not answered");
const PARTIAL_ANSWER: Cow<'static, str> = Cow::Borrowed("has sent only a part of its answer");

/// Why no more bytes come.
#[derive(Debug)]
pub(crate) enum End {
    /// The peer closed the connection.
    Closed,
    /// The connection broke.
    Broken(io::Error),
    /// The deadline has passed.
    TimedOut,
}

impl Connection {
    pub(crate) fn open(endpoint: &Endpoint, context: &mut ProbeContext<'_>) -> Result<Self, Failure> {
        let deadline = context.deadline;
        let (stream, peer, remote) = match endpoint {
            Endpoint::Port(address) => {
                let (stream, remote) = connect(address, context)?;
                (stream, name_and_address(address, remote), Some(remote))
            }
            Endpoint::Socket(path) => {
                context.report(&[&path.to_string_lossy(), " has not accepted the connection"]);
                (open_socket(path, deadline)?, path.display().to_string(), None)
            }
        };
        let transport = Transport::Plain(stream);
        let progress = Some(NO_ANSWER_YET);
        Ok(Self { transport, peer, remote, deadline, has_received: false, progress })
    }

    fn report(&mut self, context: &mut ProbeContext<'_>) {
        if let Some(progress) = self.progress.take() {
            context.report(&[&self.peer, " ", &progress]);
        }
    }

    /// Sets what to report before the next wait, in words that follow the peer's name.
    pub(crate) fn set_progress(&mut self, progress: String) {
        self.progress = Some(progress.into());
    }

    /// Starts TLS. The peer has to prove that it is `host`, and may choose one
    /// of `protocols` (ALPN).
    #[cfg(feature = "tls")]
    pub(crate) fn secure(
        self,
        tls: &Tls,
        host: &str,
        protocols: &[&[u8]],
        context: &mut ProbeContext<'_>,
    ) -> Result<Self, Failure> {
        let Transport::Plain(stream) = self.transport else { return Ok(self) };
        let mut session = Session::new(stream, self.deadline, tls, host, protocols)?;
        context.report(&[&self.peer, " has not finished the TLS handshake"]);
        shake_hands(&mut session, self.deadline, &self.peer)?;
        Ok(Self { transport: Transport::Tls(Box::new(session)), ..self })
    }

    /// Such a target is rejected when it is parsed.
    #[cfg(not(feature = "tls"))]
    pub(crate) fn secure(
        self,
        _: &Tls,
        _: &str,
        _: &[&[u8]],
        _: &mut ProbeContext<'_>,
    ) -> Result<Self, Failure> {
        let why = format!("{} needs TLS, which hinit-slim does not support", self.peer);
        Err(Failure::new(Kind::Handshake, why))
    }

    /// The other end, as messages name it.
    pub(crate) fn peer(&self) -> &str {
        &self.peer
    }

    /// The address that accepted the connection; none for a unix socket.
    pub(crate) fn remote(&self) -> Option<SocketAddr> {
        self.remote
    }

    /// What messages call the peer from here on, such as a whole URL.
    pub(crate) fn set_peer(&mut self, name: String) {
        self.peer = name;
    }

    pub(crate) fn set_deadline(&mut self, deadline: Deadline) {
        self.deadline = deadline;
        #[cfg(feature = "tls")]
        if let Transport::Tls(session) = &mut self.transport {
            session.set_deadline(deadline);
        }
    }

    /// Sends. A server may answer and close before it has read everything, so
    /// an error is ignored here: what can be received decides.
    pub(crate) fn send(&mut self, mut bytes: &[u8], context: &mut ProbeContext<'_>) {
        self.report(context);
        while let (Some(left), false) = (self.deadline.left(), bytes.is_empty()) {
            match self.transport.write(bytes, left) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Waits for more bytes and appends them.
    pub(crate) fn receive(&mut self, bytes: &mut Vec<u8>, context: &mut ProbeContext<'_>) -> Result<(), End> {
        self.report(context);
        let mut buffer = [0; READ_SIZE];
        loop {
            let left = self.deadline.left().ok_or(End::TimedOut)?;
            match self.transport.read(&mut buffer, left) {
                Ok(0) => return Err(End::Closed),
                Ok(count) => {
                    self.first_bytes_came();
                    bytes.extend_from_slice(&buffer[..count]);
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted || is_timeout(&error) => {}
                Err(error) => return Err(End::Broken(error)),
            }
        }
    }

    fn first_bytes_came(&mut self) {
        if !self.has_received {
            self.has_received = true;
            self.progress = Some(PARTIAL_ANSWER);
        }
    }

    /// The reason where the connection ended before the whole answer came.
    /// `partial` is what had come in part, such as the headers.
    pub(crate) fn no_answer(&self, partial: Option<&str>, end: &End) -> String {
        format!("{} {}", self.peer, no_answer(partial, end, self.deadline))
    }
}

fn no_answer(partial: Option<&str>, end: &End, deadline: Deadline) -> String {
    match (end, partial) {
        (End::TimedOut, None) => format!("accepted the connection but did not answer within {deadline}"),
        (End::TimedOut, Some(part)) => format!("had not finished its {part} after {deadline}"),
        (End::Broken(error), _) if error.kind() == ErrorKind::ConnectionReset => {
            "reset the connection without an answer".into()
        }
        // TLS explains its errors in whole sentences.
        (End::Broken(error), _) if error.get_ref().is_some() => error.to_string(),
        (End::Broken(error), _) => format!("did not answer: {error}"),
        (End::Closed, None) => "closed the connection without an answer".into(),
        (End::Closed, Some(part)) => format!("closed the connection in the middle of its {part}"),
    }
}

#[cfg(feature = "tls")]
fn shake_hands(session: &mut Session, deadline: Deadline, peer: &str) -> Result<(), Failure> {
    loop {
        let Some(left) = deadline.left() else {
            let why = format!("{peer} had not finished the TLS handshake after {deadline}");
            return Err(Failure::new(Kind::TimedOut, why));
        };
        match session.shake_hands(left) {
            Ok(()) => return Ok(()),
            Err(error) if is_timeout(&error) => {}
            Err(error) => {
                let (kind, why) = session.explain(&error);
                return Err(Failure::new(kind, format!("{peer} {why}")));
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The name as written, if it is one, and the address that accepted the connection.
fn name_and_address(address: &Address, remote: SocketAddr) -> String {
    match &address.host {
        Host::Here | Host::Ip(_) => remote.to_string(),
        Host::Name(name) => format!("{name}:{} ({})", remote.port(), remote.ip()),
    }
}

fn open_socket(path: &Path, deadline: Deadline) -> Result<TcpStream, Failure> {
    let Some(left) = deadline.left() else {
        let why = format!("no connection to {} within {deadline}", path.display());
        return Err(Failure::new(Kind::TimedOut, why));
    };
    // Only its descriptor is used, and std's reads, writes and timeouts are the
    // same system calls for every stream socket.
    connect_unix(path, left).map(TcpStream::from).map_err(|error| explain_socket(path, &error, deadline))
}

fn explain_socket(path: &Path, error: &io::Error, deadline: Deadline) -> Failure {
    let path = path.display();
    let reason = match error.kind() {
        ErrorKind::TimedOut => {
            let why = format!("no connection to {path} within {deadline}: its backlog is full");
            return Failure::new(Kind::TimedOut, why);
        }
        ErrorKind::NotFound => format!("there is no {path}"),
        ErrorKind::ConnectionRefused => format!("connection refused by {path}: nothing listens there"),
        _ if error.raw_os_error() == Some(libc::EPROTOTYPE) => format!("{path} is not a stream socket"),
        _ => format!("cannot connect to {path}: {error}"),
    };
    Failure::new(Kind::Connect, reason)
}
