//! The words of a python or JavaScript line.

/// One word, string, number or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    /// A string without its quotes.
    Text(String),
    /// A template literal or f-string with something to expand in it.
    Template(String),
    Number(String),
    /// `===`, `=>`, `(`.
    Sign(String),
}

const SIGNS: [&str; 10] = ["===", "!==", "=>", "==", "!=", ">=", "<=", "&&", "||", "??"];

/// Splits a line; none for a string that is not closed.
pub(super) fn split(text: &str) -> Option<Tokens> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let (token, length) = next(rest, c)?;
        // `f'...{x}...'` is one template.
        let is_f = matches!((tokens.last(), &token), (Some(Token::Word(f)), Token::Text(_)) if f == "f");
        match token {
            Token::Text(text) if is_f => {
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
    if is_word(c) {
        let end = until(|c| !is_word(c));
        return Some((Token::Word(rest[..end].to_owned()), end));
    }
    if ['"', '\'', '`'].contains(&c) {
        let (inside, length) = string(rest, c)?;
        let expands = c == '`' && inside.contains("${");
        return Some((if expands { Token::Template(inside) } else { Token::Text(inside) }, length));
    }
    // A number or a name that compose fills in.
    if super::super::is_frozen(c) || rest.starts_with("${") {
        let end = if c == '$' { rest.find('}')? + 1 } else { c.len_utf8() };
        return Some((Token::Text(rest[..end].to_owned()), end));
    }
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
    let sign = sign.map_or_else(|| c.to_string(), |sign| (*sign).to_owned());
    let length = sign.len();
    Some((Token::Sign(sign), length))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A string's inside, and its length with its quotes.
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

/// The tokens, with the questions a reader of such a line asks.
#[derive(Debug)]
pub(super) struct Tokens(pub(super) Vec<Token>);

impl Tokens {
    pub(super) fn is_sign(&self, at: usize, sign: &str) -> bool {
        matches!(self.0.get(at), Some(Token::Sign(found)) if found == sign)
    }

    pub(super) fn word(&self, at: usize) -> Option<&str> {
        match self.0.get(at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub(super) fn number(&self, at: usize) -> Option<&str> {
        match self.0.get(at) {
            Some(Token::Number(number)) => Some(number),
            _ => None,
        }
    }

    pub(super) fn text(&self, at: usize) -> Option<&str> {
        match self.0.get(at) {
            Some(Token::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn has_word(&self, words: &[&str]) -> bool {
        self.0.iter().any(|token| matches!(token, Token::Word(word) if words.contains(&word.as_str())))
    }

    /// Where a word stands that is called: `urlopen(`.
    pub(super) fn call(&self, names: &[&str]) -> Option<usize> {
        let calls = |at: &usize| {
            self.word(*at).is_some_and(|word| names.contains(&word)) && self.is_sign(at + 1, "(")
        };
        (0..self.0.len()).find(calls)
    }

    /// Where words and signs follow one another, given as their text.
    pub(super) fn find(&self, pattern: &[&str]) -> Option<usize> {
        (0..self.0.len()).find(|start| self.matches(*start, pattern))
    }

    pub(super) fn matches(&self, start: usize, pattern: &[&str]) -> bool {
        pattern.iter().enumerate().all(|(offset, expected)| match self.0.get(start + offset) {
            Some(Token::Word(found) | Token::Sign(found) | Token::Number(found)) => found == expected,
            _ => false,
        })
    }

    /// A text put together from strings, numbers and variables of the
    /// environment, in hinit's notation, and where it ends.
    pub(super) fn text_at(&self, start: usize, dialect: Dialect) -> Option<(String, usize)> {
        let mut text = String::new();
        let mut at = start;
        loop {
            let (piece, next) = self.piece(at, dialect)?;
            text += &piece;
            if !self.is_sign(next, "+") {
                return Some((text, next));
            }
            at = next + 1;
        }
    }

    fn piece(&self, at: usize, dialect: Dialect) -> Option<(String, usize)> {
        match self.0.get(at)? {
            Token::Text(text) | Token::Number(text) => Some((text.clone(), at + 1)),
            Token::Template(text) => Some((dialect.template(text)?, at + 1)),
            Token::Sign(sign) if sign == "(" => {
                let (text, end) = dialect.variable(self, at + 1)?;
                self.is_sign(end, ")").then_some((text, end + 1))
            }
            _ => dialect.variable(self, at),
        }
    }
}

/// Which language the tokens are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    JavaScript,
    Python,
}

impl Dialect {
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
            let tokens = split(inside)?;
            let (value, end) = self.variable(&tokens, 0)?;
            (end == tokens.0.len()).then_some(())?;
            out += &value;
            out += rest;
        }
        Some(out)
    }
}

/// `process.env.PORT`, `process.env.PORT || 3000`; the container's own name.
fn javascript_variable(tokens: &Tokens, at: usize) -> Option<(String, usize)> {
    if let Some(end) = hostname_call(tokens, at) {
        return Some(("${HOSTNAME}".to_owned(), end));
    }
    tokens.matches(at, &["process", ".", "env", "."]).then_some(())?;
    let name = tokens.word(at + 4)?;
    let after = at + 5;
    if !tokens.is_sign(after, "||") && !tokens.is_sign(after, "??") {
        return Some((format!("${{{name}}}"), after));
    }
    let default = tokens.text(after + 1).or_else(|| tokens.number(after + 1))?;
    Some((format!("${{{name}:-{default}}}"), after + 2))
}

/// `require('os').hostname()`.
fn hostname_call(tokens: &Tokens, at: usize) -> Option<usize> {
    let required = tokens.matches(at, &["require", "("]) && tokens.text(at + 2) == Some("os");
    (required && tokens.matches(at + 3, &[")", ".", "hostname", "(", ")"])).then_some(at + 8)
}

/// `os.environ['PORT']`, `os.environ.get('PORT', '8000')`, `os.getenv('PORT')`.
fn python_variable(tokens: &Tokens, at: usize) -> Option<(String, usize)> {
    let at = if tokens.matches(at, &["os", "."]) { at + 2 } else { at };
    if tokens.matches(at, &["environ", "["]) {
        let name = tokens.text(at + 2)?;
        return tokens.is_sign(at + 3, "]").then(|| (format!("${{{name}}}"), at + 4));
    }
    let open = if tokens.matches(at, &["environ", ".", "get", "("]) {
        at + 4
    } else if tokens.matches(at, &["getenv", "("]) {
        at + 2
    } else {
        return None;
    };
    let name = tokens.text(open)?;
    if tokens.is_sign(open + 1, ")") {
        return Some((format!("${{{name}}}"), open + 2));
    }
    tokens.is_sign(open + 1, ",").then_some(())?;
    let default = tokens.text(open + 2).or_else(|| tokens.number(open + 2))?;
    tokens.is_sign(open + 3, ")").then(|| (format!("${{{name}:-{default}}}"), open + 4))
}
