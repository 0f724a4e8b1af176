//! Options: the lines of a help page define them, so that what is parsed and
//! what is shown cannot differ.
//!
//! A line that begins with `-` is an option: `-u, --user USER` takes a value,
//! `--env NAME=VALUE...` may be repeated, `--group[=BOOL]` takes a value after
//! `=` only, `--follow` none. Two spaces end the definition.
//!
//! PID 1 does without clap: it was 125 KB of the 711 KB of hinit-slim (dist
//! build), more than the budget has, and two thirds of PID 1's start-up (0.7 of
//! 1.1 million instructions, which made wrapping `true` cost 0.88 of what
//! tini-static costs instead of 0.6). Its messages had to be rewritten as one
//! line anyway. The lab makes clap's commands from these pages, for completions
//! and man pages.

use crate::text::nearest;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

/// Declares a page of options: a heading, then each option's constant and its
/// line in the help.
///
/// Code asks for an option by its constant, so a mistyped one does not compile,
/// and the compiler warns of an option that no code reads.
macro_rules! options {
    ($vis:vis $page:ident: $heading:literal $(, $name:ident: $line:literal)+ $(,)?) => {
        $vis const $page: &str = concat!($heading, "\n" $(, $line, "\n")+);
        $(pub(super) const $name: $crate::options::OptionName = $crate::options::OptionName::of($page, $line);)+
    };
}
pub(crate) use options;

/// The long name of an option, without its dashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OptionName(&'static str);

impl OptionName {
    /// The one that this line of a help page defines. It is a part of the page, so
    /// that the binary does not hold the line twice.
    ///
    /// # Panics
    /// The line defines none, or is not of this page. A constant made by
    /// [`options!`] does not compile then.
    pub(crate) const fn of(page: &'static str, line: &str) -> Self {
        let text = page.as_bytes();
        let mut start = position(text, line.as_bytes());
        while text[start] != b'-' || text[start + 1] != b'-' {
            start += 1;
        }
        start += 2;
        let mut end = start;
        while !matches!(text[end], b'[' | b' ' | b'.' | b'\n') {
            end += 1;
        }
        assert!(end > start, "an option has a long name");
        Self(page.split_at(end).0.split_at(start).1)
    }

    /// A setting that only the environment has: `HINIT_LOG` is `log`.
    pub(crate) const fn of_variable(name: &'static str) -> Self {
        Self(name)
    }

