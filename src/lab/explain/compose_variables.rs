//! The variables that compose itself interpolates: `${PORT}` in the file is
//! replaced before any shell runs, `$${PORT}` is a `${PORT}` for the shell.

use super::variable::name_length;

/// Each variable of compose is replaced by a placeholder, one character of a
/// private use area, which every parser takes for an ordinary one. It is
/// restored when the new lines are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ComposeVariables(Vec<String>);

const FIRST_PLACEHOLDER: u32 = 0xf0000;
const MAX_INDEX: u32 = 0xfffd;

impl ComposeVariables {
    /// Replaces the variables of compose by placeholders, and `$$` by `$`.
    pub(super) fn hide(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out += &rest[..at];
            rest = &rest[at + 1..];
            let length = variable_length(rest);
            if rest.starts_with('$') {
                out.push('$');
                rest = &rest[1..];
            } else if length == 0 {
                out.push('$');
            } else {
                out.push(self.placeholder(&rest[..length]));
                rest = &rest[length..];
            }
        }
        out + rest
    }

    fn placeholder(&mut self, variable: &str) -> char {
        self.0.push(format!("${variable}"));
        let index = u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX);
        // No compose file has more variables than the private use area has characters: the last
        // placeholder is shared.
        char::from_u32(FIRST_PLACEHOLDER.saturating_add(index.min(MAX_INDEX))).unwrap_or('\u{ffffd}')
    }

    /// The text for a compose file: with its variables, and with `$` escaped as `$$`.
    pub(super) fn restore_escaped(&self, text: &str) -> String {
        self.restore(&text.replace('$', "$$"))
    }

    /// The text with the variables of compose in place of the placeholders.
    pub(super) fn restore(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            let index = u32::from(c).checked_sub(FIRST_PLACEHOLDER);
            match index.and_then(|index| self.0.get(index as usize)) {
                Some(variable) => out += variable,
                None => out.push(c),
            }
        }
        out
    }
}

/// Whether a character is the placeholder of a compose variable.
pub(super) fn is_placeholder(c: char) -> bool {
    u32::from(c).checked_sub(FIRST_PLACEHOLDER).is_some_and(|index| index <= MAX_INDEX)
}

/// The length of `{NAME...}` or `NAME` after a dollar sign; 0 for neither.
fn variable_length(text: &str) -> usize {
    let Some(inside) = text.strip_prefix('{') else { return name_length(text) };
    let mut depth = 1;
    for (at, c) in inside.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth == 0 {
            return at + 2;
        }
    }
    0
}
