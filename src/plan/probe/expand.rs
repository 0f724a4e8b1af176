//! `${PORT}` and `${PORT:-8080}` without a shell.

use super::Lookup;
use crate::error::{Error, Result};

/// What to do with a dollar sign that opens no `${...}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bare {
    /// It is text.
    Keep,
    /// It is a mistake: whoever writes `$PORT` in a target means the variable.
    Refuse,
}

/// Replaces each `${NAME}` and `${NAME:-DEFAULT}` in `text`. As in a shell
/// the default stands in for an empty variable too; unlike in a shell what
/// was put in is not looked at again.
///
/// # Errors
/// An unset variable without a default, a brace that is not closed, or what
/// is no name of a variable.
pub(super) fn expand(text: &str, bare: Bare, env: Lookup<'_>) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(inner) = rest.strip_prefix('{') {
            let (inside, after) = inner
                .split_once('}')
                .ok_or_else(|| Error::new(format!("'{text}' has a ${{ without its closing brace")))?;
            out.push_str(&value_of(inside, env)?);
            rest = after;
        } else if bare == Bare::Refuse {
            return Err(bare_dollar(text, rest));
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn value_of(inside: &str, env: Lookup<'_>) -> Result<String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    if !is_name(name) {
        return Err(Error::new(format!(
            "${{{inside}}} is not understood; write ${{NAME}} or ${{NAME:-DEFAULT}}"
        )));
    }
    match (env(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(Error::new(format!(
            "the variable {name} is not set; set it, or write a default: ${{{name}:-8080}}"
        ))),
    }
}

fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn bare_dollar(text: &str, after: &str) -> Error {
    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
    let name = if end == 0 { "PORT" } else { &after[..end] };
    Error::new(format!(
        "'{text}' has a bare dollar sign; write ${{{name}}} for a variable, or %24 for the sign itself"
    ))
}
