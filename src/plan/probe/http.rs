//! One HTTP request, and what its answer must be.

use super::body_check::BodyCheck;
use super::endpoint::Endpoint;
use super::status_set::StatusSet;
use super::target::http::HttpUri;
use super::tls::Tls;
use crate::error::{Error, Result};

/// A request, and what its answer must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// What is sent, and where.
    pub request: Request,
    /// `--follow`: redirects to the same host lead to the answer, any other is a failure.
    pub follow: bool,
    /// `--status`.
    pub status: StatusSet,
    /// `--contains`, `--match` and `--json`: all of them must pass.
    pub body: Vec<BodyCheck>,
}

/// One HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to connect to.
    pub endpoint: Endpoint,
    /// Whether to use TLS.
    pub secure: bool,
    /// The TLS settings. They matter without `secure` too: a redirect can lead
    /// from http to https.
    pub tls: Tls,
    /// The host as written, without brackets; `localhost` by default. The
    /// certificate must be valid for it.
    pub host: String,
    /// The `Host` header: as written in the target, or `--host-header`.
    pub host_header: String,
    /// Path and query as they are sent; starts with `/`.
    pub path: String,
    /// `GET`, or `POST` with `--data`, or `--method`.
    pub method: String,
    /// `--header`, and what `--basic-auth` and `--data` add.
    pub headers: Vec<Header>,
    /// `--data`.
    pub body: Option<Vec<u8>>,
}

/// One header line of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// A token, as written.
    pub name: String,
    /// Without control characters. If it is empty the header is not sent, not
    /// even one that hinit sends by default: curl's `-H 'Accept:'`.
    pub value: String,
}

impl Request {
    /// A GET of a URL, with the credentials in it.
    pub(crate) fn get(uri: HttpUri) -> Self {
        let mut request = Self {
            endpoint: uri.endpoint,
            secure: uri.secure,
            tls: Tls::default(),
            host: uri.host,
            host_header: uri.host_header,
            path: uri.path,
            method: "GET".into(),
            headers: Vec::new(),
            body: None,
        };
        if let Some(credentials) = uri.userinfo {
            request.add_credentials(&credentials);
        }
        request
    }

    /// Adds a header unless there is one of this name.
    pub(crate) fn add_missing(&mut self, name: &str, value: &str) {
        if !self.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name)) {
            self.headers.push(Header { name: name.into(), value: value.into() });
        }
    }

    /// Sends `USER:PASSWORD`; a `USER` alone has an empty password, as for curl.
    pub(crate) fn add_credentials(&mut self, credentials: &str) {
        let colon = if credentials.contains(':') { "" } else { ":" };
        let credentials = format!("{credentials}{colon}");
        self.add_missing("Authorization", &format!("Basic {}", base64(credentials.as_bytes())));
    }

    /// Makes `--header 'Host: x'`, which curl users write, the same as `--host-header x`.
    pub(crate) fn take_host_from_headers(&mut self) {
        if let Some(at) = self.headers.iter().position(|header| header.name.eq_ignore_ascii_case("host")) {
            self.host_header = self.headers.remove(at).value;
        }
    }
}

impl Header {
    /// Reads `NAME: VALUE`.
    ///
    /// # Errors
    /// No colon, an invalid name, or a control character in the value.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::new(format!("'{}' is not of the form 'NAME: VALUE'", text.escape_debug()));
        let (name, value) = text.split_once(':').ok_or_else(wrong)?;
        let (name, value) = (token(name).map_err(|_| wrong())?, value.trim());
        Ok(Self { name, value: printable(value)? })
    }
}

/// Reads a token of RFC 9110: a method or the name of a header.
pub(crate) fn token(text: &str) -> Result<String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !text.is_empty() && text.bytes().all(fits) {
        return Ok(text.to_owned());
    }
    Err(Error::new(format!("'{}' is not an HTTP token", text.escape_debug())))
}

/// Rejects line breaks, which could smuggle in another header.
pub(crate) fn printable(value: &str) -> Result<String> {
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(Error::new(format!("'{}' contains a control character", value.escape_debug())));
    }
    Ok(value.to_owned())
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (group >> (18 - 6 * place)) as usize & 63;
            text.push(if place <= chunk.len() { ALPHABET[index].into() } else { '=' });
        }
    }
    text
}
