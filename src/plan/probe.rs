//! A probe as data: a target, and the checks that its answer must pass.
//!
//! `hinit probe TARGET [CHECKS]` and `--health 'TARGET [CHECKS]'` share one
//! notation: `target` reads the target, `options` the checks.

mod body_check;
mod command;
mod endpoint;
mod expand;
pub(crate) mod http;
pub(crate) mod options;
mod service;
mod status_set;
pub(crate) mod target;
mod tls;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use body_check::{BodyCheck, BodyTest, JsonTest, Pattern};
pub(crate) use endpoint::{Address, Endpoint, Host};

pub(crate) use http::{Header, Http, Request};
pub(crate) use service::Protocol;
pub use service::Service;
pub use status_set::StatusSet;
pub(crate) use tls::{ClientCertificate, Tls, Verification};

/// One probe: a target and its checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The target as a user reads it in messages, without credentials:
    /// `http://:8080/health`.
    pub name: String,
    /// What is probed.
    pub target: Target,
    /// Its own timeout (`--timeout`), above zero; none means the schedule's.
    pub timeout: Option<Duration>,
}

/// What is probed.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "a plan holds a handful of them")]
pub enum Target {
    /// A program and its arguments, never empty; healthy if it exits with code 0.
    Exec(Vec<OsString>),
    /// A protocol that hinit speaks itself.
    Builtin(Builtin),
    /// What the app reports by sd_notify(3).
    Notify(Notify),
}

/// What the app has to report by sd_notify(3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notify {
    /// The longest time between two `WATCHDOG=1`; none if it need not send any.
    pub watchdog: Option<Duration>,
}

/// A protocol that hinit speaks, one variant each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builtin {
    /// A request, and what its answer must be.
    Http(Box<Http>),
    /// A connection that must be accepted, and what is sent and expected on it.
    Stream(Stream),
    /// A server that must report in its own protocol that it is ready.
    Service(Service),
    /// A gRPC server whose health service must report SERVING.
    Grpc(Grpc),
    /// A file that must exist.
    File(File),
    /// A PID file, whose process must be alive.
    PidFile(PathBuf),
}

impl Builtin {
    /// The host to connect to, if there is one.
    pub(crate) fn host(&self) -> Option<&Host> {
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

/// A connection, and what is sent and expected on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// What to connect to.
    pub endpoint: Endpoint,
    /// `--send` with its escapes decoded; may be empty.
    pub send: Vec<u8>,
    /// `--expect` with its escapes decoded; never empty.
    pub expect: Option<Vec<u8>>,
}

/// A request to the health service of a gRPC server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grpc {
    /// What to connect to.
    pub endpoint: Endpoint,
    /// The TLS settings; none without TLS.
    pub tls: Option<Tls>,
    /// The host as written, without brackets; `localhost` by default. The
    /// certificate must be valid for it.
    pub host: String,
    /// The `:authority` of the request: host and port.
    pub authority: String,
    /// Whose health is asked for; empty for the whole server's.
    pub service: String,
}

/// A file that must exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Absolute.
    pub path: PathBuf,
    /// `max-age`: the longest time since its last modification.
    pub max_age: Option<Duration>,
}

/// In bytes. An error quotes what was written, which may be long.
const ERROR_LENGTH: usize = 500;

#[cfg(test)]
mod tests;
