//! HTTP clients written out in python or node, in one line.

mod node;
mod python;
mod tokens;

pub(super) use node::read as node;
pub(super) use python::read as python;

use super::foreign;
use crate::lab::explain::shell::word::Why;
use crate::lab::explain::shell::{Simple, Word};

/// The script after `-c` or `-e`; none if a file is run.
fn script(simple: &Simple, options: &[&str]) -> Result<Option<String>, Why> {
    let is_option = |text: String| options.contains(&text.as_str());
    let at = simple.words.iter().position(|word| word.as_text().is_some_and(is_option));
    at.and_then(|at| simple.words.get(at + 1)).map(Word::in_hinit).transpose()
}

/// Words that say a script makes something of the answer's body.
const BODY: [&str; 8] = ["read", "json", "text", "content", "data", "body", "loads", "parse"];
const READS_BODY: &str = "it makes something of the answer's body by itself";
