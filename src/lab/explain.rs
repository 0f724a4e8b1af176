//! `hinit explain`: translates a health check to hinit and lists its mistakes.
//! It reads text and returns a report; it opens, runs and probes nothing.
//!
//! - `source` finds the checks of a HEALTHCHECK line, a Dockerfile or a
//!   compose file.
//! - `shell` parses their command lines.
//! - `translate` turns each command into a probe, with the options of each
//!   `tool` and the `filter`s behind a pipe. The `truth_table` decides
//!   when the whole line succeeds.
//! - `report` combines the new lines, as `render` writes them, with the
//!   notes.

mod base_image;
mod build_args;
mod compose_variables;
mod entrypoint;
mod exec_form;
mod filter;
mod health_check;
mod image;
mod mistakes;
mod nested_init;
mod notes;
mod output;
mod probe_command;
mod proposal;
mod quote;
mod render;
mod report;
mod rules;
mod shell;
mod source;
mod timing;
mod tool;
mod translate;
mod truth_table;
mod unsupported;
mod variable;

use crate::error::{Error, Result};
use crate::text::one_line;
pub use output::OutputFormat;
pub use report::Explained;
pub use rules::Rule;
pub use source::Kind;

/// In bytes; an error may quote the text.
const MAX_ERROR_LENGTH: usize = 500;

/// Explains every health check of a text.
///
/// # Errors
/// One line for a text that cannot be parsed or has no health check.
pub fn explain(text: &str, kind: Kind) -> Result<Vec<Explained>> {
    let checks = source::health_checks(text, kind);
    let checks = checks.map_err(|error| Error::new(one_line(&error.to_string(), MAX_ERROR_LENGTH)))?;
    Ok(checks.iter().map(report::explain).collect())
}
