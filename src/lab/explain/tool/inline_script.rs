//! Scripts in an argument: `python -c SCRIPT`, `node -e SCRIPT`.

pub(super) mod tokens;

use crate::lab::explain::notes::Reason;
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::shell::word::Word;

/// The script after one of these options; none if a file is run.
pub(super) fn after_option(command: &SimpleCommand, options: &[&str]) -> Result<Option<String>, Reason> {
    let is_option = |text: String| options.contains(&text.as_str());
    let at = command.argv.iter().position(|word| word.as_text().is_some_and(is_option));
    at.and_then(|at| command.argv.get(at + 1)).map(Word::to_hinit).transpose()
}

/// Names whose use shows that a script processes the response body.
pub(super) const BODY_NAMES: [&str; 8] =
    ["read", "json", "text", "content", "data", "body", "loads", "parse"];
pub(super) const PROCESSES_BODY: &str = "its script processes the response body";
