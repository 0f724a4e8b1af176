//! A health check on the command line of explain: `HEALTHCHECK ...`, the
//! `healthcheck:` or `test:` of a compose file, or only a command.

use super::{compose, dockerfile, instruction};
use crate::error::{Error, Result};
use crate::lab::explain::exec_form;
use crate::lab::explain::health_check::HealthCheck;

/// The check of a line.
///
/// # Errors
/// An empty line, or what docker build or compose would reject.
pub(super) fn health_check(text: &str) -> Result<HealthCheck> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::new(
            "the line is empty; write one such as 'HEALTHCHECK CMD curl -f http://localhost/'",
        ));
    }
    if text.starts_with("healthcheck:") {
        return of_compose(text);
    }
    if let Some(test) = compose_test(text) {
        return of_compose(&format!("healthcheck:\n  {}", test.replace('\n', "\n  ")));
    }
    let joined = dockerfile::joined(text);
    let (onbuild, line) = match instruction::split_word(&joined) {
        (word, rest) if word.eq_ignore_ascii_case("ONBUILD") => (true, rest),
        _ => (false, joined.as_str()),
    };
    let arguments = match instruction::split_word(line) {
        (word, rest) if word.eq_ignore_ascii_case("HEALTHCHECK") => rest.to_owned(),
        (word, _) if word.eq_ignore_ascii_case("CMD") => line.to_owned(),
        _ => format!("CMD {line}"),
    };
    let check = instruction::health_check(&joined, &arguments, &[])?;
    Ok(HealthCheck { onbuild, ..check })
}

fn of_compose(text: &str) -> Result<HealthCheck> {
    let last = compose::health_checks(text)?.pop();
    last.ok_or_else(|| Error::new("no health check found: no healthcheck: key"))
}

/// The `test:` of a compose file, or only its list.
fn compose_test(text: &str) -> Option<String> {
    let is_test = |list: &Vec<String>| {
        list.first().is_some_and(|first| ["CMD", "CMD-SHELL", "NONE"].contains(&first.as_str()))
    };
    match exec_form::parse(text).filter(is_test) {
        Some(_) => Some(format!("test: {text}")),
        None => text.starts_with("test:").then(|| text.to_owned()),
    }
}
