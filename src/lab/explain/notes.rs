//! What explain reports beside the new lines: notes, and the reason why a
//! check has no equivalent.

use super::rules::Rule;
use std::fmt;

/// Why something cannot be translated: a clause about the old check.
pub(super) type Reason = String;

/// One thing that is wrong with the old check, or different in the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which kind it is of.
    pub rule: Rule,
    /// The line of the file in which it stands; none outside a file.
    pub line: Option<usize>,
    /// A sentence for a person, in one line.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The notes of a check; each text once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Notes(Vec<Finding>);

impl Notes {
    /// Adds a note on the check itself.
    pub(super) fn add(&mut self, rule: Rule, text: impl Into<String>) {
        self.add_at(rule, None, text);
    }

    /// Adds a note on this line; none for the line of the check.
    pub(super) fn add_at(&mut self, rule: Rule, line: Option<usize>, text: impl Into<String>) {
        let text = text.into();
        if !self.0.iter().any(|note| note.text == text) {
            self.0.push(Finding { rule, line, text });
        }
    }

    /// Appends to the notes of a rule.
    pub(super) fn append(&mut self, rule: Rule, end: &str) {
        self.0.iter_mut().filter(|note| note.rule == rule).for_each(|note| note.text += end);
    }

    pub(super) fn remove(&mut self, rule: Rule) {
        self.0.retain(|note| note.rule != rule);
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }
}
