//! `http://`, `https://` and `http+unix://`.

use super::{
    Address, Endpoint, host_and_port, parse_host, path, percent_decode, split_authority, without_credentials,
};
use crate::error::{Error, Result};
use std::fmt::Write as _;

/// A URL by its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpUri {
    pub(crate) endpoint: Endpoint,
    /// Whether TLS is to be spoken.
    pub(crate) secure: bool,
    /// The host as written, without brackets; `localhost` if none was.
    pub(crate) host: String,
    /// `user:password`, decoded, if the target carries one.
    pub(crate) userinfo: Option<String>,
    /// For the `Host` header: the host as written, and the port unless it is
    /// the usual one.
    pub(crate) host_header: String,
    /// Starts with `/`; holds the query; pure ASCII.
    pub(crate) path: String,
}

impl HttpUri {
    /// Reads a URL of scheme `http` or `https`; none if it has another one.
    pub(crate) fn parse(text: &str) -> Option<Result<Self>> {
        let (scheme, rest) = text.split_once("://")?;
        match scheme.to_ascii_lowercase().as_str() {
            "http" => Some(port(text, rest, false)),
            "https" => Some(port(text, rest, true)),
            _ => None,
        }
    }
}

pub(super) fn port(text: &str, rest: &str, secure: bool) -> Result<HttpUri> {
    let text = &without_credentials(text);
    if secure && cfg!(not(feature = "tls")) {
        return Err(Error::new(format!(
            "'{text}': this is hinit-slim, which speaks no TLS; take hinit itself"
        )));
    }
    let (userinfo, authority, path) = split_authority(text, rest)?;
    let (host, port) = host_and_port(text, authority)?;
    let usual = if secure { 443 } else { 80 };
    let port = port.unwrap_or(usual);
    let endpoint = Endpoint::Port(Address { host: parse_host(text, host)?, port });
    let host = if host.is_empty() { "localhost" } else { host };
    Ok(HttpUri {
        endpoint,
        secure,
        host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        userinfo,
        // curl leaves the usual port out, and some virtual hosts want it so.
        host_header: if port == usual { host.to_owned() } else { format!("{host}:{port}") },
        path: wire_path(text, path)?,
    })
}

pub(super) fn socket(text: &str, rest: &str) -> Result<HttpUri> {
    let (userinfo, authority, path) = split_authority(text, rest)?;
    if !authority.starts_with('%') {
        return Err(Error::new(format!(
            "'{text}' has no socket; write its path with %2F for each slash, as in http+unix://%2Frun%2Fapp.sock/health"
        )));
    }
    Ok(HttpUri {
        endpoint: Endpoint::Socket(path::absolute(text, &percent_decode(text, authority)?)?),
        secure: false,
        host: "localhost".into(),
        userinfo,
        host_header: "localhost".into(),
        path: wire_path(text, path)?,
    })
}

/// The path as it goes on the wire. `http://h?q` asks for `/?q`.
fn wire_path(text: &str, path: &str) -> Result<String> {
    if path.bytes().any(|b| b <= b' ' || b == 0x7f) {
        return Err(Error::new(format!(
            "'{}' has a space or a control character in its path; write %20 for a space",
            text.escape_debug()
        )));
    }
    let mut wire = String::with_capacity(path.len() + 1);
    if !path.starts_with('/') {
        wire.push('/');
    }
    for byte in path.bytes() {
        if byte.is_ascii() {
            wire.push(byte.into());
        } else {
            let _ = write!(wire, "%{byte:02X}");
        }
    }
    Ok(wire)
}
