//! Splits a shell script into words and operators.

use super::word::{Part, Word};
use crate::lab::explain::notes::Reason;
use crate::lab::explain::variable::name_length;

/// A position in the text.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

const END_OF_WORD: &str = " \t\n;&|<>()";

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The text between two positions, trimmed.
    pub(super) fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default().trim()
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn take(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Skips blanks, line continuations and a comment, but no newline.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            if self.take("\\\n") || self.take(" ") || self.take("\t") || self.take("\r") {
                continue;
            }
            if !self.rest().starts_with('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    /// Takes a reserved word, which is not quoted: `!`, `{`, `if`.
    pub(super) fn take_reserved(&mut self, word: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(word) else { return false };
        let ends = after.chars().next().is_none_or(|c| END_OF_WORD.contains(c));
        ends && self.take(word)
    }

    /// The descriptor before a redirection: the `2` of `2>&1`.
    pub(super) fn descriptor(&mut self) -> Option<u32> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = self.rest().split_at(digits);
        let number = number.parse().ok().filter(|_| after.starts_with(['<', '>']))?;
        self.at += digits;
        Some(number)
    }

    /// The next word; none at an operator or at the end.
    pub(super) fn word(&mut self) -> Result<Option<Word>, Reason> {
        let start = self.at;
        let mut word = Word::default();
        while let Some(c) = self.peek().filter(|c| !END_OF_WORD.contains(*c)) {
            match c {
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '$' => self.dollar(&mut word)?,
                '`' => self.backquoted(&mut word)?,
                '\\' => {
                    self.at += 1;
                    self.escaped(&mut word);
                }
                _ => {
                    self.at += c.len_utf8();
                    word.push_text(c.encode_utf8(&mut [0; 4]));
                }
            }
        }
        Ok((self.at > start).then_some(word))
    }

    fn escaped(&mut self, word: &mut Word) {
        match self.next() {
            Some('\n') => {}
            Some(c) => word.0.push(Part::Literal(c.into())),
            None => word.push_text("\\"),
        }
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), Reason> {
        self.at += 1;
        let end = self.rest().find('\'').ok_or("it has an unclosed quote")?;
        word.0.push(Part::Literal(self.rest()[..end].to_owned()));
        self.at += end + 1;
        Ok(())
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), Reason> {
        self.at += 1;
        word.push_text("");
        loop {
            match self.peek().ok_or("it has an unclosed quote")? {
                '"' => {
                    self.at += 1;
                    return Ok(());
                }
                '$' => self.dollar(word)?,
                '`' => self.backquoted(word)?,
                '\\' => self.escaped_in_quotes(word),
                c => {
                    self.at += c.len_utf8();
                    word.push_text(c.encode_utf8(&mut [0; 4]));
                }
            }
        }
    }

    /// In double quotes a backslash is literal unless one of these characters follows.
    fn escaped_in_quotes(&mut self, word: &mut Word) {
        self.at += 1;
        match self.peek() {
            Some('$' | '`' | '"' | '\\' | '\n') => self.escaped(word),
            _ => word.push_text("\\"),
        }
    }

    fn backquoted(&mut self, word: &mut Word) -> Result<(), Reason> {
        self.at += 1;
        let end = self.rest().find('`').ok_or("it has an unclosed backquote")?;
        word.0.push(Part::Command(self.rest()[..end].trim().to_owned()));
        self.at += end + 1;
        Ok(())
    }

    fn dollar(&mut self, word: &mut Word) -> Result<(), Reason> {
        self.at += 1;
        if self.take("?") {
            word.0.push(Part::ExitStatus);
        } else if self.take("(") {
            let inside = self.until_closed(')')?;
            let arithmetic = inside.starts_with('(');
            let command = inside.trim().to_owned();
            word.0.push(if arithmetic {
                Part::Other(format!("$({inside})"))
            } else {
                Part::Command(command)
            });
        } else if self.take("{") {
            let inside = self.until_closed('}')?;
            word.0.push(braced(inside));
        } else {
            let name = &self.rest()[..name_length(self.rest())];
            self.at += name.len();
            self.unbraced(name, word);
        }
        Ok(())
    }

    fn unbraced(&mut self, name: &str, word: &mut Word) {
        if !name.is_empty() {
            return word.0.push(Part::Variable { name: name.to_owned(), default: None });
        }
        match self.peek() {
            Some(c) if c.is_ascii_digit() || "@*#$!-".contains(c) => {
                self.at += 1;
                word.0.push(Part::Other(format!("${c}")));
            }
            _ => word.push_text("$"),
        }
    }

    /// The text up to the bracket that closes the current one; quoted brackets do not count.
    fn until_closed(&mut self, close: char) -> Result<&'a str, Reason> {
        let open = if close == ')' { '(' } else { '{' };
        let (start, mut depth, mut quote) = (self.at, 1, None);
        while let Some(c) = self.next() {
            match quote {
                Some(q) if q == c => quote = None,
                None if c == '\'' || c == '"' => quote = Some(c),
                None if c == open => depth += 1,
                None if c == close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(&self.text[start..self.at - 1]);
            }
        }
        Err(format!("it has an unclosed bracket: {close} is missing"))
    }
}

/// `NAME` or `NAME:-DEFAULT`; `NAME-DEFAULT` differs only if the variable is empty.
fn braced(inside: &str) -> Part {
    let other = || Part::Other(format!("${{{inside}}}"));
    let (name, rest) = inside.split_at(name_length(inside));
    let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
    let plain = default.is_none_or(|text| !text.contains(['$', '`', '\'', '"', '\\']));
    if name.is_empty() || !plain || (default.is_none() && !rest.is_empty()) {
        return other();
    }
    Part::Variable { name: name.to_owned(), default: default.map(str::to_owned) }
}
