//! `exec:COMMAND`: a command without a shell.

use crate::error::{Error, Result};
use crate::plan::probe::expand::{Lookup, PlainDollar, expand};
use crate::plan::probe::{Probe, Target};
use std::ffi::OsString;
use std::time::Duration;

const SCHEME: &str = "exec:";
const NO_COMMAND: &str = "exec: has no command; write one such as exec:'redis-cli ping'";

pub(super) fn is_exec(target: &str) -> bool {
    target.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
}

/// Reads a target for which [`is_exec`] holds.
pub(super) fn probe(target: &str, timeout: Option<Duration>, env: Lookup<'_>) -> Result<Probe> {
    let command = target.get(SCHEME.len()..).unwrap_or_default();
    let arguments =
        shlex::split(command).ok_or_else(|| Error::new(format!("'{target}' has an unclosed quote")))?;
    let Some(program) = arguments.first().filter(|program| !program.is_empty()) else {
        return Err(Error::new(NO_COMMAND));
    };
    if let Some(operator) = shell_operator(&arguments, command) {
        return Err(Error::new(format!(
            "'{target}' has '{operator}', which only a shell understands; write exec:\"sh -c '...'\" around it"
        )));
    }
    // A shell expands its script itself, and knows more forms than hinit.
    let expands = !is_shell(program);
    let arguments = arguments
        .into_iter()
        .map(|argument| if expands { expand(&argument, PlainDollar::Keep, env) } else { Ok(argument) })
        .map(|argument| argument.map(OsString::from))
        .collect::<Result<_>>()?;
    Ok(Probe { name: target.to_owned(), target: Target::Exec(arguments), timeout })
}

/// An operator of the shell outside of quotes. The program would get it as an
/// argument, and `true && false` would be healthy.
fn shell_operator<'a>(arguments: &'a [String], command: &str) -> Option<&'a str> {
    const OPERATORS: [&str; 4] = ["&&", "||", "|", "&"];
    const REDIRECTIONS: [&str; 3] = [">", "2>", "<"];
    let is_operator = |argument: &str| {
        OPERATORS.contains(&argument)
            || argument.ends_with(';')
            || REDIRECTIONS.iter().any(|redirection| argument.starts_with(redirection))
    };
    let is_unquoted = |argument: &str| command.split_whitespace().any(|part| part == argument);
    arguments.iter().map(String::as_str).find(|argument| is_operator(argument) && is_unquoted(argument))
}

fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    ["sh", "ash", "bash", "dash", "ksh", "zsh", "busybox"].contains(&name)
}
