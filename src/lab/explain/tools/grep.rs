//! grep: what it looks for in an answer.

use crate::lab::explain::mistakes::add;
use crate::lab::explain::probe::{Prints, Probe};
use crate::lab::explain::shell::word::Why;
use crate::lab::explain::shell::{Simple, Word};

/// How grep reads its pattern.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Syntax {
    /// `+?(){}|` are text unless a backslash stands before them.
    #[default]
    Basic,
    /// `-E`, `-P`: as hinit reads them.
    Extended,
    /// `-F`: text.
    Fixed,
}

#[derive(Debug, Default)]
struct Grep {
    pattern: Option<String>,
    syntax: Syntax,
    inverted: bool,
    ignore_case: bool,
}

impl Grep {
    fn read(filter: &Simple) -> Result<Self, Why> {
        let mut grep = Self::default();
        match filter.program().as_deref() {
            Some("egrep") => grep.syntax = Syntax::Extended,
            Some("fgrep") => grep.syntax = Syntax::Fixed,
            _ => {}
        }
        let words: Vec<String> = filter.words.iter().skip(1).map(Word::in_hinit).collect::<Result<_, _>>()?;
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                Some("m") => drop(words.next()),
                Some("e") => grep.pattern = words.next(),
                Some("-quiet" | "-silent") => {}
                Some(letters) => grep.letters(letters)?,
                None if grep.pattern.is_none() => grep.pattern = Some(word),
                None => return Err("its grep reads a file".into()),
            }
        }
        Ok(grep)
    }

    fn letters(&mut self, letters: &str) -> Result<(), Why> {
        for letter in letters.chars() {
            match letter {
                'E' | 'P' => self.syntax = Syntax::Extended,
                'F' => self.syntax = Syntax::Fixed,
                'v' => self.inverted = true,
                'i' => self.ignore_case = true,
                'q' | 'o' | 's' | 'w' | 'm' | '0'..='9' => {}
                _ => return Err(format!("grep's -{letters} has no counterpart in hinit")),
            }
        }
        Ok(())
    }
}

/// Adds what grep looks for.
///
/// # Errors
/// A pattern that no check of hinit can look for.
pub(super) fn apply(
    probe: &mut Probe,
    filter: &Simple,
    first_line: bool,
    notes: &mut Vec<String>,
) -> Result<(), Why> {
    let grep = Grep::read(filter)?;
    let pattern = grep.pattern.as_deref().ok_or("its grep has no pattern")?;
    let text = plain(pattern, grep.syntax).filter(|_| !grep.ignore_case);
    if pattern.is_empty() || is_ready_word(&probe.target, pattern) {
        return Ok(());
    }
    if !probe.is_http() {
        let text = text
            .filter(|_| !grep.inverted)
            .ok_or("it looks for an expression in what no HTTP server says")?;
        probe.set("expect", text.replace('\\', "\\\\"));
        return Ok(());
    }
    let status = match &probe.prints {
        Prints::Status => statuses_of(pattern),
        Prints::Head => status_of(pattern, true),
        Prints::Body | Prints::BodyAndStatus | Prints::Value(_) => status_of(pattern, first_line),
    };
    if let Prints::Value(path) = &probe.prints {
        let value =
            text.filter(|_| !grep.inverted).ok_or("its grep looks for an expression in what jq prints")?;
        add(notes, "grep takes a part of what jq prints; hinit's --json wants the whole value");
        let check = format!("{path}={}", value.trim_matches('"'));
        probe.checks.push(("json", Some(check)));
        return Ok(());
    }
    if let Some(status) = status.filter(|_| !grep.inverted) {
        probe.set("status", status);
        return Ok(());
    }
    if first_line || pattern.trim_start_matches('^').starts_with("HTTP/") {
        return Err("what it wants of the status line hinit cannot say".into());
    }
    match &probe.prints {
        Prints::Status => return Err("what it wants of the status hinit cannot say".into()),
        Prints::Head => return Err("it looks for something in the headers, which hinit cannot".into()),
        Prints::BodyAndStatus => return Err("it looks at the body and curl's -w in one text".into()),
        Prints::Body | Prints::Value(_) => {}
    }
    if grep.inverted {
        add(notes, "grep -v succeeds as soon as one line lacks the text; hinit looks at the whole body");
        probe.checks.push(("not", None));
    }
    probe.checks.push(match text {
        Some(text) => ("contains", Some(text)),
        None => ("match", Some(expression(pattern, &grep))),
    });
    Ok(())
}

