//! A probe as data: a target and the checks on what it answers.
//!
//! One notation everywhere: `hinit probe TARGET [CHECKS]` takes the same words
//! as `--health 'TARGET [CHECKS]'`.

mod expand;
pub(crate) mod http;
mod service;
pub(crate) mod target;
pub mod words;

use crate::error::{Error, Result};
use crate::text::one_line;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use http::{
    BodyCheck, BodyTest, Header, Http, Identity, JsonTest, Pattern, Request, StatusSet, Tls, Trust,
};
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
#[allow(clippy::large_enum_variant, reason = "a plan holds a handful of them")]
pub enum Target {
    /// A program and its arguments, never empty; its exit code is the verdict.
    Exec(Vec<OsString>),
    /// What hinit probes by itself.
    Builtin(Builtin),
    /// What the app says of itself, by sd_notify(3).
    Notify(Notify),
}

/// What the app has to say of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notify {
    /// It must say `WATCHDOG=1` this often; none means never.
    pub watchdog: Option<Duration>,
}

/// A protocol that hinit speaks, one variant each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builtin {
    /// A request, and what its answer must be.
    Http(Box<Http>),
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
            Self::Http(http) => &http.request.endpoint,
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
    /// How TLS is spoken; none if it is not.
    pub tls: Option<Tls>,
    /// The host that was written, without brackets; `localhost` where none
    /// was. A certificate has to be for it.
    pub host: String,
    /// The host and port as the call says them.
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
    /// starts with `[` and is no such list is a shell command (`[ -f /ready ]`);
    /// but one with a quote after the `[` never is a good one. The `CMD` that a
    /// HEALTHCHECK has in front may be copied with it.
    ///
    /// # Errors
    /// Nothing to run, a NUL in it, or a list that is no JSON.
    pub fn from_command(text: &str) -> Result<Self> {
        if text.contains('\0') {
            return Err(Error::new("the command contains a NUL character"));
        }
        let text = text.trim_start().strip_prefix("CMD ").unwrap_or(text);
        if text.trim() == "NONE" {
            return Err(Error::new("NONE runs nothing; write --no-healthcheck to turn checks off"));
        }
        if is_broken_list(text) {
            let line =
                format!("{text} is no JSON list; write [\"a\", \"b\"]: double quotes, no comma at the end");
            return Err(Error::new(one_line(&line, ERROR_LENGTH)));
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

/// A list that was meant for the exec form: `['curl']`, `["curl",]`.
fn is_broken_list(text: &str) -> bool {
    let opens = text.trim_start().strip_prefix('[').is_some_and(|rest| rest.starts_with(['"', '\'']));
    opens && serde_json::from_str::<serde_json::Value>(text).is_err()
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

#[cfg(test)]
mod tests;
