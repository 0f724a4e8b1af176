//! The error type: one line for the user, with the next step.

use std::fmt;

/// Why hinit cannot do what was requested.
///
/// The text is one line: what was tried, on what, why it failed, and what to do
/// next. The exit code is chosen by the verb (125 for `run`, 1 for `probe` and
/// `status`), unless a signal decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    line: String,
    exit_code: Option<i32>,
}

/// A result whose error is a line for the user.
pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with this line.
    pub fn new(line: impl Into<String>) -> Self {
        Self { line: line.into(), exit_code: None }
    }

    /// An error with a known fix: what was tried, why it failed, what to do.
    pub fn with_fix(what: &str, why: impl fmt::Display, fix: &str) -> Self {
        Self::new(format!("{what}: {why}; {fix}"))
    }

    /// The same error with its context in front: `--user: ...`.
    #[must_use]
    pub fn at(self, context: &str) -> Self {
        Self { line: format!("{context}: {}", self.line), ..self }
    }

    /// The same error, which ends hinit with this code.
    #[must_use]
    pub(crate) fn with_exit_code(self, code: i32) -> Self {
        Self { exit_code: Some(code), ..self }
    }

    /// The exit code, if it is not the verb's.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl std::error::Error for Error {}
