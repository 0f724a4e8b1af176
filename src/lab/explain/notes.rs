//! What explain reports beside the new lines: notes, and the reason why a
//! check has no equivalent.

/// Why something cannot be translated: a clause about the old check.
pub(super) type Reason = String;

/// What is wrong with the old check, or different in the new one; each note once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Notes(Vec<String>);

impl Notes {
    pub(super) fn add(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    pub(super) fn remove_starting_with(&mut self, prefix: &str) {
        self.0.retain(|note| !note.starts_with(prefix));
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn into_lines(self) -> impl Iterator<Item = String> {
        self.0.into_iter()
    }
}
