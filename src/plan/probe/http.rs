//! One HTTP request, and what makes its answer healthy.

use super::Endpoint;
use super::target::HttpUri;
use crate::error::{Error, Result};
use regex_lite::Regex;
use serde_json::Value;
use std::fmt;
use std::path::PathBuf;

/// A request, and what its answer must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// What is sent, and where.
    pub request: Request,
    /// `--follow`: redirects to the same host lead to the answer.
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
    /// Whether TLS is spoken there.
    pub secure: bool,
    /// Whom to trust if so. A redirect can lead from http to https.
    pub tls: Tls,
    /// The host as written, without brackets; `localhost` if none was. A
    /// certificate has to be for it.
    pub host: String,
    /// The `Host` header: as written in the target, or `--host-header`.
    pub host_header: String,
    /// Path and query as they go on the wire; starts with `/`.
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
    /// Without control characters. An empty one leaves the header out, also one
    /// that hinit would send by itself: curl's `-H 'Accept:'`.
    pub value: String,
}

/// How TLS is spoken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// Which servers are believed.
    pub trust: Trust,
    /// `--cert` and `--key`: who hinit is.
    pub identity: Option<Identity>,
}

/// Which servers are believed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// `--insecure`: every one.
    Everyone,
    /// Those that a certificate in this PEM file vouches for: `--cacert`, or
    /// the variable `SSL_CERT_FILE` that OpenSSL and Go look at too.
    File(PathBuf),
    /// Those that the system's bundle vouches for.
    #[default]
    System,
}

/// A client certificate: PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, and any between it and its root.
    pub cert: PathBuf,
    /// Its key; the same file, if it holds both.
    pub key: PathBuf,
}

/// A check of an answer's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyCheck {
    /// What to look for.
    pub test: BodyTest,
    /// `--not`: it must not be found. An answer there must be all the same.
    pub negated: bool,
}

/// What to look for in a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyTest {
    /// `--contains`: this text; never empty.
    Contains(String),
    /// `--match`: a match of this pattern, anywhere.
    Match(Pattern),
    /// `--json`: this value at this path.
    Json(JsonTest),
}

/// A regular expression, compared by its text.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

/// `--json PATH=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonTest {
    /// As written, for messages: `checks[0].status=UP`.
    pub written: String,
    /// The names and indices that lead from the document to the value.
    pub path: Vec<String>,
    /// What must be there.
    pub value: String,
}

impl Request {
    /// A plain GET of a URL, with the credentials that it carries.
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

    /// Adds a header unless one of this name is there.
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

    /// `--header 'Host: x'` is what curl users write for `--host-header x`.
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
    /// No colon, a name that is no token, a control character in the value.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::new(format!("'{}' is not of the form 'NAME: VALUE'", text.escape_debug()));
        let (name, value) = text.split_once(':').ok_or_else(wrong)?;
        let (name, value) = (token(name).map_err(|_| wrong())?, value.trim());
        Ok(Self { name, value: printable(value)? })
    }
}

/// A token of RFC 9110: what a method and a header's name are made of.
pub(crate) fn token(text: &str) -> Result<String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !text.is_empty() && text.bytes().all(fits) {
        return Ok(text.to_owned());
    }
    Err(Error::new(format!("'{}' is not a word of HTTP", text.escape_debug())))
}

/// No line break can smuggle in a second header.
pub(crate) fn printable(value: &str) -> Result<String> {
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(Error::new(format!("'{}' has a control character in it", value.escape_debug())));
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

impl Pattern {
    /// # Errors
    /// What is no regular expression.
    pub fn parse(text: &str) -> Result<Self> {
        Regex::new(text)
            .map(Self)
            .map_err(|error| Error::new(format!("'{text}' is no regular expression: {error}")))
    }

    /// Whether it matches somewhere in `text`.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl JsonTest {
    /// Reads `PATH=VALUE`: `status=UP`, `.status.db=true`, `checks[0].ok=1`,
    /// `"a.b".c=1`, and `$.status=UP` as in JSONPath. Blanks around the `=` are
    /// no part of either side; a VALUE that has some is written in quotes.
    ///
    /// # Errors
    /// No `=`, or a path with an empty step.
    pub fn parse(text: &str) -> Result<Self> {
        let (path, value) = path_and_value(text).ok_or_else(|| {
            Error::new(format!(
                "'{text}' is not PATH=VALUE; write one such as status.db=UP, or \"a.b\".c=1 for a name with a dot"
            ))
        })?;
        Ok(Self { written: text.to_owned(), path, value: value.trim().to_owned() })
    }

    /// The value at the path.
    pub fn find<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        self.path.iter().try_fold(document, |value, step| match value {
            Value::Object(fields) => fields.get(step),
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// Whether this is the value: a string by its text, anything else as JSON.
    pub fn accepts(&self, found: &Value) -> bool {
        match found {
            Value::String(text) if *text == self.value => true,
            _ => serde_json::from_str::<Value>(&self.value).is_ok_and(|wanted| is_equal(&wanted, found)),
        }
    }
}

/// JSON has one kind of number: 1 is 1.0.
fn is_equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(number), Some(found)) if one.is_f64() != other.is_f64() => number.total_cmp(&found).is_eq(),
        _ => one == other,
    }
}

/// The steps of a path, and what follows its `=`.
fn path_and_value(text: &str) -> Option<(Vec<String>, &str)> {
    let text = text.trim_start();
    let rest = text.strip_prefix('$').filter(|rest| rest.starts_with(['.', '['])).unwrap_or(text);
    let mut rest = rest.strip_prefix('.').unwrap_or(rest);
    let mut path = Vec::new();
    loop {
        let (name, after) = step(rest).filter(|(name, _)| !name.is_empty())?;
        path.push(name.to_owned());
        rest = match after.strip_prefix('.') {
            Some(rest) => rest,
            None if after.starts_with('[') => after,
            // Whoever writes `==` is to be told, not to wait for a text that begins with `=`.
            None => {
                let value = after.trim_start().strip_prefix('=')?;
                return (!value.starts_with('=')).then_some((path, value));
            }
        };
    }
}

/// The first of `name`, `"any.name"`, `[0]` and `["any.name"]`, and what follows it.
fn step(text: &str) -> Option<(&str, &str)> {
    match (text.strip_prefix("[\""), text.strip_prefix('['), text.strip_prefix('"')) {
        (Some(quoted), _, _) => quoted.split_once("\"]"),
        (_, Some(index), _) => index.split_once(']'),
        (_, _, Some(quoted)) => quoted.split_once('"'),
        _ => {
            let (name, after) = text.split_at(text.find(['.', '[', ']', '=']).unwrap_or(text.len()));
            Some((name.trim_end(), after))
        }
    }
}

impl fmt::Display for BodyTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contains(text) => write!(f, "contain '{text}'"),
            Self::Match(pattern) => write!(f, "match '{pattern}'"),
            Self::Json(test) => write!(f, "have '{}'", test.written),
        }
    }
}

/// The statuses that are healthy: `200-299,401`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet(Vec<(u16, u16)>);

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
