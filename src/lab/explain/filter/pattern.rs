//! The patterns of grep, as text and as regular expressions of hinit.

/// How grep reads a pattern.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `+?(){}|` are literal unless escaped.
    #[default]
    Basic,
    /// `-E`, `-P`: the syntax of hinit.
    Extended,
    /// `-F`: literal text.
    Fixed,
}

/// What a match has to span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Span {
    #[default]
    Any,
    /// `-w`.
    Word,
    /// `-x`.
    Line,
}

/// The literal text that a pattern matches; none if it has special characters.
pub(super) fn literal(pattern: &str, syntax: Syntax) -> Option<String> {
    let special = match syntax {
        Syntax::Fixed => return Some(pattern.to_owned()),
        Syntax::Basic => ".*[]^$",
        Syntax::Extended => ".*[]^$+?(){}|",
    };
    let mut text = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            // Neither `\s` and the like, nor a character that the backslash makes special.
            '\\' => text.push(chars.next().filter(|next| {
                !next.is_alphanumeric() && (syntax == Syntax::Extended || !"+?(){}|<>".contains(*next))
            })?),
            c if special.contains(c) => return None,
            c => text.push(c),
        }
    }
    Some(text)
}

/// A pattern as a regular expression of hinit: extended syntax, with `\b` for
/// word boundaries.
pub(super) fn regex(pattern: &str, syntax: Syntax, span: Span, ignore_case: bool) -> String {
    let regex = extended(pattern, syntax);
    let regex = match span {
        Span::Any => regex,
        Span::Word => format!(r"\b(?:{regex})\b"),
        Span::Line => format!("^(?:{regex})$"),
    };
    // grep matches line by line.
    let multi_line = regex.contains('$') || regex.replace("[^", "").contains('^');
    match (ignore_case, multi_line) {
        (true, true) => format!("(?im){regex}"),
        (true, false) => format!("(?i){regex}"),
        (false, true) => format!("(?m){regex}"),
        (false, false) => regex,
    }
}

fn extended(pattern: &str, syntax: Syntax) -> String {
    let mut out = String::new();
    let basic = syntax == Syntax::Basic;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('<' | '>') => out += "\\b",
                Some(next) if basic && "+?(){}|".contains(next) => out.push(next),
                Some(next) if !next.is_alphanumeric() && !r"\.*[]^$+?(){}|".contains(next) => out.push(next),
                Some(next) => out.extend(['\\', next]),
                None => out += "\\\\",
            },
            c if basic && "+?(){}|".contains(c) => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}
