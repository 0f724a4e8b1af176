//! The arguments of a command.

use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::rules::Rule;
use crate::lab::explain::shell::ast::{Redirection, SimpleCommand};
use crate::lab::explain::variable::with_braces;

/// The arguments after the program, in hinit's notation.
pub(super) fn arguments(command: &SimpleCommand) -> Result<Vec<String>, Reason> {
    command.argv.iter().skip(1).map(|word| Ok(with_braces(&word.to_hinit()?))).collect()
}

/// The same for a program that hinit can replace under its name; a note says so
/// if the arguments need a shell.
pub(super) fn arguments_or_note(
    program: &str,
    command: &SimpleCommand,
    notes: &mut Notes,
) -> Result<Vec<String>, Reason> {
    let arguments = arguments(command);
    if arguments.is_err() {
        notes.add(Rule::UnderItsName, format!("hinit copied to /usr/bin/{program} runs this line unchanged"));
    }
    arguments
}

/// `2>&1`.
pub(super) fn merges_stderr(command: &SimpleCommand) -> bool {
    let merges = |redirection: &Redirection| {
        redirection.fd == 2
            && redirection.operator == ">&"
            && redirection.target.as_text().as_deref() == Some("1")
    };
    command.redirections.iter().any(merges)
}
