//! What a verb prints by itself, without a logger.

use crate::error::Error;
use std::io::{self, Write};

/// Requested text goes to stdout; a closed stdout is not a failure.
pub(super) fn show(text: &str) -> i32 {
    let _ = io::stdout().write_all(text.as_bytes());
    0
}

/// An error is one line on stderr; returns the exit code of the verb.
pub(super) fn fail(error: &Error, code: i32) -> i32 {
    let _ = writeln!(io::stderr(), "hinit: error: {error}");
    code
}
