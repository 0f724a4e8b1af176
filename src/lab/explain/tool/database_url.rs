//! The target of a database client: `postgres://app@db:5432/shop`.

use super::client_options::host;
use crate::lab::explain::compose_variables::is_placeholder;
use crate::lab::explain::notes::Notes;
use crate::lab::explain::rules::Rule;
use std::fmt;
use std::fmt::Write as _;

/// Its parts, as they stand in the URL.
pub(super) struct DatabaseUrl {
    scheme: &'static str,
    user: Option<String>,
    /// Empty for this container, `%2F...` for a unix socket.
    host: String,
    port: String,
    database: Option<String>,
}

impl DatabaseUrl {
    pub(super) fn new(scheme: &'static str, default_port: &str) -> Self {
        Self { scheme, user: None, host: String::new(), port: default_port.to_owned(), database: None }
    }

    pub(super) fn set_user(&mut self, user: Option<&str>) {
        self.user = user.filter(|user| !user.is_empty()).map(encoded);
    }

    pub(super) fn set_database(&mut self, database: Option<&str>) {
        self.database = database.filter(|database| !database.is_empty()).map(encoded);
    }

    /// Takes a host as the client has it, a unix socket by its path, and a port.
    pub(super) fn set_address(&mut self, address: Option<&str>, port: Option<&str>) {
        match address {
            Some(path) if path.starts_with('/') => self.host = encoded(path),
            Some(name) => self.host = host(name),
            None => {}
        }
        if let Some(port) = port {
            port.clone_into(&mut self.port);
        }
    }

    /// Takes over `postgres://user:password@host:5432/db`. The password is not
    /// needed, since no login has to succeed.
    pub(super) fn take_url(&mut self, text: &str, program: &str, notes: &mut Notes) {
        let (url, parameters) = text.split_once('?').unwrap_or((text, ""));
        let (_, rest) = url.split_once("://").unwrap_or(("", url));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (userinfo, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let user = userinfo.split(':').next().unwrap_or_default();
        let after_bracket = address.rfind(']').map_or(0, |at| at + 1);
        let (name, port) = match address[after_bracket..].rfind(':') {
            Some(at) => (&address[..after_bracket + at], Some(&address[after_bracket + at + 1..])),
            None => (address, None),
        };
        self.user = Some(user.to_owned()).filter(|user| !user.is_empty()).or(self.user.take());
        self.database = Some(database.to_owned()).filter(|database| !database.is_empty());
        if !name.is_empty() {
            name.clone_into(&mut self.host);
        }
        if let Some(port) = port {
            port.clone_into(&mut self.port);
        }
        if !parameters.is_empty() {
            notes.add(Rule::NotCarried, format!("hinit leaves out ?{parameters} of {program}'s URL"));
        }
    }

    /// Takes over `host=db port=5432 user=app dbname=shop`.
    pub(super) fn take_keywords(&mut self, text: &str) {
        for (name, value) in text.split_whitespace().filter_map(|field| field.split_once('=')) {
            match name {
                "host" | "hostaddr" => self.set_address(Some(value), None),
                "port" => self.set_address(None, Some(value)),
                "user" => self.set_user(Some(value)),
                "dbname" => self.set_database(Some(value)),
                _ => {}
            }
        }
    }

    pub(super) fn has_no_host(&self) -> bool {
        self.host.is_empty()
    }

    pub(super) fn is_unix_socket(&self) -> bool {
        self.host.starts_with("%2F")
    }

    /// With a default for a user and a database that are only a variable: the
    /// client accepts one that is not set, hinit does not.
    #[must_use]
    pub(super) fn with_default_names(mut self, default: &str) -> Self {
        for text in [&mut self.user, &mut self.database].into_iter().flatten() {
            let name = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
            if let Some(name) = name.filter(|name| !name.contains([':', '$'])) {
                *text = format!("${{{name}:-{default}}}");
            }
        }
        self
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        write!(f, "{}:{}", self.host, self.port)?;
        self.database.iter().try_for_each(|database| write!(f, "/{database}"))
    }
}

/// Percent-encodes a part of a URL, but not its variables.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match variable_length(rest) {
            0 => c.len_utf8(),
            length => length,
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        if length > 1 && c == '$' || c.is_ascii_alphanumeric() || "-._~".contains(c) || is_placeholder(c) {
            out += piece;
        } else {
            piece.bytes().for_each(|byte| {
                let _ = write!(out, "%{byte:02X}");
            });
        }
    }
    out
}

/// The length of the `${...}` that a text starts with; 0 for none.
fn variable_length(text: &str) -> usize {
    if !text.starts_with("${") {
        return 0;
    }
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == '}' && depth == 0 {
            return at + 1;
        }
    }
    0
}
