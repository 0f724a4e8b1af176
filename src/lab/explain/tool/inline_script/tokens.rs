//! The tokens of a line of Python or JavaScript.

use crate::lab::explain::compose_variables::is_placeholder;

/// A name, string, number or punctuator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// An identifier or keyword.
    Name(String),
    /// A string without its quotes.
    Str(String),
    /// A template literal or f-string with an expression in it.
    Template(String),
    Number(String),
    /// `===`, `=>`, `(`.
    Punctuator(String),
}

const PUNCTUATORS: [&str; 10] = ["===", "!==", "=>", "==", "!=", ">=", "<=", "&&", "||", "??"];

/// Splits a line; none for an unclosed string.
pub(crate) fn tokenize(text: &str) -> Option<Tokens> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let (token, length) = next(rest, c)?;
        // `f'...{x}...'` is one token.
        let is_f = matches!((tokens.last(), &token), (Some(Token::Name(f)), Token::Str(_)) if f == "f");
        match token {
            Token::Str(text) if is_f => {
                tokens.pop();
                tokens.push(Token::Template(text));
            }
            token => tokens.push(token),
        }
        rest = rest[length..].trim_start();
    }
    Some(Tokens(tokens))
}

/// The next token and its length in bytes.
fn next(rest: &str, c: char) -> Option<(Token, usize)> {
    let until = |end: fn(char) -> bool| rest.find(end).unwrap_or(rest.len());
    if c.is_ascii_digit() {
        let end = until(|c| !c.is_ascii_digit() && c != '.');
        return Some((Token::Number(rest[..end].to_owned()), end));
    }
    if is_name_char(c) {
        let end = until(|c| !is_name_char(c));
        return Some((Token::Name(rest[..end].to_owned()), end));
    }
    if ['"', '\'', '`'].contains(&c) {
        let (inside, length) = string(rest, c)?;
        let expands = c == '`' && inside.contains("${");
        return Some((if expands { Token::Template(inside) } else { Token::Str(inside) }, length));
    }
    // A variable of compose or of the shell.
    if is_placeholder(c) || rest.starts_with("${") {
        let end = if c == '$' { rest.find('}')? + 1 } else { c.len_utf8() };
        return Some((Token::Str(rest[..end].to_owned()), end));
    }
    let known = PUNCTUATORS.iter().find(|known| rest.starts_with(**known));
    let text = known.map_or_else(|| c.to_string(), |known| (*known).to_owned());
    let length = text.len();
    Some((Token::Punctuator(text), length))
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The content of a string, and its length with the quotes.
fn string(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inside = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => inside.push(chars.next()?.1),
            c if c == quote => return Some((inside, at + 1)),
            c => inside.push(c),
        }
    }
    None
}

/// The tokens of a line, with searches by position.
#[derive(Debug)]
pub(crate) struct Tokens(pub(crate) Vec<Token>);

impl Tokens {
    pub(crate) fn is_punctuator(&self, at: usize, expected: &str) -> bool {
        matches!(self.0.get(at), Some(Token::Punctuator(found)) if found == expected)
    }

