//! grep: `| grep -q ok`.

use super::pattern::{Span, Syntax, literal, regex};
use super::status_pattern::{in_status, in_status_line, is_status};
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::probe_command::{Output, ProbeCommand};
use crate::lab::explain::rules::Rule;
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::shell::word::Word;

#[derive(Debug, Default)]
struct Grep {
    patterns: Vec<String>,
    syntax: Syntax,
    inverted: bool,
    ignore_case: bool,
    span: Span,
}

/// Long options and their short equivalents.
const LONG: [(&str, &str); 7] = [
    ("-quiet", "q"),
    ("-silent", "q"),
    ("-count", "c"),
    ("-ignore-case", "i"),
    ("-line-regexp", "x"),
    ("-extended-regexp", "E"),
    ("-fixed-strings", "F"),
];

const HEADERS: &str = "it searches the response headers, which hinit does not check";

impl Grep {
    fn parse(filter: &SimpleCommand) -> Result<Self, Reason> {
        let mut grep = Self::default();
        match filter.program().as_deref() {
            Some("egrep") => grep.syntax = Syntax::Extended,
            Some("fgrep") => grep.syntax = Syntax::Fixed,
            _ => {}
        }
        let args: Vec<String> = filter.argv.iter().skip(1).map(Word::to_hinit).collect::<Result<_, _>>()?;
        let (mut args, mut operands) = (args.into_iter(), Vec::new());
        while let Some(arg) = args.next() {
            match arg.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                Some(letters) => grep.option(letters, &mut args)?,
                None => operands.push(arg),
            }
        }
        let mut operands = operands.into_iter();
        if grep.patterns.is_empty() {
            grep.patterns.extend(operands.next());
        }
        if operands.next().is_some() {
            return Err("its grep reads a file".into());
        }
        Ok(grep)
    }

    /// An option without its first `-`: `qE`, `-quiet`, `e` with a value.
    fn option(&mut self, option: &str, args: &mut impl Iterator<Item = String>) -> Result<(), Reason> {
        let letters = LONG.iter().find(|(long, _)| *long == option).map_or(option, |(_, letter)| letter);
        let Some(before) = letters.strip_suffix(['e', 'm']) else { return self.letters(letters) };
        self.letters(before)?;
        let value = args.next().ok_or("an option of its grep has no value")?;
        if letters.ends_with('e') {
            self.patterns.push(value);
        }
        Ok(())
    }

    fn letters(&mut self, letters: &str) -> Result<(), Reason> {
        for letter in letters.chars() {
            match letter {
                'E' | 'P' => self.syntax = Syntax::Extended,
                'F' => self.syntax = Syntax::Fixed,
                'v' => self.inverted = true,
                'i' => self.ignore_case = true,
                'w' => self.span = Span::Word,
                'x' => self.span = Span::Line,
                'q' | 'o' | 's' | 'c' | 'n' | 'h' | 'a' | 'm' | '0'..='9' => {}
                _ => return Err(format!("grep -{letters} has no equivalent in hinit")),
            }
        }
        Ok(())
    }

    /// Several patterns are alternatives of one.
    fn pattern(&self) -> Result<String, Reason> {
        match (self.patterns.as_slice(), self.syntax) {
            ([], _) => Err("its grep has no pattern".into()),
            ([one], _) => Ok(one.clone()),
            (_, Syntax::Fixed) => Err("its grep searches for one of several fixed strings".into()),
            (several, Syntax::Basic) => Ok(several.join(r"\|")),
            (several, Syntax::Extended) => Ok(several.join("|")),
        }
    }

    /// The fixed string that a pattern stands for.
    fn literal(&self, pattern: &str) -> Option<String> {
        literal(pattern, self.syntax).filter(|_| !self.ignore_case && self.span == Span::Any)
    }
}

