//! Where health checks are written: a line, a Dockerfile, a compose file.

mod compose;
mod dockerfile;
mod instruction;
mod yaml;

use super::timing::Timing;
use crate::error::{Error, Result};
pub(super) use compose::{Frozen, is_frozen};
pub(super) use instruction::json_list;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A `HEALTHCHECK` line, or only the command of one.
    Line,
    /// A Dockerfile or a compose file, told apart by what is in it.
    File,
}

/// One health check, as it is written somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    /// `line 12`, `service web`; empty for a line.
    pub(super) place: String,
    /// As it was written, in one line.
    pub(super) old: String,
    pub(super) test: Test,
    pub(super) timing: Timing,
    pub(super) dialect: Dialect,
    /// What the source itself does to it.
    pub(super) notes: Vec<String>,
}

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    /// `NONE`, or compose's `disable: true`.
    Off,
    /// Compose without a test: only the timing changes.
    Inherited,
    /// Words, without a shell.
    Exec(Vec<String>),
    /// A script for a shell.
    Shell {
        script: String,
        /// What the SHELL instruction says.
        shell: Vec<String>,
        /// What follows the script in compose's list.
        extra: Vec<String>,
    },
}

/// How the new line is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dialect {
    Dockerfile,
    /// With what compose expands, by its stand-in.
    Compose(Frozen),
}

/// The checks of a text, in its order; at least one.
///
/// # Errors
/// A text that cannot be read or holds no health check.
pub(super) fn checks(text: &str, kind: Kind) -> Result<Vec<Check>> {
    let checks = match kind {
        Kind::Line => vec![instruction::line(text)?],
        Kind::File if is_compose(text) => compose::checks(text)?,
        Kind::File => dockerfile::checks(text)?,
    };
    if checks.is_empty() {
        return Err(Error::new("there is no health check in it: no HEALTHCHECK and no healthcheck:"));
    }
    Ok(checks)
}

/// JSON is YAML as well. A Dockerfile has a FROM, and no line of it ends a key with a colon at its start.
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
