//! How a program ends when it has nothing to run: its output and exit code.

use crate::text::printable;
use std::io::Write;

/// The output and exit code of a program that starts nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exit {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Exit {
    /// Requested text, such as help: stdout and code 0.
    pub(super) fn success(stdout: impl Into<String>) -> Self {
        Self { code: 0, stdout: stdout.into(), stderr: String::new() }
    }

    /// An error: stderr and this code.
    pub(super) fn failure(code: i32, stderr: impl Into<String>) -> Self {
        Self { code, stdout: String::new(), stderr: stderr.into() }
    }

    /// hinit's licence: the binary contains no code of the other programs.
    pub(super) fn license() -> Self {
        Self::success(include_str!("../../LICENSE"))
    }

    /// Prints the output and returns the code. A closed stream is not an error.
    pub(super) fn print(&self) -> i32 {
        let _ = std::io::stdout().write_all(printable(&self.stdout).as_bytes());
        let _ = std::io::stderr().write_all(printable(&self.stderr).as_bytes());
        self.code
    }
}