/// `redis-cli ping | grep PONG`: the target says as much.
fn is_ready_word(target: &str, pattern: &str) -> bool {
    target.starts_with("redis://") && pattern.trim_matches(['^', '$']) == "PONG"
}

/// The text that a pattern is, if it is one.
fn plain(pattern: &str, syntax: Syntax) -> Option<String> {
    let special = match syntax {
        Syntax::Fixed => return Some(pattern.to_owned()),
        Syntax::Basic => ".*[]^$",
        Syntax::Extended => ".*[]^$+?(){}|",
    };
    let mut text = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            // `\s` and the like, and what is special only after a backslash.
            '\\' => text.push(chars.next().filter(|next| {
                !next.is_alphanumeric() && (syntax == Syntax::Extended || !"+?(){}|<>".contains(*next))
            })?),
            c if special.contains(c) => return None,
            c => text.push(c),
        }
    }
    Some(text)
}

/// A pattern as hinit reads it: extended, with `\b` for a word's ends.
fn expression(pattern: &str, grep: &Grep) -> String {
    let mut out = String::from(if grep.ignore_case { "(?i)" } else { "" });
    let basic = grep.syntax == Syntax::Basic;
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

/// `200`, `^2`, `200|302`, `^[23]`: of a text that is the status alone.
fn statuses_of(pattern: &str) -> Option<String> {
    let is_anchored = pattern.starts_with('^');
    let forms = pattern.trim_start_matches('^').trim_end_matches('$').trim_matches(['(', ')']);
    let each = forms.split('|').map(|form| {
        let text = form.trim_end_matches(['\\', '$']);
        let is_whole = is_anchored || text.len() >= 3 || text.starts_with('^');
        status_of(text.trim_start_matches('^'), true).filter(|_| is_whole)
    });
    Some(each.collect::<Option<Vec<_>>>()?.join(","))
}

/// `HTTP/1.1 302 Found`, `^HTTP/.* 3[0-9]{2} `, `HTTP/1.1 [1-3]`: the statuses
/// of an expression on the status line; `200` if only that line is looked at.
fn status_of(pattern: &str, first_line: bool) -> Option<String> {
    let text = pattern.trim_start_matches('^');
    let text = match text.strip_prefix("HTTP/") {
        Some(after) => after.split_once(' ')?.1,
        None if first_line => text,
        None => return None,
    };
    let digits = text.trim_start();
    if let Some(class) = digits.strip_prefix('[') {
        return statuses_of_class(class.split_once(']')?.0);
    }
    let exact = digits.get(..3).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    if let Some(exact) = exact {
        return Some(exact.to_owned());
    }
    let class = digits.get(..1).filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
    let rest = &digits[1..];
    let any_more = rest.is_empty() || ["[0-9]", "..", r"\d"].iter().any(|form| rest.starts_with(form));
    if any_more { status_range(class, class) } else { None }
}

/// `1-3` or `23`.
fn statuses_of_class(class: &str) -> Option<String> {
    if let Some((low, high)) = class.split_once('-') {
        return status_range(low, high);
    }
    let ranges = class.chars().map(|digit| status_range(&digit.to_string(), &digit.to_string()));
    Some(ranges.collect::<Option<Vec<_>>>()?.join(",")).filter(|ranges| !ranges.is_empty())
}

fn status_range(low: &str, high: &str) -> Option<String> {
    let one = |text: &str| text.parse::<u8>().ok().filter(|digit| (1..=5).contains(digit));
    Some(format!("{}00-{}99", one(low)?, one(high)?))
}
