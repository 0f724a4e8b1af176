//! A small honest shell parser: the part of sh that health checks are
//! written in. What it does not know it names instead of guessing.

mod lexer;
mod parser;
pub(super) mod word;

pub(super) use parser::{assignment, parse};
pub(super) use word::{Part, Word};

/// Commands joined by `;`, `&&` and `||`, which bind alike and to the left.
pub(super) type List = Vec<(Joint, Pipeline)>;

/// How a pipeline hangs on what came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// The first one, or after `;`.
    Then,
    And,
    Or,
}

/// `! a | b | c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pipeline {
    pub(super) negated: bool,
    /// Never empty.
    pub(super) commands: Vec<Command>,
    /// As it was written, without the `!`.
    pub(super) text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Simple(Simple),
    /// `( ... )` or `{ ...; }`, and what is redirected of it does not matter here.
    Group(List),
}

/// `NAME=VALUE word word <redirects`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) assigns: Vec<(String, Word)>,
    pub(super) words: Vec<Word>,
    pub(super) redirects: Vec<Redirect>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redirect {
    /// The descriptor it is about: written, or 0 for `<` and 1 for `>`.
    pub(super) fd: u32,
    /// `<`, `>`, `>>`, `<>`, `<&`, `>&`.
    pub(super) operator: String,
    pub(super) to: Word,
}

impl Simple {
    /// A command given as words, as exec form and `sh -c` give them.
    pub(super) fn of_words(words: &[String]) -> Self {
        let words = words.iter().map(|word| Word::literal(word)).collect();
        Self { words, ..Self::default() }
    }

    /// The program's name without its directory, if it is plainly written.
    pub(super) fn program(&self) -> Option<String> {
        let path = self.words.first()?.as_text()?;
        Some(path.rsplit('/').next().unwrap_or(&path).to_owned())
    }
}

#[cfg(test)]
mod tests;