    /// As text.
    pub(crate) const fn text(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for OptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

const fn position(text: &[u8], part: &[u8]) -> usize {
    let mut at = 0;
    while !starts_with(text.split_at(at).1, part) {
        at += 1;
    }
    at
}

const fn starts_with(text: &[u8], part: &[u8]) -> bool {
    let mut at = 0;
    while at < part.len() {
        if text[at] != part[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The help of a verb: what `--help` prints, and what completions and man pages
/// are made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Help {
    /// What it does; the first line alone is a summary.
    pub(crate) about: &'static str,
    /// Its command line, without `Usage:`.
    pub(crate) usage: &'static str,
    /// Its options.
    pub(crate) options: Options,
    /// What follows the options.
    pub(crate) notes: fn() -> String,
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\nUsage: {}\n", self.about, self.usage)?;
        self.options.0.iter().try_for_each(|page| write!(f, "\n{page}"))?;
        f.write_str(&(self.notes)())
    }
}

/// The options of a verb, as pages of its help.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options(pub(crate) &'static [&'static str]);

/// One line of such a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) short: Option<u8>,
    /// The long name, without its dashes.
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    pub(crate) repeatable: bool,
}

/// Whether an option takes a value; it is shown in the help by this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    None,
    /// After `=`, or the next argument whatever it looks like: `-5s` is to be
    /// called an invalid duration and not an unknown option.
    Required(&'static str),
    /// Only after `=`.
    Optional(&'static str),
}

impl Value {
    /// The value of `--group` and of `--wait`, where none is given.
    pub(crate) fn if_missing(shown: &'static str) -> &'static str {
        if shown == "BOOL" { "true" } else { shown }
    }
}

impl Options {
    /// All options, in the order of the help.
    pub(crate) fn definitions(self) -> impl Iterator<Item = Definition> {
        self.0.iter().flat_map(|page| page.lines()).filter_map(define)
    }

    fn long(self, name: &[u8]) -> Option<Definition> {
        self.definitions().find(|option| option.name.as_bytes() == name)
    }

    fn short(self, letter: u8) -> Option<Definition> {
        self.definitions().find(|option| option.short == Some(letter))
    }
}

/// The option that a line of a help page defines, if it does.
pub(crate) fn define(line: &'static str) -> Option<Definition> {
    let line = line.trim_start();
    let spec = line.split("  ").next()?;
    let (short, long) = match spec.as_bytes() {
        [b'-', letter, b',', b' ', ..] => (Some(*letter), &spec[4..]),
        _ => (None, spec),
    };
    let long = long.strip_prefix("--")?;
    let end = long.find(['[', ' ', '.']).unwrap_or(long.len());
    let (name, tail) = long.split_at(end);
    let shown = tail.trim_end_matches("...");
    let value = match shown.strip_prefix("[=").and_then(|shown| shown.strip_suffix(']')) {
        Some(shown) => Value::Optional(shown),
        None if tail.starts_with(' ') => Value::Required(shown.trim_start()),
        None => Value::None,
    };
    Some(Definition { short, name, value, repeatable: tail.ends_with("...") })
}

/// What was given, in its order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Matches {
    /// Options by their long names.
    pub(crate) given: Vec<(OptionName, OsString)>,
    /// The arguments that are none.
    pub(crate) rest: Vec<OsString>,
}

impl Matches {
    /// The values of one option, in order; an empty one where it takes none.
    pub(crate) fn all(&self, name: OptionName) -> impl Iterator<Item = &OsString> {
        self.given.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Whether the option was given at all.
    pub(crate) fn has(&self, name: OptionName) -> bool {
        self.all(name).next().is_some()
    }
}

/// The option that ends the parsing.
const HELP: OptionName = OptionName("help");

/// Where options end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// At the first argument that is none: from there on they are a program's.
    Program,
    /// They may stand among at most so many other arguments.
    Words(usize),
}

/// Why arguments cannot be parsed. It quotes them, so it may hold anything: to
/// be shown by [`crate::text::one_line`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ParseError {
    /// No such option; this one may have been meant.
    Unknown(String, Option<&'static str>),
    /// It may not be repeated.
    Twice(&'static str),
    /// Its value is missing.
    NeedsValue(&'static str),
    /// `--follow=5`.
    TakesNone(&'static str, String),
    /// One argument too many.
    Surplus(String),
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word, Some(near)) => {
                write!(f, "unknown option '{word}'; did you mean --{near}?")
            }
            Self::Unknown(word, None) => write!(f, "unknown option '{word}'; see --help"),
            Self::Twice(name) => write!(f, "--{name} is given twice; write it once"),
            Self::NeedsValue(name) => write!(f, "--{name} needs a value; see --help"),
            Self::TakesNone(name, value) => write!(f, "--{name} takes no value; remove '={value}'"),
            Self::Surplus(word) => write!(f, "unexpected argument '{word}'; see --help"),
        }
    }
}

/// Parses arguments by these options. `--` ends the options, and `--help` the
/// parsing, if there is such an option.
///
/// # Errors
/// The first argument that does not fit.
pub(crate) fn parse(options: Options, rest: Rest, arguments: &[OsString]) -> Result<Matches, ParseError> {
    let mut parser = Parser { options, arguments: arguments.iter(), matches: Matches::default() };
    while let Some(argument) = parser.arguments.next() {
        match argument.as_bytes() {
            b"--" => {
                parser.take_rest(rest)?;
                break;
            }
            [b'-', b'-', long @ ..] => parser.take_long(long)?,
            [b'-', letters @ ..] if !letters.is_empty() => parser.take_letters(letters)?,
            _ => {
                parser.matches.rest.push(argument.clone());
                if rest == Rest::Program {
                    parser.take_rest(rest)?;
                    break;
                }
                rest.has_room_for(&parser.matches.rest)?;
            }
        }
        if parser.matches.has(HELP) {
            break;
        }
    }
    Ok(parser.matches)
}

impl Rest {
    fn has_room_for(self, arguments: &[OsString]) -> Result<(), ParseError> {
        match (self, arguments.last()) {
            (Self::Words(most), Some(last)) if arguments.len() > most => {
                Err(ParseError::Surplus(shown(last)))
            }
            _ => Ok(()),
        }
    }
}

struct Parser<'a> {
    options: Options,
    arguments: std::slice::Iter<'a, OsString>,
    matches: Matches,
}

impl Parser<'_> {
    fn take_rest(&mut self, rest: Rest) -> Result<(), ParseError> {
        for argument in self.arguments.by_ref() {
            self.matches.rest.push(argument.clone());
            rest.has_room_for(&self.matches.rest)?;
        }
        Ok(())
    }

    fn take_long(&mut self, text: &[u8]) -> Result<(), ParseError> {
        let end = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
        let (name, value) = text.split_at(end);
        let Some(option) = self.options.long(name) else {
            let name = String::from_utf8_lossy(name);
            let known = self.options.definitions().map(|option| option.name);
            return Err(ParseError::Unknown(format!("--{name}"), nearest(&name, known)));
        };
        let value = value.get(1..).map(OsStr::from_bytes);
        self.take(option, value)
    }

    /// `-v`, `-gq`, `-uapp`, `-u=app`, `-g=false`.
    fn take_letters(&mut self, mut letters: &[u8]) -> Result<(), ParseError> {
        while let [letter, after @ ..] = letters {
            let Some(option) = self.options.short(*letter) else {
                let letter = shown(OsStr::from_bytes(letters)).chars().next().unwrap_or_default();
                return Err(ParseError::Unknown(format!("-{letter}"), None));
            };
            let value = match after {
                [b'=', value @ ..] => Some(value),
                _ if matches!(option.value, Value::Required(_)) && !after.is_empty() => Some(after),
                _ => None,
            };
            self.take(option, value.map(OsStr::from_bytes))?;
            letters = if value.is_some() { &[] } else { after };
        }
        Ok(())
    }

    fn take(&mut self, option: Definition, value: Option<&OsStr>) -> Result<(), ParseError> {
        let name = option.name;
        if self.matches.has(OptionName(name)) && !option.repeatable {
            return Err(ParseError::Twice(name));
        }
        let value = match (option.value, value) {
            (Value::None, None) => OsStr::new(""),
            (Value::None, Some(value)) => return Err(ParseError::TakesNone(name, shown(value))),
            (Value::Optional(shown), None) => OsStr::new(Value::if_missing(shown)),
            (Value::Optional(_), Some(value)) if value.is_empty() => {
                return Err(ParseError::NeedsValue(name));
            }
            (_, Some(value)) => value,
            (Value::Required(_), None) => self.arguments.next().ok_or(ParseError::NeedsValue(name))?,
        };
        self.matches.given.push((OptionName(name), value.to_owned()));
        Ok(())
    }
}

fn shown(word: &OsStr) -> String {
    word.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OPTIONS: Options = Options(&[
        "\
Some:
  -u, --user USER[:GROUP]   Become this user:
                            - for good, --always
  -g, --group[=BOOL]        Signal the group
  -v, --verbose...          Say more
",
        "
  -e, --env NAME=VALUE...   Set it
      --wait[=healthy]      Wait
  -h, --help                This
",
    ]);

    type Given<'a> = &'a [(&'static str, &'a str)];

    fn read(rest: Rest, words: &[&str]) -> Result<Matches, ParseError> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        parse(OPTIONS, rest, &words)
    }

