//! `http://`, `https://` and `http+unix://`.

use super::authority::{
    host_and_port, parse_host, percent_decode, require_tls, split_authority, without_brackets,
    without_credentials,
};
use super::path;
use crate::error::{Error, Result};
use crate::plan::probe::endpoint::{Address, Endpoint};
use std::fmt::Write as _;

/// A URL by its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpUri {
    pub(crate) endpoint: Endpoint,
    /// Whether to use TLS.
    pub(crate) secure: bool,
    /// The host as written, without brackets; `localhost` by default.
    pub(crate) host: String,
    /// `user:password`, decoded.
    pub(crate) userinfo: Option<String>,
    /// The `Host` header: the host as written, and the port unless it is the
    /// default one.
    pub(crate) host_header: String,
    /// Path and query; starts with `/`; pure ASCII.
    pub(crate) path: String,
}

/// Why a URL cannot be requested. curl and wget have an exit code for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UrlError {
    /// This scheme is neither `http` nor `https`.
    Scheme(String),
    /// It needs TLS, which hinit-slim does not have.
    NoTls,
    /// It has no host.
    NoHost,
    /// It is not a URL.
    Invalid(Error),
}

impl HttpUri {
    /// Reads a URL that must have a host: one from a server, or as curl and
    /// wget read it.
    pub(crate) fn parse(text: &str) -> std::result::Result<Self, UrlError> {
        let (scheme, after) = text.split_once(':').unwrap_or_default();
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(UrlError::Scheme(scheme.to_owned())),
        };
        if secure && cfg!(not(feature = "tls")) {
            return Err(UrlError::NoTls);
        }
        let rest = after.strip_prefix("//").unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if host.is_empty() || host.starts_with(':') {
            return Err(UrlError::NoHost);
        }
        port(text, rest, secure).map_err(UrlError::Invalid)
    }
}

pub(super) fn port(text: &str, rest: &str, secure: bool) -> Result<HttpUri> {
    let text = &without_credentials(text);
    if secure {
        require_tls(text)?;
    }
    let (userinfo, authority, path) = split_authority(text, rest)?;
    let (host, port) = host_and_port(text, authority)?;
    let default = if secure { 443 } else { 80 };
    let port = port.unwrap_or(default);
    let endpoint = Endpoint::Port(Address { host: parse_host(text, host)?, port });
    let host = if host.is_empty() { "localhost" } else { host };
    Ok(HttpUri {
        endpoint,
        secure,
        host: without_brackets(host).to_owned(),
        userinfo,
        // curl leaves the default port out, and some virtual hosts require that.
        host_header: if port == default { host.to_owned() } else { format!("{host}:{port}") },
        path: request_path(text, path)?,
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
        endpoint: Endpoint::Socket(path::socket_path(text, &percent_decode(text, authority)?)?),
        secure: false,
        host: "localhost".into(),
        userinfo,
        host_header: "localhost".into(),
        path: request_path(text, path)?,
    })
}

/// The path as it is sent. `http://h?q` requests `/?q`.
fn request_path(text: &str, path: &str) -> Result<String> {
    if path.bytes().any(|b| b <= b' ' || b == 0x7f) {
        return Err(Error::new(format!(
            "'{}' has a space or a control character in its path; write %20 for a space",
            text.escape_debug()
        )));
    }
    let mut encoded = String::with_capacity(path.len() + 1);
    if !path.starts_with('/') {
        encoded.push('/');
    }
    for byte in path.bytes() {
        if byte.is_ascii() {
            encoded.push(byte.into());
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Ok(encoded)
}
