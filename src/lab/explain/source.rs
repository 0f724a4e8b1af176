//! Finds health checks: in a line, a Dockerfile or a compose file.

mod compose;
mod dockerfile;
mod instruction;
mod line;
mod yaml;

use super::health_check::HealthCheck;
use crate::error::{Error, Result};

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A `HEALTHCHECK` line, or only the command of one.
    Line,
    /// A Dockerfile or a compose file, detected by its content.
    File,
}

/// The checks of a text, in its order; at least one.
///
/// # Errors
/// A text that cannot be parsed or has no health check.
pub(super) fn health_checks(text: &str, kind: Kind) -> Result<Vec<HealthCheck>> {
    let checks = match kind {
        Kind::Line => vec![line::health_check(text)?],
        Kind::File if is_compose(text) => compose::health_checks(text)?,
        Kind::File => dockerfile::health_checks(text)?,
    };
    if checks.is_empty() {
        return Err(Error::new("no health check found: no HEALTHCHECK instruction and no healthcheck: key"));
    }
    Ok(checks)
}

/// Whether the first line that is not indented starts with a key and a colon,
/// which no line of a Dockerfile does; a compose file may also be JSON.
fn is_compose(text: &str) -> bool {
    if text.trim_start().starts_with('{') {
        return true;
    }
    let is_key = |line: &str| {
        let key = line.split(':').next().unwrap_or_default();
        line.len() > key.len()
            && !key.is_empty()
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with(['#', '-', ' ']));
    lines.next().is_some_and(is_key)
}

#[cfg(test)]
mod tests;