    fn found(given: Given<'_>, rest: &[&str]) -> Matches {
        let given = given.iter().map(|(name, value)| (OptionName(name), value.into())).collect();
        Matches { given, rest: rest.iter().map(Into::into).collect() }
    }

    #[test]
    fn a_help_text_defines_its_options() {
        let names: Vec<_> = OPTIONS.definitions().map(|option| option.name).collect();
        assert_eq!(names, ["user", "group", "verbose", "env", "wait", "help"]);
    }

    #[test]
    fn a_line_has_the_name_that_its_definition_has() {
        for page in OPTIONS.0 {
            for line in page.lines() {
                if let Some(option) = define(line) {
                    assert_eq!(OptionName::of(page, line).text(), option.name);
                }
            }
        }
    }

    #[test]
    fn takes_options_in_all_their_forms() {
        let table: [(&[&str], Given<'_>, &[&str]); 12] = [
            (&["--user", "app", "x", "-v"], &[("user", "app")], &["x", "-v"]),
            (&["--user=app:a=b", "x"], &[("user", "app:a=b")], &["x"]),
            (&["-uapp", "x"], &[("user", "app")], &["x"]),
            (&["-u=app"], &[("user", "app")], &[]),
            (&["-u", "-5s", "--", "-x"], &[("user", "-5s")], &["-x"]),
            (&["--user", "--", "x"], &[("user", "--")], &["x"]),
            (&["-gvv", "x"], &[("group", "true"), ("verbose", ""), ("verbose", "")], &["x"]),
            (&["-g=false", "--wait"], &[("group", "false"), ("wait", "healthy")], &[]),
            (&["--group", "false"], &[("group", "true")], &["false"]),
            (&["-e", "A=1", "-eB=2", "--env", ""], &[("env", "A=1"), ("env", "B=2"), ("env", "")], &[]),
            (&["-vuapp", "-"], &[("verbose", ""), ("user", "app")], &["-"]),
            (&["--help", "--nope"], &[("help", "")], &[]),
        ];
        for (words, given, rest) in table {
            assert_eq!(read(Rest::Program, words), Ok(found(given, rest)), "{words:?}");
        }
    }

    #[test]
    fn options_may_stand_among_words() {
        assert_eq!(read(Rest::Words(1), &["x", "-v"]), Ok(found(&[("verbose", "")], &["x"])));
        assert_eq!(read(Rest::Words(1), &["--", "-v"]), Ok(found(&[], &["-v"])));
        for words in [["x", "-v", "y"], ["x", "--", "y"]] {
            assert_eq!(read(Rest::Words(1), &words), Err(ParseError::Surplus("y".into())));
        }
    }

    #[test]
    fn says_what_does_not_fit() {
        let table: [(&[&str], &str); 9] = [
            (&["--usr", "x"], "unknown option '--usr'; did you mean --user?"),
            (&["--frobnicate=1"], "unknown option '--frobnicate'; see --help"),
            (&["-vx"], "unknown option '-x'; see --help"),
            (&["-\u{e9}"], "unknown option '-\u{e9}'; see --help"),
            (&["-u", "a", "--user", "b"], "--user is given twice; write it once"),
            (&["--user"], "--user needs a value; see --help"),
            (&["-g="], "--group needs a value; see --help"),
            (&["--verbose=2"], "--verbose takes no value; remove '=2'"),
            (&["--=x"], "unknown option '--'; see --help"),
        ];
        for (words, message) in table {
            assert_eq!(read(Rest::Program, words).map_err(|wrong| wrong.to_string()), Err(message.into()));
        }
    }

    proptest! {
        #[test]
        fn loses_no_word_of_a_program(
            words in prop::collection::vec("[-a-z=]{0,4}", 0..6), name in "[a-z/]{1,5}",
        ) {
            let all: Vec<&str> = ["-v", &name].into_iter().chain(words.iter().map(String::as_str)).collect();
            prop_assert_eq!(read(Rest::Program, &all), Ok(found(&[("verbose", "")], &all[1..])));
        }
    }
}
