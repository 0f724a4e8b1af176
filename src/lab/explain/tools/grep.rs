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

/// What a match has to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Extent {
    #[default]
    Part,
    /// `-w`.
    Word,
    /// `-x`.
    Line,
}

#[derive(Debug, Default)]
struct Grep {
    patterns: Vec<String>,
    syntax: Syntax,
    inverted: bool,
    ignore_case: bool,
    extent: Extent,
}

/// Long options by the letters they stand for.
const LONG: [(&str, &str); 7] = [
    ("-quiet", "q"),
    ("-silent", "q"),
    ("-count", "c"),
    ("-ignore-case", "i"),
    ("-line-regexp", "x"),
    ("-extended-regexp", "E"),
    ("-fixed-strings", "F"),
];

impl Grep {
    fn read(filter: &Simple) -> Result<Self, Why> {
        let mut grep = Self::default();
        match filter.program().as_deref() {
            Some("egrep") => grep.syntax = Syntax::Extended,
            Some("fgrep") => grep.syntax = Syntax::Fixed,
            _ => {}
        }
        let words: Vec<String> = filter.words.iter().skip(1).map(Word::in_hinit).collect::<Result<_, _>>()?;
        let (mut words, mut bare) = (words.into_iter(), Vec::new());
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                bare.push(word);
                continue;
            };
            let letters =
                LONG.iter().find(|(long, _)| *long == letters).map_or(letters, |(_, letter)| letter);
            match letters.strip_suffix(['e', 'm']) {
                Some(before) => {
                    grep.letters(before)?;
                    let value = words.next().ok_or("its grep lacks a value")?;
                    if letters.ends_with('e') {
                        grep.patterns.push(value);
                    }
                }
                None => grep.letters(letters)?,
            }
        }
        let mut bare = bare.into_iter();
        if grep.patterns.is_empty() {
            grep.patterns.extend(bare.next());
        }
        if bare.next().is_some() {
            return Err("its grep reads a file".into());
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
                'w' => self.extent = Extent::Word,
                'x' => self.extent = Extent::Line,
                'q' | 'o' | 's' | 'c' | 'n' | 'h' | 'a' | 'm' | '0'..='9' => {}
                _ => return Err(format!("grep's -{letters} has no counterpart in hinit")),
            }
        }
        Ok(())
    }

    /// Several patterns are one with an `|` between them.
    fn pattern(&self) -> Result<String, Why> {
        match (self.patterns.as_slice(), self.syntax) {
            ([], _) => Err("its grep has no pattern".into()),
            ([one], _) => Ok(one.clone()),
            (_, Syntax::Fixed) => Err("its grep looks for one of several texts".into()),
            (several, Syntax::Basic) => Ok(several.join(r"\|")),
            (several, Syntax::Extended) => Ok(several.join("|")),
        }
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
    let pattern = grep.pattern()?;
    let is_text = !grep.ignore_case && grep.extent == Extent::Part;
    let text = plain(&pattern, grep.syntax).filter(|_| is_text);
    if pattern.is_empty() || is_ready_word(&probe.target, &pattern) {
        return Ok(());
    }
    if !probe.is_http() {
        let text = text
            .filter(|_| !grep.inverted)
            .ok_or("it looks for an expression in what no HTTP server says")?;
        probe.set("expect", text.replace('\\', "\\\\"));
        return Ok(());
    }
    if let Prints::Value(path) = &probe.prints {
        let value =
            text.filter(|_| !grep.inverted).ok_or("its grep looks for an expression in what jq prints")?;
        add(notes, "grep takes a part of what jq prints; hinit's --json wants the whole value");
        let check = format!("{path}={}", value.trim_matches('"'));
        probe.checks.push(("json", Some(check)));
        probe.prints = Prints::Filtered;
        return Ok(());
    }
    let status = match &probe.prints {
        Prints::Status => statuses_of(&pattern),
        Prints::Head => status_line(&pattern, true),
        Prints::Whole => status_line(&pattern, first_line || is_status(&pattern)),
        _ => None,
    };
    if let Some(status) = status.filter(|_| !grep.inverted) {
        probe.set("status", status);
        return Ok(());
    }
    looks_at_the_body(probe, &pattern, first_line)?;
    if probe.prints == Prints::Filtered {
        add(notes, "grep after grep wants both in one line; hinit looks for each anywhere in the body");
    }
    probe.prints = Prints::Filtered;
    if grep.inverted {
        add(notes, "grep -v succeeds as soon as one line lacks the text; hinit looks at the whole body");
        probe.checks.push(("not", None));
    }
    probe.checks.push(match text {
        Some(text) => ("contains", Some(text)),
        None => ("match", Some(expression(&pattern, &grep))),
    });
    Ok(())
}

