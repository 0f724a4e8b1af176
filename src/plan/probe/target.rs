//! The target's URI: `http://HOST:PORT/PATH`, `tcp://HOST:PORT`, `exec:COMMAND`
//! and the others of [`TARGETS`].

mod grpc;
mod http;
mod path;

pub(crate) use http::HttpUri;

use super::service::{self, Protocol};
use super::{Address, Builtin, Endpoint, Grpc, Host, Notify, Service};
use crate::error::{Error, Result};
use crate::time::parse_duration;
use std::net::{IpAddr, Ipv6Addr};

/// A target by its syntax; the checks are not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Uri {
    Http(HttpUri),
    Stream(Endpoint),
    Grpc(Grpc),
    /// What takes no checks and is complete.
    Plain(Builtin),
    /// What the app says of itself.
    Notify(Notify),
    /// The command, not split yet.
    Exec(String),
}

/// Every target, for the help: its form, and what is healthy.
pub(super) const TARGETS: &str = "\
http://HOST:PORT/PATH       a status of 200 to 399
https://HOST:PORT/PATH      the same, from a server that is believed to be HOST
http+unix://SOCKET/PATH     the same from a unix socket: %2Frun%2Fapp.sock
tcp://HOST:PORT             a connection is accepted; --send, --expect
unix:///PATH                the same for a unix socket
grpc://HOST:PORT[/SERVICE]  grpc.health.v1 says SERVING; grpcs:// by TLS
postgres://HOST:PORT        the server is ready by its own protocol, as pg_isready
mysql:// redis://           or PING would say; no credentials needed, the usual
memcached:// amqp://        port if none is written. A URL that the app has in its
mongodb://                  environment will do: '${DATABASE_URL}'
file:///PATH[?max-age=30s]  it exists, and was modified within the last 30s
pid:///PATH                 the process whose number is in the file is alive
exec:COMMAND                it exits with code 0
notify:[?watchdog=30s]      the app has sent READY=1 by sd_notify, and WATCHDOG=1
                            within the last 30s; with hinit run only";
const SCHEMES: &str = "http://HOST:PORT/PATH, https://HOST/PATH, http+unix://%2FSOCKET/PATH, tcp://HOST:PORT, \
     unix:///PATH, grpc://HOST:PORT, grpcs://HOST:PORT, postgres://HOST, redis://HOST, mysql://HOST, \
     memcached://HOST, amqp://HOST, mongodb://HOST, file:///PATH, pid:///PATH, exec:COMMAND or notify:";

/// Reads a target whose variables are already expanded.
pub(super) fn parse(text: &str) -> Result<Uri> {
    if text.trim().is_empty() {
        return Err(Error::new(format!("the target is empty; write {SCHEMES}")));
    }
    let (scheme, rest) = split_scheme(text).ok_or_else(|| no_scheme(text))?;
    let scheme = scheme.to_ascii_lowercase();
    let protocol = Protocol::of_scheme(&scheme);
    match (scheme.as_str(), rest.strip_prefix("//"), protocol) {
        ("exec", _, _) => exec(rest),
        ("notify", _, _) => notify(text, rest).map(Uri::Notify),
        ("http", Some(rest), _) => http::port(text, rest, false).map(Uri::Http),
        ("https", Some(rest), _) => http::port(text, rest, true).map(Uri::Http),
        ("http+unix", Some(rest), _) => http::socket(text, rest).map(Uri::Http),
        ("tcp", Some(rest), _) => tcp(text, rest).map(|address| Uri::Stream(Endpoint::Port(address))),
        ("unix", Some(rest), _) => path::socket(text, rest).map(|path| Uri::Stream(Endpoint::Socket(path))),
        ("grpc", Some(rest), _) => grpc::parse(text, rest, false).map(Uri::Grpc),
        ("grpcs", Some(rest), _) => grpc::parse(text, rest, true).map(Uri::Grpc),
        ("file", Some(rest), _) => path::file(text, rest).map(|file| Uri::Plain(Builtin::File(file))),
        ("pid", Some(rest), _) => path::pid(text, rest).map(|path| Uri::Plain(Builtin::PidFile(path))),
        (_, Some(rest), Some(protocol)) => {
            service(text, protocol, rest).map(|service| Uri::Plain(Builtin::Service(service)))
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
            "hinit speaks no TLS to Redis; write tcp://HOST:PORT or exec:'redis-cli --tls ping'"
        }
        "amqps" => "hinit speaks no TLS to AMQP; write tcp://HOST:PORT",
        "mongodb+srv" => "hinit looks up no servers of a cluster; write mongodb://HOST:PORT for one of them",
        _ => &format!("hinit knows no {scheme}: targets; write {SCHEMES}"),
    };
    Error::new(format!("'{}': {why}", without_credentials(text)))
}

/// The target without its user and password, for messages.
pub(super) fn without_credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => text.to_owned(),
    }
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    // `localhost:8080` and `db.example:5432` are a host and a port.
    let is_port = rest.starts_with(|c: char| c.is_ascii_digit());
    (is_scheme && !(is_port && scheme != "exec")).then_some((scheme, rest))
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
    Error::new(format!("'{text}' does not say how to probe; write {how}"))
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

fn exec(command: &str) -> Result<Uri> {
    if command.trim().is_empty() {
        return Err(Error::new("exec: has no command; write one such as exec:'redis-cli ping'"));
    }
    Ok(Uri::Exec(command.to_owned()))
}

