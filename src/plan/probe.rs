//! A probe as data: a target and the checks on what it answers.
//!
//! One notation everywhere: `hinit probe TARGET [CHECKS]` takes the same words
//! as `--health 'TARGET [CHECKS]'`.

mod expand;
mod service;
mod target;
pub mod words;

use crate::error::{Error, Result};
use crate::text::one_line;
use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use service::{Protocol, Service};

/// One probe: where to look and what to expect.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The target as a user reads it in messages, without credentials:
    /// `http://:8080/health`.
    pub name: String,
    /// Where to look.
    pub target: Target,
    /// Its own time limit (`--timeout`), above zero; none means the schedule's.
    pub timeout: Option<Duration>,
}

/// Where to look.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A program and its arguments, never empty; its exit code is the verdict.
    Exec(Vec<OsString>),
    /// What hinit probes by itself.
    Builtin(Builtin),
}

/// A protocol that hinit speaks, one variant each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builtin {
    /// A request, and what its answer must be.
    Http(Http),
    /// A connection that must be accepted, and what is said on it.
    Stream(Stream),
    /// A server that must be ready by what its own protocol says.
    Service(Service),
    /// A gRPC server whose health service must say SERVING.
    Grpc(Grpc),
    /// A file that must be there.
    File(File),
    /// A file that names a process, which must be alive.
    PidFile(PathBuf),
}

impl Builtin {
    /// The host to connect to, if this connects to one.
    pub fn host(&self) -> Option<&Host> {
        let endpoint = match self {
            Self::Http(http) => return Some(&http.address.host),
            Self::Stream(stream) => &stream.endpoint,
            Self::Service(service) => &service.endpoint,
            Self::Grpc(grpc) => &grpc.endpoint,
            Self::File(_) | Self::PidFile(_) => return None,
        };
        match endpoint {
            Endpoint::Port(address) => Some(&address.host),
            Endpoint::Socket(_) => None,
        }
    }
}

/// What to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A port of a host.
    Port(Address),
    /// A unix(7) stream socket by its path.
    Socket(PathBuf),
}

/// A connection and what is said on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// What to connect to.
    pub endpoint: Endpoint,
    /// `--send`, its escapes read; may be empty.
    pub send: Vec<u8>,
    /// `--expect`, its escapes read; never empty.
    pub expect: Option<Vec<u8>>,
}

/// A question to the health service of a gRPC server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grpc {
    /// What to connect to.
    pub endpoint: Endpoint,
    /// The host and port that were written, `localhost` where none was.
    pub authority: String,
    /// Whose health is asked for; empty for the whole server's.
    pub service: String,
}

/// A file that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Absolute.
    pub path: PathBuf,
    /// `max-age`: its time of modification may lie so far back.
    pub max_age: Option<Duration>,
}

/// Where to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The host.
    pub host: Host,
    /// 1 to 65535.
    pub port: u16,
}

/// A host by what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// Nothing was written, or `localhost`: this container, 127.0.0.1 and then `::1`.
    Here,
    /// An address.
    Ip(IpAddr),
    /// A name to look up.
    Name(String),
}

/// One HTTP request, and what makes its answer healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Where to connect to.
    pub address: Address,
    /// The `Host` header: as written in the target, or `--host-header`.
    pub host_header: String,
    /// Path and query as they go on the wire; starts with `/`.
    pub path: String,
    /// `GET`, or `POST` with `--data`, or `--method`.
    pub method: String,
    /// `--header`, and what `--basic-auth` and `--data` add.
    pub headers: Vec<Header>,
    /// `--data`.
    pub body: Option<String>,
    /// `--status`.
    pub status: StatusSet,
    /// `--contains`: all of them must be in the body.
    pub contains: Vec<String>,
}

/// One header line of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// A token, as written.
    pub name: String,
    /// Without control characters.
    pub value: String,
}

/// The statuses that are healthy: `200-299,401`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet(Vec<(u16, u16)>);

/// Looks up a variable of the app's environment.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// In bytes; what was written is quoted in an error, and may be long.
const ERROR_LENGTH: usize = 500;

impl Probe {
    /// Reads `TARGET [CHECKS]` from one string, split as a shell would split it.
    ///
    /// # Errors
    /// An open quote, and whatever [`words::parse`] refuses.
    pub fn from_text(text: &str, env: Lookup<'_>) -> Result<Self> {
        match shlex::split(text) {
            Some(words) => words::parse(words, env),
            None => {
                Err(Error::new(one_line(&format!("'{text}' has a quote that is not closed"), ERROR_LENGTH)))
            }
        }
    }

    /// Reads a command in one of Docker's two forms: a JSON list of words is
    /// run as it is, anything else by `/bin/sh -c`. As in Docker, text that
    /// starts with `[` and is no such list is a shell command (`[ -f /ready ]`).
    ///
    /// # Errors
    /// Nothing to run, or a NUL in it.
    pub fn from_command(text: &str) -> Result<Self> {
        if text.contains('\0') {
            return Err(Error::new("the command contains a NUL character"));
        }
        let words = match exec_form(text) {
            Some(words) => words,
            None if text.trim().is_empty() => Vec::new(),
            None => vec!["/bin/sh".into(), "-c".into(), text.to_owned()],
        };
        if words.iter().all(String::is_empty) {
            return Err(Error::new(format!(
                "'{text}' runs nothing; write a command such as 'test -f /ready'"
            )));
        }
        let target = Target::Exec(words.into_iter().map(OsString::from).collect());
        Ok(Self { name: text.trim().to_owned(), target, timeout: None })
    }
}

/// The words of `["a", "b"]`; the leading `CMD` of a compose file is dropped.
fn exec_form(text: &str) -> Option<Vec<String>> {
    let serde_json::Value::Array(items) = serde_json::from_str(text).ok()? else { return None };
    let mut words: Vec<String> =
        items.into_iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    match words.first().map(String::as_str) {
        Some("CMD") => drop(words.remove(0)),
        Some("CMD-SHELL") => drop(words.splice(..1, ["/bin/sh".into(), "-c".into()])),
        _ => {}
    }
    Some(words)
}

impl StatusSet {
    /// Whether this status is healthy.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&status))
    }

    /// Reads `200-299,401`.
    ///
    /// # Errors
    /// Anything that is not a list of statuses from 100 to 599 and their ranges.
    pub fn parse(text: &str) -> Result<Self> {
        let ranges = text.split(',').map(status_range).collect::<Option<_>>();
        ranges.map(Self).ok_or_else(|| {
            Error::new(format!(
                "'{text}' is no list of statuses from 100 to 599; write one such as 200-299,401"
            ))
        })
    }
}

fn status_range(text: &str) -> Option<(u16, u16)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (status_number(low)?, status_number(high)?);
    (low <= high).then_some((low, high))
}

fn status_number(text: &str) -> Option<u16> {
    let digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| digits && (100..=599).contains(number))
}

impl Default for StatusSet {
    /// 200 to 399, as for a Kubernetes probe.
    fn default() -> Self {
        Self(vec![(200, 399)])
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (low, high)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if low == high {
                write!(f, "{comma}{low}")?;
            } else {
                write!(f, "{comma}{low}-{high}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
