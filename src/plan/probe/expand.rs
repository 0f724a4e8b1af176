//! `${PORT}` and `${PORT:-8080}` without a shell.

use crate::error::{Error, Result};

/// Looks up a variable of the app's environment.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What to do with a dollar sign that does not start a `${...}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlainDollar {
    /// It is text.
    Keep,
    /// It is a mistake: `$PORT` in a target is meant as the variable.
    Reject,
}

/// How deep defaults may be nested.
const MAX_NESTING: usize = 8;

/// Replaces each `${NAME}` and `${NAME:-DEFAULT}` in `text`. As in a shell,
/// the default applies to an empty variable too, and may contain variables.
/// Unlike in a shell, the value of a variable is not expanded again.
///
/// # Errors
/// An unset variable without a default, a missing closing brace, or an invalid
/// name of a variable.
pub(super) fn expand(text: &str, plain_dollar: PlainDollar, env: Lookup<'_>) -> Result<String> {
    Expansion { text, plain_dollar, env }.expand(text, 0)
}

struct Expansion<'a> {
    /// As written, for messages.
    text: &'a str,
    plain_dollar: PlainDollar,
    env: Lookup<'a>,
}

impl Expansion<'_> {
    fn expand(&self, part: &str, depth: usize) -> Result<String> {
        let text = self.text;
        if depth > MAX_NESTING {
            return Err(Error::new(format!("more than {MAX_NESTING} nested defaults in '{text}'")));
        }
        let mut out = String::with_capacity(part.len());
        let mut rest = part;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(inner) = rest.strip_prefix('{') {
                let end = closing(inner)
                    .ok_or_else(|| Error::new(format!("'{text}' has a ${{ without a closing brace")))?;
                out.push_str(&self.value_of(&inner[..end], depth)?);
                rest = &inner[end + 1..];
            } else if self.plain_dollar == PlainDollar::Reject {
                return Err(plain_dollar(text, rest));
            } else {
                out.push('$');
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// The value of what stands between the braces.
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
            (_, Some(default)) => self.expand(default, depth + 1),
            (None, None) => Err(Error::new(format!(
                "the variable {name} is not set; set it, or write a default: ${{{name}:-8080}}"
            ))),
        }
    }
}

/// Where the closing brace is.
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

fn plain_dollar(text: &str, after: &str) -> Error {
    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
    let name = if end == 0 { "PORT" } else { &after[..end] };
    Error::new(format!(
        "'{text}' has a bare dollar sign; write ${{{name}}} for a variable, or %24 for the sign itself"
    ))
}
