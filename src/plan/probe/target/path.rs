//! Targets that are a path: `unix:///PATH`, `file:///PATH`, `pid:///PATH`.

use super::authority::percent_decode;
use crate::error::{Error, Result};
use crate::time::parse_duration;
use std::path::PathBuf;
use std::time::Duration;

/// In bytes: the room that unix(7) has, without the NUL.
const LONGEST_SOCKET: usize = 107;

pub(super) fn socket(text: &str, rest: &str) -> Result<PathBuf> {
    socket_path(text, &decode(text, rest)?)
}

pub(super) fn pid_file(text: &str, rest: &str) -> Result<PathBuf> {
    Ok(PathBuf::from(absolute(text, &decode(text, rest)?)?))
}

/// A path, and its `max-age`.
pub(super) fn file(text: &str, rest: &str) -> Result<(PathBuf, Option<Duration>)> {
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let max_age = query.map(|query| max_age(text, query)).transpose()?;
    Ok((PathBuf::from(absolute(text, &decode(text, path)?)?), max_age))
}

/// The path of a socket, already decoded.
pub(super) fn socket_path(text: &str, path: &str) -> Result<PathBuf> {
    let path = absolute(text, path)?;
    if path.len() > LONGEST_SOCKET {
        return Err(Error::new(format!(
            "'{text}': the path of a unix socket has at most {LONGEST_SOCKET} bytes, and this one {}",
            path.len()
        )));
    }
    Ok(PathBuf::from(path))
}

fn decode(text: &str, path: &str) -> Result<String> {
    if path.contains(['?', '#']) {
        return Err(Error::new(format!("'{text}' has more than a path; write %3F for ? and %23 for #")));
    }
    percent_decode(text, path)
}

fn absolute<'a>(text: &str, path: &'a str) -> Result<&'a str> {
    let scheme = text.split("://").next().unwrap_or(text);
    if !path.starts_with('/') {
        return Err(Error::new(format!(
            "'{text}' has no absolute path; write three slashes, as in {scheme}:///run/app"
        )));
    }
    if path.len() == 1 || path.contains('\0') {
        return Err(Error::new(format!("'{}' names no file", text.escape_debug())));
    }
    Ok(path)
}

fn max_age(text: &str, query: &str) -> Result<Duration> {
    let value = query.strip_prefix("max-age=").ok_or_else(|| {
        Error::new(format!("'{text}': '{query}' is not understood; write ?max-age=30s, and %3F for a ?"))
    })?;
    let age = parse_duration(value).map_err(|error| error.at("max-age"))?;
    (!age.is_zero())
        .then_some(age)
        .ok_or_else(|| Error::new("max-age must be above 0; write a duration such as 30s"))
}
