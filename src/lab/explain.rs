//! `hinit explain`: an old health check said with hinit, and what is wrong
//! with the old one. Text in, report out: nothing is read, run or probed.
//!
//! A [`source`] (a HEALTHCHECK line, a Dockerfile, a compose file) holds
//! checks; the [`shell`] parser splits their lines; [`meaning`] asks the
//! [`tools`] what each command looks at, and decides by trying all outcomes
//! when the whole line succeeds; [`report`] says it in hinit's words.

mod meaning;
mod mistakes;
mod probe;
pub mod report;
mod shell;
mod source;
mod timing;
mod tools;
mod truth;

use crate::error::{Error, Result};
use crate::text::one_line;
pub use report::Explained;
pub use source::Kind;

/// In bytes; it may quote the text.
const LONGEST_ERROR: usize = 500;

/// Explains every health check of a text.
///
/// # Errors
/// One line for a text that cannot be read or holds no health check.
pub fn explain(text: &str, kind: Kind) -> Result<Vec<Explained>> {
    let checks = source::checks(text, kind);
    let checks = checks.map_err(|error| Error::new(one_line(&error.to_string(), LONGEST_ERROR)))?;
    Ok(checks.iter().map(report::explain).collect())
}
