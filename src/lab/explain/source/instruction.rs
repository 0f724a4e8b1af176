//! The HEALTHCHECK instruction: `HEALTHCHECK --interval=5s CMD curl ...`.

use crate::error::{Error, Result};
use crate::lab::explain::exec_form;
use crate::lab::explain::health_check::{HealthCheck, MAX_SHOWN, Test};
use crate::lab::explain::timing::{NAMES, Timing};
use crate::text::one_line;

/// Parses the arguments of HEALTHCHECK; `shell` is the list of the last SHELL
/// instruction, and `old` the line to show.
///
/// # Errors
/// An unknown option, or neither CMD nor NONE.
pub(super) fn health_check(old: &str, arguments: &str, shell: &[String]) -> Result<HealthCheck> {
    let (timing, rest) = timing(arguments.trim_start())?;
    Ok(HealthCheck { old: one_line(old, MAX_SHOWN), timing, ..HealthCheck::new(test(rest, shell)?) })
}

/// The options, and the text after them.
fn timing(arguments: &str) -> Result<(Timing, &str)> {
    let mut timing = Timing::default();
    let mut rest = arguments;
    while let Some(option) = rest.strip_prefix("--") {
        let (option, after) = split_word(option);
        let (name, value) = option.split_once('=').ok_or_else(|| {
            Error::new(format!("HEALTHCHECK --{option} requires a value, as in --{option}=30s"))
        })?;
        let known = NAMES.iter().find(|known| **known == name);
        let known = known.ok_or_else(|| Error::new(format!("HEALTHCHECK has no option --{name}")))?;
        timing.set(known, value.to_owned());
        rest = after;
    }
    Ok((timing, rest))
}

fn test(text: &str, shell: &[String]) -> Result<Test> {
    let (keyword, command) = split_word(text);
    match keyword.to_ascii_uppercase().as_str() {
        "NONE" if command.is_empty() => Ok(Test::Disabled),
        "CMD" if command.is_empty() => Err(Error::new("HEALTHCHECK CMD has no command")),
        "CMD" => Ok(match exec_form::parse(command) {
            Some(args) if !args.is_empty() => Test::Exec(args),
            _ => Test::Shell { script: command.to_owned(), shell: shell.to_vec(), extra: Vec::new() },
        }),
        _ => Err(Error::new(format!(
            "HEALTHCHECK requires CMD or NONE, not '{keyword}'; write CMD before the command"
        ))),
    }
}

/// The first word, and the text after it.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    (word, rest.trim())
}