/// That hinit looks where this grep does.
fn looks_at_the_body(probe: &Probe, pattern: &str, first_line: bool) -> Result<(), Why> {
    let status_line = first_line || pattern.trim_start_matches('^').starts_with("HTTP/");
    match &probe.prints {
        Prints::Body | Prints::Filtered if first_line => {
            Err("it looks at the first line of the body alone".into())
        }
        Prints::Body | Prints::Filtered if status_line => {
            Err("it looks for the status line, which is not printed there".into())
        }
        _ if status_line => Err("what it wants of the status line hinit cannot say".into()),
        Prints::Status => Err("what it wants of the status hinit cannot say".into()),
        Prints::BodyAndStatus => Err("it looks at the body and curl's -w in one text".into()),
        Prints::Head => Err(HEADERS.into()),
        Prints::Whole if is_header(pattern) => Err(HEADERS.into()),
        _ => Ok(()),
    }
}

const HEADERS: &str = "it looks for something in the headers, which hinit cannot";

/// `content-type: text/html`.
fn is_header(pattern: &str) -> bool {
    let name = pattern.trim_start_matches('^').split(':').next().unwrap_or_default();
    name.len() < pattern.len() && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
}

/// `200 OK`, of an answer with its status line.
fn is_status(pattern: &str) -> bool {
    let (code, phrase) = pattern.split_once(' ').unwrap_or((pattern, ""));
    let digits = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
    digits && phrase.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ')
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
    let mut out = String::new();
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
    let out = match grep.extent {
        Extent::Part => out,
        Extent::Word => format!(r"\b(?:{out})\b"),
        Extent::Line => format!("^(?:{out})$"),
    };
    // grep looks at each line by itself.
    let by_line = out.contains('$') || out.replace("[^", "").contains('^');
    match (grep.ignore_case, by_line) {
        (true, true) => format!("(?im){out}"),
        (true, false) => format!("(?i){out}"),
        (false, true) => format!("(?m){out}"),
        (false, false) => out,
    }
}

/// `200`, `^2`, `200|302`, `^[23]`: of a text that is the status alone.
fn statuses_of(pattern: &str) -> Option<String> {
    let is_anchored = pattern.starts_with('^');
    let forms = pattern.trim_start_matches('^').trim_end_matches('$').trim_matches(['(', ')']);
    listed(&mut forms.split('|').map(|form| {
        let text = form.trim_end_matches(['\\', '$']);
        let is_whole = is_anchored || text.len() >= 3 || text.starts_with('^');
        status_of(text.trim_start_matches('^'), true).filter(|_| is_whole)
    }))
}

/// The statuses of an expression on the status line, with its alternatives;
/// `bare` if `200` alone is one.
fn status_line(pattern: &str, bare: bool) -> Option<String> {
    let pattern = pattern.replace(r"\|", "|").replace(r"\(", "(").replace(r"\)", ")");
    let group = pattern.trim_end_matches(['$', ' ']).strip_suffix(')').and_then(|text| text.split_once('('));
    let (forms, bare) = match group {
        Some((before, forms)) if is_version(before) => (forms, true),
        _ => (pattern.as_str(), bare),
    };
    listed(&mut forms.split('|').map(|form| status_of(form, bare)))
}

/// All of them with commas, if each is there.
fn listed(each: &mut dyn Iterator<Item = Option<String>>) -> Option<String> {
    Some(each.collect::<Option<Vec<_>>>()?.join(","))
}

/// `HTTP/1.1 `.
fn is_version(text: &str) -> bool {
    text.trim_start_matches('^').starts_with("HTTP/") && text.ends_with(' ')
}

/// `HTTP/1.1 302 Found`, `^HTTP/.* 3[0-9]{2} `, `HTTP/1.1 [1-3]`; `200` if it is bare.
fn status_of(pattern: &str, bare: bool) -> Option<String> {
    let text = pattern.trim_start_matches('^');
    let text = match text.strip_prefix("HTTP/") {
        Some(after) => after.split_once(' ')?.1,
        None if bare => text,
        None => return None,
    };
    let digits = text.trim_start();
    if let Some(class) = digits.strip_prefix('[') {
        return statuses_of_class(class.split_once(']')?.0);
    }
    let exact = digits.get(..3).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    if let Some(exact) = exact {
        let goes_on = digits[3..].starts_with(|c: char| c.is_ascii_digit() || "*+?{\\".contains(c));
        return (!goes_on).then(|| exact.to_owned());
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
    let mut ranges = class.chars().map(|digit| status_range(&digit.to_string(), &digit.to_string()));
    listed(&mut ranges).filter(|ranges| !ranges.is_empty())
}

fn status_range(low: &str, high: &str) -> Option<String> {
    let one = |text: &str| text.parse::<u8>().ok().filter(|digit| (1..=5).contains(digit));
    Some(format!("{}00-{}99", one(low)?, one(high)?))
}
