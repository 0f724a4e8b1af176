//! What a verb prints: requested text, and the error that ends it.

use crate::error::Error;
use crate::logging::{self, Format};
use crate::text::printable;
use log::{LevelFilter, error};
use std::io::{self, Write};

/// Requested text goes to stdout; a closed stdout is not a failure.
pub(super) fn show(text: &str) -> i32 {
    let _ = io::stdout().write_all(printable(text).as_bytes());
    0
}

/// An error is a line of the log, in its format if that is set already; returns the
/// exit code of the verb.
pub(super) fn fail(error: &Error, code: i32) -> i32 {
    logging::init(LevelFilter::Info, Format::Text);
    error!("{error}");
    code
}