    pub(crate) fn name(&self, at: usize) -> Option<&str> {
        match self.0.get(at) {
            Some(Token::Name(name)) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn number(&self, at: usize) -> Option<&str> {
        match self.0.get(at) {
            Some(Token::Number(number)) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn string(&self, at: usize) -> Option<&str> {
        match self.0.get(at) {
            Some(Token::Str(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn has_name(&self, names: &[&str]) -> bool {
        self.0.iter().any(|token| matches!(token, Token::Name(name) if names.contains(&name.as_str())))
    }

    /// The position of a call of one of these functions: `urlopen(`.
    pub(crate) fn call(&self, names: &[&str]) -> Option<usize> {
        let calls = |at: &usize| {
            self.name(*at).is_some_and(|name| names.contains(&name)) && self.is_punctuator(at + 1, "(")
        };
        (0..self.0.len()).find(calls)
    }

    /// The position of a sequence of names, numbers and punctuators.
    pub(crate) fn find(&self, pattern: &[&str]) -> Option<usize> {
        (0..self.0.len()).find(|start| self.matches(*start, pattern))
    }

    pub(crate) fn matches(&self, start: usize, pattern: &[&str]) -> bool {
        pattern.iter().enumerate().all(|(offset, expected)| match self.0.get(start + offset) {
            Some(Token::Name(found) | Token::Punctuator(found) | Token::Number(found)) => found == expected,
            _ => false,
        })
    }

    /// A concatenation of strings, numbers and environment variables, in
    /// hinit's notation, and the position after it.
    pub(crate) fn text_at(&self, start: usize, language: Language) -> Option<(String, usize)> {
        let mut text = String::new();
        let mut at = start;
        loop {
            let (operand, next) = self.operand(at, language)?;
            text += &operand;
            if !self.is_punctuator(next, "+") {
                return Some((text, next));
            }
            at = next + 1;
        }
    }

    fn operand(&self, at: usize, language: Language) -> Option<(String, usize)> {
        match self.0.get(at)? {
            Token::Str(text) | Token::Number(text) => Some((text.clone(), at + 1)),
            Token::Template(text) => Some((language.template(text)?, at + 1)),
            Token::Punctuator(text) if text == "(" => {
                let (text, end) = language.variable(self, at + 1)?;
                self.is_punctuator(end, ")").then_some((text, end + 1))
            }
            _ => language.variable(self, at),
        }
    }
}

/// The language of the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    JavaScript,
    Python,
}

impl Language {
    fn variable(self, tokens: &Tokens, at: usize) -> Option<(String, usize)> {
        match self {
            Self::JavaScript => javascript_variable(tokens, at),
            Self::Python => python_variable(tokens, at),
        }
    }

    /// `http://localhost:${process.env.PORT || 3000}/`.
    fn template(self, text: &str) -> Option<String> {
        let open = if self == Self::JavaScript { "${" } else { "{" };
        let mut pieces = text.split(open);
        let mut out = pieces.next()?.to_owned();
        for piece in pieces {
            let (inside, rest) = piece.split_once('}')?;
            let tokens = tokenize(inside)?;
            let (value, end) = self.variable(&tokens, 0)?;
            (end == tokens.0.len()).then_some(())?;
            out += &value;
            out += rest;
        }
        Some(out)
    }
}

/// `process.env.PORT`, `process.env.PORT || 3000`; the host name.
fn javascript_variable(tokens: &Tokens, at: usize) -> Option<(String, usize)> {
    if let Some(end) = hostname_call(tokens, at) {
        return Some(("${HOSTNAME}".to_owned(), end));
    }
    tokens.matches(at, &["process", ".", "env", "."]).then_some(())?;
    let name = tokens.name(at + 4)?;
    let after = at + 5;
    if !tokens.is_punctuator(after, "||") && !tokens.is_punctuator(after, "??") {
        return Some((format!("${{{name}}}"), after));
    }
    let default = tokens.string(after + 1).or_else(|| tokens.number(after + 1))?;
    Some((format!("${{{name}:-{default}}}"), after + 2))
}

/// `require('os').hostname()`.
fn hostname_call(tokens: &Tokens, at: usize) -> Option<usize> {
    let required = tokens.matches(at, &["require", "("]) && tokens.string(at + 2) == Some("os");
    (required && tokens.matches(at + 3, &[")", ".", "hostname", "(", ")"])).then_some(at + 8)
}

/// `os.environ['PORT']`, `os.environ.get('PORT', '8000')`, `os.getenv('PORT')`.
fn python_variable(tokens: &Tokens, at: usize) -> Option<(String, usize)> {
    let at = if tokens.matches(at, &["os", "."]) { at + 2 } else { at };
    if tokens.matches(at, &["environ", "["]) {
        let name = tokens.string(at + 2)?;
        return tokens.is_punctuator(at + 3, "]").then(|| (format!("${{{name}}}"), at + 4));
    }
    let open = if tokens.matches(at, &["environ", ".", "get", "("]) {
        at + 4
    } else if tokens.matches(at, &["getenv", "("]) {
        at + 2
    } else {
        return None;
    };
    let name = tokens.string(open)?;
    if tokens.is_punctuator(open + 1, ")") {
        return Some((format!("${{{name}}}"), open + 2));
    }
    tokens.is_punctuator(open + 1, ",").then_some(())?;
    let default = tokens.string(open + 2).or_else(|| tokens.number(open + 2))?;
    tokens.is_punctuator(open + 3, ")").then(|| (format!("${{{name}:-{default}}}"), open + 4))
}
