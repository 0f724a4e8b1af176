//! The target's URI: `http://HOST:PORT/PATH`, `tcp://HOST:PORT`, `exec:COMMAND`
//! and the others of [`TARGETS`].

mod authority;
mod grpc;
pub(super) mod http;
mod path;
mod service;

pub(crate) use authority::without_credentials;
pub(crate) use http::{HttpUri, UrlError};

use super::{Address, Builtin, Endpoint, File, Grpc, Notify, Protocol};
use crate::error::{Error, Result};
use crate::time::parse_duration;
use authority::{host_and_port, parse_host};

/// A target, before its checks are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Uri {
    Http(HttpUri),
    Stream(Endpoint),
    Grpc(Grpc),
    /// One that has no checks, and so is complete.
    Plain(Builtin),
    /// What the app reports itself.
    Notify(Notify),
}

/// Every target, for the help: its form, and when it is healthy.
pub(super) const TARGETS: &str = "\
http://HOST:PORT/PATH       the status is 200 to 399
https://HOST:PORT/PATH      the same over TLS, with a certificate for HOST
http+unix://SOCKET/PATH     the same over a unix socket such as %2Frun%2Fapp.sock
tcp://HOST:PORT             the connection is accepted; see --send and --expect
unix:///PATH                the same for a unix socket
grpc://HOST:PORT[/SERVICE]  grpc.health.v1 reports SERVING; grpcs:// for TLS
postgres://HOST:PORT        the server reports in its own protocol that it is ready,
mysql:// redis://           as pg_isready and PING do. Credentials are optional, the
memcached:// amqp://        port defaults to the server's usual one. A URL from the
mongodb://                  app's environment works too: '${DATABASE_URL}'
file:///PATH[?max-age=30s]  the file exists, and was modified in the last 30s
pid:///PATH                 the process whose PID is in the file is alive
exec:COMMAND                the command exits with code 0
notify:[?watchdog=30s]      the app has sent READY=1 by sd_notify, and WATCHDOG=1 in
                            the last 30s; only for hinit run";
const SCHEMES: &str = "http://HOST:PORT/PATH, https://HOST/PATH, http+unix://%2FSOCKET/PATH, tcp://HOST:PORT, \
     unix:///PATH, grpc://HOST:PORT, grpcs://HOST:PORT, postgres://HOST, redis://HOST, mysql://HOST, \
     memcached://HOST, amqp://HOST, mongodb://HOST, file:///PATH, pid:///PATH, exec:COMMAND or notify:";

/// Reads a target other than `exec:`, with its variables expanded.
pub(super) fn parse(text: &str) -> Result<Uri> {
    if text.trim().is_empty() {
        return Err(Error::new(format!("the target is empty; write {SCHEMES}")));
    }
    let (scheme, rest) = split_scheme(text).ok_or_else(|| no_scheme(text))?;
    let scheme = scheme.to_ascii_lowercase();
    let protocol = Protocol::of_scheme(&scheme);
    match (scheme.as_str(), rest.strip_prefix("//"), protocol) {
        ("notify", _, _) => notify(text, rest).map(Uri::Notify),
        ("http", Some(rest), _) => http::port(text, rest, false).map(Uri::Http),
        ("https", Some(rest), _) => http::port(text, rest, true).map(Uri::Http),
        ("http+unix", Some(rest), _) => http::socket(text, rest).map(Uri::Http),
        ("tcp", Some(rest), _) => tcp(text, rest).map(|address| Uri::Stream(Endpoint::Port(address))),
        ("unix", Some(rest), _) => path::socket(text, rest).map(|path| Uri::Stream(Endpoint::Socket(path))),
        ("grpc", Some(rest), _) => grpc::parse(text, rest, false).map(Uri::Grpc),
        ("grpcs", Some(rest), _) => grpc::parse(text, rest, true).map(Uri::Grpc),
        ("file", Some(rest), _) => file(text, rest),
        ("pid", Some(rest), _) => path::pid_file(text, rest).map(|path| Uri::Plain(Builtin::PidFile(path))),
        (_, Some(rest), Some(protocol)) => {
            service::parse(text, protocol, rest).map(|service| Uri::Plain(Builtin::Service(service)))
        }
        ("http" | "https" | "http+unix" | "tcp" | "unix" | "grpc" | "grpcs" | "file" | "pid", None, _)
        | (_, None, Some(_)) => {
            Err(Error::new(format!("'{text}' lacks the two slashes; write {scheme}://...")))
        }
        _ => Err(unknown(text, &scheme)),
    }
}

fn unknown(text: &str, scheme: &str) -> Error {
    let why = match scheme {
        "rediss" | "valkeys" => {
            "hinit does not support TLS to Redis; write tcp://HOST:PORT or exec:'redis-cli --tls ping'"
        }
        "amqps" => "hinit does not support TLS to AMQP; write tcp://HOST:PORT",
        "mongodb+srv" => {
            "hinit does not resolve a cluster's servers; write mongodb://HOST:PORT for one of them"
        }
        _ => &format!("unknown scheme {scheme}:; write {SCHEMES}"),
    };
    Error::new(format!("'{}': {why}", without_credentials(text)))
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    // `localhost:8080` and `db.example:5432` are a host and a port.
    let is_port = rest.starts_with(|c: char| c.is_ascii_digit());
    (is_scheme && !is_port).then_some((scheme, rest))
}

fn no_scheme(text: &str) -> Error {
    if let Some((scheme @ ("http" | "https" | "tcp" | "grpc" | "grpcs"), port)) = text.split_once(':') {
        return Error::new(format!("'{text}' lacks the two slashes; write {scheme}://:{port}"));
    }
    let is_port = text.bytes().all(|byte| byte.is_ascii_digit());
    let how = match text.trim_start_matches('/') {
        rest if text.starts_with('/') && !text.starts_with("//") => {
            format!("http://:8080/{rest}, file:///{rest} or unix:///{rest}")
        }
        port if is_port => format!("http://:{port} or tcp://:{port}"),
        rest if rest.contains('/') => format!("http://{rest}"),
        rest => format!("http://{rest} or tcp://{rest}"),
    };
    Error::new(format!("'{text}' has no scheme; write {how}"))
}

fn file(text: &str, rest: &str) -> Result<Uri> {
    let (path, max_age) = path::file(text, rest)?;
    Ok(Uri::Plain(Builtin::File(File { path, max_age })))
}

fn notify(text: &str, rest: &str) -> Result<Notify> {
    if rest.is_empty() {
        return Ok(Notify { watchdog: None });
    }
    let limit = rest.strip_prefix("?watchdog=").ok_or_else(|| {
        Error::new(format!("'{text}' is not understood; write notify: or notify:?watchdog=30s"))
    })?;
    let limit = parse_duration(limit).map_err(|error| error.at("watchdog"))?;
    Ok(Notify { watchdog: Some(limit).filter(|limit| !limit.is_zero()) })
}

fn tcp(text: &str, rest: &str) -> Result<Address> {
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#', '@']) {
        return Err(Error::new(format!("'{text}' has more than a host and a port; write tcp://HOST:PORT")));
    }
    let (host, port) = host_and_port(text, authority)?;
    let port = port.ok_or_else(|| Error::new(format!("'{text}' has no port; write tcp://HOST:PORT")))?;
    Ok(Address { host: parse_host(text, host)?, port })
}
