//! One kind of error for a user: a sentence with a next step.

use std::fmt;

/// Why hinit cannot do what was asked.
///
/// The text is one line that says what was tried, on what, why it failed and
/// what to write instead. It carries no exit code: the verb decides that
/// (125 for `run`, 1 for `probe` and `status`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

/// A result whose error is a line for the user.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error that will be shown as this line.
    pub fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }

    /// An error whose fix is known: what was tried, why it failed, what to do.
    pub fn with_fix(what: &str, why: impl fmt::Display, fix: &str) -> Self {
        Self(format!("{what}: {why}; {fix}"))
    }

    /// The same error with the place it was found in front: `--user: ...`.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