/// Adds the option that replaces this grep.
///
/// # Errors
/// A pattern for which hinit has no option.
pub(super) fn apply(
    probe: &mut ProbeCommand,
    filter: &SimpleCommand,
    first_line: bool,
    notes: &mut Notes,
) -> Result<(), Reason> {
    let grep = Grep::parse(filter)?;
    let pattern = grep.pattern()?;
    if pattern.is_empty() || is_redis_pong(&probe.target, &pattern) {
        return Ok(());
    }
    let text = grep.literal(&pattern).filter(|_| !grep.inverted);
    if !probe.is_http() {
        let text = text.ok_or("it matches a regular expression against a response that is not HTTP")?;
        probe.set("expect", text.replace('\\', "\\\\"));
        return Ok(());
    }
    if let Output::JsonValue(path) = &probe.output {
        let text = text.ok_or("it matches a regular expression against the output of jq")?;
        let check = format!("{path}={}", text.trim_matches('"'));
        notes
            .add(Rule::JqPart, "grep accepts a part of jq's output; hinit's --json compares the whole value");
        probe.push("json", check);
        probe.output = Output::Filtered;
        return Ok(());
    }
    if let Some(statuses) = statuses(&probe.output, &pattern, first_line).filter(|_| !grep.inverted) {
        probe.set("status", statuses);
        return Ok(());
    }
    search_body(probe, &grep, &pattern, first_line, notes)
}

/// `redis-cli ping | grep PONG`: what a redis:// target checks.
fn is_redis_pong(target: &str, pattern: &str) -> bool {
    target.starts_with("redis://") && pattern.trim_matches(['^', '$']) == "PONG"
}

/// The statuses that a pattern selects, if the output has the status.
fn statuses(output: &Output, pattern: &str, first_line: bool) -> Option<String> {
    match output {
        Output::Status => in_status(pattern),
        Output::Headers => in_status_line(pattern, true),
        Output::HeadersAndBody => in_status_line(pattern, first_line || is_status(pattern)),
        _ => None,
    }
}

fn search_body(
    probe: &mut ProbeCommand,
    grep: &Grep,
    pattern: &str,
    first_line: bool,
    notes: &mut Notes,
) -> Result<(), Reason> {
    searches_only_body(&probe.output, pattern, first_line)?;
    if probe.output == Output::Filtered {
        notes.add(
            Rule::GrepOneLine,
            "grep after grep requires both in one line; hinit searches the whole body for each",
        );
    }
    probe.output = Output::Filtered;
    if grep.inverted {
        notes.add(
            Rule::GrepInverted,
            "grep -v succeeds if any line lacks the text; hinit requires that the whole body lacks it",
        );
        probe.options.push(("not", None));
    }
    match grep.literal(pattern) {
        Some(text) => probe.push("contains", text),
        None => probe.push("match", regex(pattern, grep.syntax, grep.span, grep.ignore_case)),
    }
    Ok(())
}

/// Whether grep searches what hinit searches, the whole body.
fn searches_only_body(output: &Output, pattern: &str, first_line: bool) -> Result<(), Reason> {
    let status_line = first_line || pattern.trim_start_matches('^').starts_with("HTTP/");
    match output {
        Output::Body | Output::Filtered if first_line => {
            Err("it searches only the first line of the body".into())
        }
        Output::Body | Output::Filtered if status_line => {
            Err("it searches for the status line, which that output does not contain".into())
        }
        _ if status_line => Err("hinit has no option for its pattern of the status line".into()),
        Output::Status => Err("hinit has no option for its pattern of the status".into()),
        Output::BodyAndStatus => Err("it searches the body and the output of curl's -w together".into()),
        Output::Headers => Err(HEADERS.into()),
        Output::HeadersAndBody if is_header(pattern) => Err(HEADERS.into()),
        _ => Ok(()),
    }
}

/// `content-type: text/html`.
fn is_header(pattern: &str) -> bool {
    let name = pattern.trim_start_matches('^').split(':').next().unwrap_or_default();
    name.len() < pattern.len() && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
}
