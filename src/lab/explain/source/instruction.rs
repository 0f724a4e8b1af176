//! The HEALTHCHECK instruction: `HEALTHCHECK --interval=5s CMD curl ...`.

use super::{Check, Dialect, Kind, Test};
use crate::error::{Error, Result};
use crate::lab::explain::timing::{NAMES, Timing};
use crate::text::one_line;

/// How much of an old line is shown, in bytes.
pub(super) const SHOWN: usize = 300;

/// A line by itself: `HEALTHCHECK ...`, `healthcheck: ...`, or only a command.
pub(super) fn line(text: &str) -> Result<Check> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::new(
            "the line is empty; write one such as 'HEALTHCHECK CMD curl -f http://localhost/'",
        ));
    }
    if text.starts_with("healthcheck:") {
        let mut checks = super::checks(text, Kind::File)?;
        return checks.pop().ok_or_else(|| Error::new("there is no health check in it"));
    }
    if let Some(pasted) = pasted(text) {
        let mut checks =
            super::checks(&format!("healthcheck:\n  {}", pasted.replace('\n', "\n  ")), Kind::File)?;
        return checks.pop().ok_or_else(|| Error::new("there is no health check in it"));
    }
    let joined = super::dockerfile::joined(text);
    let arguments = match split_word(&joined) {
        (word, rest) if word.eq_ignore_ascii_case("HEALTHCHECK") => rest.to_owned(),
        (word, _) if word.eq_ignore_ascii_case("CMD") => joined.clone(),
        _ => format!("CMD {joined}"),
    };
    check(&joined, &arguments, &[])
}

/// The `test:` of a compose file, or only its list.
fn pasted(text: &str) -> Option<String> {
    let is_list = |list: &Vec<String>| {
        list.first().is_some_and(|word| ["CMD", "CMD-SHELL", "NONE"].contains(&word.as_str()))
    };
    match json_list(text).filter(is_list) {
        Some(_) => Some(format!("test: {text}")),
        None => text.starts_with("test:").then(|| text.to_owned()),
    }
}

/// What follows the word HEALTHCHECK; `shell` is the last SHELL instruction's.
///
/// # Errors
/// An unknown option, or neither CMD nor NONE.
pub(super) fn check(old: &str, arguments: &str, shell: &[String]) -> Result<Check> {
    let mut timing = Timing::default();
    let mut rest = arguments.trim_start();
    while let Some(option) = rest.strip_prefix("--") {
        let (option, after) = split_word(option);
        let (name, value) = option.split_once('=').ok_or_else(|| {
            Error::new(format!("HEALTHCHECK takes --{option} only with its value, as in --{option}=30s"))
        })?;
        let known = NAMES.iter().find(|known| **known == name);
        let known = known.ok_or_else(|| Error::new(format!("HEALTHCHECK has no option --{name}")))?;
        timing.set(known, value.to_owned());
        rest = after;
    }
    let (word, command) = split_word(rest);
    let test = match word.to_ascii_uppercase().as_str() {
        "NONE" if command.is_empty() => Test::Off,
        "CMD" if command.is_empty() => return Err(Error::new("HEALTHCHECK CMD has no command")),
        "CMD" => command_of(command, shell),
        _ => {
            return Err(Error::new(format!(
                "HEALTHCHECK wants CMD or NONE, not '{word}'; write CMD before the command"
            )));
        }
    };
    Ok(Check {
        place: String::new(),
        old: one_line(old, SHOWN),
        test,
        timing,
        dialect: Dialect::Dockerfile,
        notes: Vec::new(),
    })
}

/// Exec form if it is a JSON list of strings, else a line for the shell.
fn command_of(command: &str, shell: &[String]) -> Test {
    match json_list(command) {
        Some(words) if !words.is_empty() => Test::Exec(words),
        _ => Test::Shell { script: command.to_owned(), shell: shell.to_vec(), extra: Vec::new() },
    }
}

/// The words of `["a", "b"]`.
pub(in crate::lab::explain) fn json_list(text: &str) -> Option<Vec<String>> {
    let serde_json::Value::Array(items) = serde_json::from_str(text).ok()? else { return None };
    items.into_iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The first word, and what follows it.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    (word, rest.trim())
}
