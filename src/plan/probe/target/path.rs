//! Targets that are a path: `unix:///PATH`, `file:///PATH`, `pid:///PATH`.

use super::percent_decode;
use crate::error::{Error, Result};
use crate::plan::probe::File;
use crate::time::parse_duration;
use std::path::PathBuf;
use std::time::Duration;

/// In bytes: what unix(7) has room for, without the NUL.
const LONGEST_SOCKET: usize = 107;

pub(super) fn socket(text: &str, rest: &str) -> Result<PathBuf> {
    absolute(text, &decoded(text, rest)?)
}

pub(super) fn pid(text: &str, rest: &str) -> Result<PathBuf> {
    Ok(PathBuf::from(rooted(text, &decoded(text, rest)?)?))
}

pub(super) fn file(text: &str, rest: &str) -> Result<File> {
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let max_age = query.map(|query| max_age(text, query)).transpose()?;
    Ok(File { path: PathBuf::from(rooted(text, &decoded(text, path)?)?), max_age })
}

/// The path of a socket.
pub(super) fn absolute(text: &str, path: &str) -> Result<PathBuf> {
    let path = rooted(text, path)?;
    if path.len() > LONGEST_SOCKET {
        return Err(Error::new(format!(
            "'{text}': the path of a unix socket has at most {LONGEST_SOCKET} bytes, and this one {}",
            path.len()
        )));
    }
    Ok(PathBuf::from(path))
}

fn decoded(text: &str, path: &str) -> Result<String> {
    if path.contains(['?', '#']) {
        return Err(Error::new(format!("'{text}' says more than a path; write %3F for ? and %23 for #")));
    }
    percent_decode(text, path)
}

fn rooted<'a>(text: &str, path: &'a str) -> Result<&'a str> {
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
        .ok_or_else(|| Error::new("max-age: no file is that new; write one such as 30s"))
}
