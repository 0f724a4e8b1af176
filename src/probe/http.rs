//! `http://HOST:PORT/PATH`: one request, one answer, one verdict.
//!
//! A client of our own, because it was measured: over 3,000 probes on
//! loopback ureq 3.5 (default features off, its own resolver, no TLS) took
//! 90 us of user time each where this takes 2, and 214 KB more of the binary.
//! Its thread for name lookups could end a container at its pids limit, and
//! a probe needs nothing of what a general client has: no pool, no redirects,
//! no cookies, no proxies.

mod response;

use super::Outcome;
use super::connect::connect;
use super::deadline::Deadline;
use crate::plan::probe::{Host, Http};
use response::{Answer, Response};
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// So much of an unhealthy answer's body is quoted, in bytes.
const QUOTED: usize = 200;
const READ_SIZE: usize = 4096;

pub(super) fn probe(http: &Http, deadline: Deadline, note: &mut dyn FnMut(&str)) -> Outcome {
    let (mut stream, peer) = connect(&http.address, deadline)?;
    let url = shown_url(http, peer);
    send(&mut stream, request(http).as_bytes(), deadline);
    let mut response = Response::to(&http.method);
    let end =
        receive(&mut stream, &mut response, deadline, |so_far| note(&format!("{url} {}", slow(so_far))));
    judge(http, &url, response, &end, deadline)
}

fn slow(response: &Response) -> &'static str {
    if response.has_begun() {
        "has begun to answer and not finished"
    } else {
        "took the connection and has not answered"
    }
}

/// The URL that was asked in fact: with the address that took the connection.
fn shown_url(http: &Http, peer: SocketAddr) -> String {
    match &http.address.host {
        Host::Here | Host::Ip(_) => format!("http://{peer}{}", http.path),
        Host::Name(name) => format!("http://{name}:{}{} ({})", peer.port(), http.path, peer.ip()),
    }
}

fn request(http: &Http) -> String {
    let mut text = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", http.method, http.path, http.host_header);
    let length = http.body.as_ref().map(|body| body.len().to_string());
    let own = [
        ("User-Agent", Some(concat!("hinit/", env!("CARGO_PKG_VERSION")))),
        ("Accept", Some("*/*")),
        ("Connection", Some("close")),
        ("Content-Length", length.as_deref()),
    ];
    let is_given = |name: &str| http.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
    let own =
        own.iter().filter(|(name, _)| !is_given(name)).filter_map(|(name, value)| Some((*name, (*value)?)));
    let given = http.headers.iter().map(|header| (header.name.as_str(), header.value.as_str()));
    for (name, value) in own.chain(given) {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text + "\r\n" + http.body.as_deref().unwrap_or_default()
}

/// A server may answer and close before it has read everything, so a failure
/// to send is no verdict: what can be received is.
fn send(stream: &mut TcpStream, mut bytes: &[u8], deadline: Deadline) {
    while let (Some(left), false) = (deadline.left(), bytes.is_empty()) {
        let sent = stream.set_write_timeout(Some(left)).and_then(|()| stream.write(bytes));
        match sent {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Why no more of an answer came.
enum End {
    /// It is complete, or as much of it is there as hinit looks at.
    Enough,
    /// The server closed the connection.
    Closed,
    /// The connection broke.
    Broken(io::Error),
    /// The time is over.
    TimedOut,
}

/// Takes the answer in. If no byte comes for a while, `slow` is told once.
fn receive(
    stream: &mut TcpStream,
    response: &mut Response,
    deadline: Deadline,
    mut slow: impl FnMut(&Response),
) -> End {
    let mut patience = deadline.patience();
    let mut buffer = [0; READ_SIZE];
    while !response.is_complete() {
        let Some(left) = deadline.left() else { return End::TimedOut };
        let read = stream.set_read_timeout(Some(left.min(patience))).and_then(|()| stream.read(&mut buffer));
        match read {
            Ok(0) => {
                response.close();
                return if response.is_complete() { End::Enough } else { End::Closed };
            }
            Ok(count) => response.feed(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_timeout(&error) => {
                if patience < Duration::MAX {
                    slow(response);
                }
                patience = Duration::MAX;
            }
            Err(error) => return End::Broken(error),
        }
    }
    End::Enough
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn judge(http: &Http, url: &str, response: Response, end: &End, deadline: Deadline) -> Outcome {
    let heard = response.has_begun();
    let answer = match response.into_answer() {
        Err(fault) => return Err(format!("{url} {fault}")),
        Ok(None) => return Err(format!("{url} {}", no_answer(heard, end, deadline))),
        Ok(Some(answer)) => answer,
    };
    let said = format!("{url} answered {}", answer.status_text());
    if !http.status.contains(answer.status) {
        return Err(format!("{said}, wanted {}{}", http.status, quoted(&answer.body)));
    }
    let missing = http.contains.iter().find(|text| !answer.contains(text));
    match (end, missing) {
        (End::Enough, None) => Ok(said),
        (End::Enough, Some(text)) => {
            let limit = if answer.is_cut { " in its first 10 KiB" } else { "" };
            Err(format!("{said}, but its body does not contain '{text}'{limit}{}", quoted(&answer.body)))
        }
        (End::TimedOut, _) => Err(format!("{said}, but its body had not ended after {deadline}")),
        (End::Closed, _) => Err(format!("{said}, but closed the connection in the middle of its body")),
        (End::Broken(error), _) => Err(format!("{said}, but the connection broke in its body: {error}")),
    }
}

/// What to say when not even the headers came.
fn no_answer(heard: bool, end: &End, deadline: Deadline) -> String {
    match (end, heard) {
        (End::TimedOut, false) => format!("took the connection and did not answer within {deadline}"),
        (End::TimedOut, true) => format!("had not finished its headers after {deadline}"),
        (End::Broken(error), _) if error.kind() == ErrorKind::ConnectionReset => {
            "reset the connection without an answer".into()
        }
        (End::Broken(error), _) => format!("did not answer: {error}"),
        (End::Closed | End::Enough, false) => "closed the connection without an answer".into(),
        (End::Closed | End::Enough, true) => "closed the connection in the middle of its headers".into(),
    }
}

/// The beginning of a body, to see at once what is wrong.
fn quoted(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(QUOTED)]);
    let text = text.trim();
    let dots = if body.len() > QUOTED { "..." } else { "" };
    if text.is_empty() { String::new() } else { format!(": {text}{dots}") }
}

impl Answer {
    /// `503 Service Unavailable`
    fn status_text(&self) -> String {
        format!("{} {}", self.status, self.phrase).trim_end().to_owned()
    }

    fn contains(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }
}
