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

/// A default in a default in a default: deeper is a mistake.
const DEEPEST: usize = 8;

/// Replaces each `${NAME}` and `${NAME:-DEFAULT}` in `text`. As in a shell
/// the default stands in for an empty variable too, and may hold variables of
/// its own; unlike in a shell the value of a variable is not looked at again.
///
/// # Errors
/// An unset variable without a default, a brace that is not closed, or what
/// is no name of a variable.
pub(super) fn expand(text: &str, bare: Bare, env: Lookup<'_>) -> Result<String> {
    Expansion { text, bare, env }.of(text, 0)
}

struct Expansion<'a> {
    /// As written, for messages.
    text: &'a str,
    bare: Bare,
    env: Lookup<'a>,
}

impl Expansion<'_> {
    fn of(&self, part: &str, depth: usize) -> Result<String> {
        let text = self.text;
        if depth > DEEPEST {
            return Err(Error::new(format!("more than {DEEPEST} defaults in each other in '{text}'")));
        }
        let mut out = String::with_capacity(part.len());
        let mut rest = part;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(inner) = rest.strip_prefix('{') {
                let end = closing(inner)
                    .ok_or_else(|| Error::new(format!("'{text}' has a ${{ without its closing brace")))?;
                out.push_str(&self.value_of(&inner[..end], depth)?);
                rest = &inner[end + 1..];
            } else if self.bare == Bare::Refuse {
                return Err(bare_dollar(text, rest));
            } else {
                out.push('$');
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value_of(&self, inside: &str, depth: usize) -> Result<String> {
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        if !is_name(name) {
            return Err(Error::new(format!(
                "${{{inside}}} is not understood; write ${{NAME}} or ${{NAME:-DEFAULT}}"
            )));
        }
        match ((self.env)(name), default) {
            (Some(value), None) => Ok(value),
            (Some(value), Some(_)) if !value.is_empty() => Ok(value),
            (_, Some(default)) => self.of(default, depth + 1),
            (None, None) => Err(Error::new(format!(
                "the variable {name} is not set; set it, or write a default: ${{{name}:-8080}}"
            ))),
        }
    }
}

/// Where the brace that encloses this is closed.
fn closing(inner: &str) -> Option<usize> {
    let mut open = 0;
    let braces =
        inner.match_indices(['{', '}']).filter(|(at, brace)| *brace == "}" || inner[..*at].ends_with('$'));
    for (at, brace) in braces {
        match (brace, open) {
            ("}", 0) => return Some(at),
            ("}", _) => open -= 1,
            _ => open += 1,
        }
    }
    None
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