fn tcp(text: &str, rest: &str) -> Result<Address> {
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#', '@']) {
        return Err(Error::new(format!("'{text}' says more than host and port; write tcp://HOST:PORT")));
    }
    let (host, port) = host_and_port(text, authority)?;
    let port = port.ok_or_else(|| Error::new(format!("'{text}' has no port; write tcp://HOST:PORT")))?;
    Ok(Address { host: parse_host(text, host)?, port })
}

/// `USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS`, of which only the host is needed.
fn service(text: &str, protocol: Protocol, rest: &str) -> Result<Service> {
    let text = &without_credentials(text);
    let (userinfo, authority, path) = split_authority(text, rest)?;
    if authority.contains(',') {
        return Err(Error::new(format!("'{text}' names several servers; write a target for each")));
    }
    let (user, password) = match &userinfo {
        Some(both) => both.split_once(':').map_or((both.as_str(), None), |(user, word)| (user, Some(word))),
        None => ("", None),
    };
    let (database, query) = path.split_once('?').unwrap_or((path, ""));
    if let Some(name) = query.split('&').filter_map(|field| field.split('=').next()).find(is_place) {
        return Err(Error::new(format!(
            "'{text}' says by {name}= where the server is; write it as the host, a socket as %2Frun%2Fserver.sock"
        )));
    }
    let given = |word: &str| (!word.is_empty()).then(|| word.to_owned());
    Ok(Service {
        protocol,
        endpoint: service_endpoint(text, protocol, authority)?,
        user: given(user),
        password: password.and_then(given),
        database: given(&percent_decode(text, database.trim_start_matches('/'))?),
    })
}

/// What libpq and drivers of MySQL take instead of the URL's host.
fn is_place(name: &&str) -> bool {
    ["host", "hostaddr", "port", "socket", "unix_socket"].contains(name)
}

/// `%2Frun%2Fredis.sock` is a unix socket: the notation of `http+unix://`,
/// which libpq has for its directory too.
fn service_endpoint(text: &str, protocol: Protocol, authority: &str) -> Result<Endpoint> {
    let (host, port) = host_and_port(text, authority)?;
    let port = port.unwrap_or(protocol.default_port());
    if !host.starts_with('%') {
        return Ok(Endpoint::Port(Address { host: parse_host(text, host)?, port }));
    }
    let path = path::absolute(text, &percent_decode(text, host)?)?;
    Ok(Endpoint::Socket(service::socket_path(protocol, path, port)))
}

/// User and password, decoded; host and port; and what follows them.
fn split_authority<'a>(text: &str, rest: &'a str) -> Result<(Option<String>, &'a str, &'a str)> {
    if is_split_password(rest) {
        return Err(Error::new("the password in the URL has a /, ? or # in it; write %2F, %3F or %23 there"));
    }
    // A fragment is the reader's business and never goes on the wire.
    let rest = rest.split('#').next().unwrap_or(rest);
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((userinfo, authority)) => Ok((Some(percent_decode(text, userinfo)?), authority, path)),
        None => Ok((None, authority, path)),
    }
}

/// Whether this is `USER:PASS/WORD@HOST`: read as it is written, a part of the
/// password would be the port, and shown in the error.
fn is_split_password(rest: &str) -> bool {
    let (authority, after) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let port = authority.rsplit_once(':').filter(|_| !authority.contains(['@', '[']));
    after.contains('@') && port.is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Host and port of `HOST`, `HOST:PORT`, `[V6]` or `[V6]:PORT`; the host keeps its brackets.
fn host_and_port<'a>(text: &str, authority: &'a str) -> Result<(&'a str, Option<u16>)> {
    let after_bracket = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[after_bracket..].find(':') {
        Some(at) => authority.split_at(after_bracket + at),
        None => return Ok((authority, None)),
    };
    let port = &port[1..];
    if port.contains(':') {
        return Err(Error::new(format!("'{text}': write an IPv6 address in brackets, such as [::1]:8080")));
    }
    Ok((host, Some(parse_port(text, port)?)))
}

fn parse_port(text: &str, port: &str) -> Result<u16> {
    let number = Some(port).filter(|p| p.bytes().all(|b| b.is_ascii_digit())).and_then(|p| p.parse().ok());
    number.filter(|number| *number != 0).ok_or_else(|| {
        let why = if port.is_empty() { " (an empty variable leaves nothing)" } else { "" };
        Error::new(format!("'{text}': '{port}' is not a port{why}; write a number from 1 to 65535"))
    })
}

fn parse_host(text: &str, host: &str) -> Result<Host> {
    let wrong = |why: &str| Error::new(format!("'{text}': '{host}' is not a host: {why}"));
    if host.is_empty() || host.eq_ignore_ascii_case("localhost") {
        return Ok(Host::Here);
    }
    if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address: Ipv6Addr = inner.parse().map_err(|_| wrong("no IPv6 address is in the brackets"))?;
        return Ok(Host::Ip(address.into()));
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(Host::Ip(address));
    }
    let fits = host.len() <= 253 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    fits.then(|| Host::Name(host.to_owned()))
        .ok_or_else(|| wrong("write a name of ASCII letters, digits, - and ., an IPv4 address, or [IPv6]"))
}

fn percent_decode(text: &str, encoded: &str) -> Result<String> {
    let wrong = || {
        Error::new(format!(
            "'{}' is not percent-encoded text throughout; write %25 for a percent sign",
            without_credentials(text)
        ))
    };
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            // The parse of a number would take a plus sign too.
            let hex = after.get(..2).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
            let hex = hex.and_then(|hex| str::from_utf8(hex).ok()).ok_or_else(wrong)?;
            bytes.push(u8::from_str_radix(hex, 16).map_err(|_| wrong())?);
            rest = &after[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}
