//! The error type: one line for the user, with the next step.

use std::fmt;

/// Why hinit cannot do what was requested.
///
/// The text is one line: what was tried, on what, why it failed, and what to do
/// next. The exit code is chosen by the verb (125 for `run`, 1 for `probe` and
/// `status`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

/// A result whose error is a line for the user.
pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with this line.
    pub fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }

    /// An error with a known fix: what was tried, why it failed, what to do.
    pub fn with_fix(what: &str, why: impl fmt::Display, fix: &str) -> Self {
        Self(format!("{what}: {why}; {fix}"))
    }

    /// The same error with its context in front: `--user: ...`.
    #[must_use]
    pub fn at(self, context: &str) -> Self {
        Self(format!("{context}: {}", self.0))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
