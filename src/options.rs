//! Options: the text of a help page defines them, so that what is parsed and
//! what is shown cannot differ.
//!
//! A line whose first sign is `-` is an option: `-u, --user USER` takes a
//! value, `--env NAME=VALUE...` may be repeated, `--group[=BOOL]` takes a
//! value after `=` only, `--follow` none. Two spaces end the definition.
//!
//! clap is not used here: it was 125 KB of the 711 KB of hinit-slim (dist build),
//! more than the budget has, and two thirds of PID 1's start-up (0.7 of 1.1
//! million instructions, which made wrapping `true` cost 0.88 of what
//! tini-static costs instead of 0.6). Its messages had to be rewritten as one
//! line anyway.

use crate::text::nearest;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

/// The options of a verb, as pages of its help.
#[derive(Debug, Clone, Copy)]
pub struct Options(pub &'static [&'static str]);

/// One line of such a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    short: Option<u8>,
    /// The long name, without its dashes.
    pub name: &'static str,
    value: Value,
    repeatable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    None,
    /// After `=`, or the next word whatever it looks like: `-5s` is to be
    /// called a wrong duration and not a wrong option.
    Needed,
    /// Only after `=`; this one if there is none.
    Optional(&'static str),
}

/// What a switch means that is given without a value.
const ON: &str = "true";

impl Options {
    /// All options, in the order of the help.
    pub fn definitions(self) -> impl Iterator<Item = Definition> {
        self.0.iter().flat_map(|page| page.lines()).filter_map(define)
    }

    fn long(self, name: &[u8]) -> Option<Definition> {
        self.definitions().find(|option| option.name.as_bytes() == name)
    }

    fn short(self, letter: u8) -> Option<Definition> {
        self.definitions().find(|option| option.short == Some(letter))
    }
}

fn define(line: &'static str) -> Option<Definition> {
    let line = line.trim_start();
    let spec = line.split("  ").next()?;
    let (short, long) = match spec.as_bytes() {
        [b'-', letter, b',', b' ', ..] => (Some(*letter), &spec[4..]),
        _ => (None, spec),
    };
    let long = long.strip_prefix("--")?;
    let end = long.find(['[', ' ', '.']).unwrap_or(long.len());
    let (name, tail) = long.split_at(end);
    let repeatable = tail.ends_with("...");
    let value = match tail.strip_prefix("[=").and_then(|shown| shown.strip_suffix(']')) {
        Some("BOOL") => Value::Optional(ON),
        Some(literal) => Value::Optional(literal),
        None if tail.starts_with(' ') => Value::Needed,
        None => Value::None,
    };
    Some(Definition { short, name, value, repeatable })
}

/// What was typed, in its order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Found {
    /// Options by their long names.
    pub given: Vec<(&'static str, OsString)>,
    /// The words that are none.
    pub rest: Vec<OsString>,
}

impl Found {
    /// The values of one option, in order; an empty one where it takes none.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a OsString> {
        self.given.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Whether the option was given at all.
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}

/// Where options end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// At the first word that is none: from there on it is a program's.
    Program,
    /// They may stand among so many words.
    Words(usize),
}

/// Why words cannot be read. What it names is what was typed, so it may hold
/// anything: to be shown by [`crate::text::one_line`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// No such option; perhaps this one was meant.
    Unknown(String, Option<&'static str>),
    /// It makes no sense to give it twice.
    Twice(&'static str),
    /// Nothing follows that could be its value.
    NeedsValue(&'static str),
    /// `--follow=5`.
    TakesNone(&'static str, String),
    /// One word more than is wanted.
    Surplus(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word, Some(near)) => {
                write!(f, "there is no option '{word}'; did you mean --{near}?")
            }
            Self::Unknown(word, None) => write!(f, "there is no option '{word}'; see --help"),
            Self::Twice(name) => write!(f, "--{name} is given twice; write it once"),
            Self::NeedsValue(name) => write!(f, "--{name} needs a value; see --help"),
            Self::TakesNone(name, value) => write!(f, "--{name} takes no value, so leave '={value}' out"),
            Self::Surplus(word) => write!(f, "'{word}' is one word too many; see --help"),
        }
    }
}

/// Takes words apart by these options. The word `--` ends them, and `--help`
/// the reading, if there is such an option.
///
/// # Errors
/// The first word that cannot be meant.
pub fn parse(options: Options, rest: Rest, words: &[OsString]) -> Result<Found, Wrong> {
    let mut parser = Parser { options, words: words.iter(), found: Found::default() };
    while let Some(word) = parser.words.next() {
        match word.as_bytes() {
            b"--" => {
                parser.take_rest(rest)?;
                break;
            }
            [b'-', b'-', long @ ..] => parser.take_long(long)?,
            [b'-', letters @ ..] if !letters.is_empty() => parser.take_letters(letters)?,
            _ => {
                parser.found.rest.push(word.clone());
                if rest == Rest::Program {
                    parser.take_rest(rest)?;
                    break;
                }
                rest.has_room_for(&parser.found.rest)?;
            }
        }
        if parser.found.has("help") {
            break;
        }
    }
    Ok(parser.found)
}

impl Rest {
    fn has_room_for(self, words: &[OsString]) -> Result<(), Wrong> {
        match (self, words.last()) {
            (Self::Words(most), Some(last)) if words.len() > most => Err(Wrong::Surplus(shown(last))),
            _ => Ok(()),
        }
    }
}

struct Parser<'a> {
    options: Options,
    words: std::slice::Iter<'a, OsString>,
    found: Found,
}

impl Parser<'_> {
    fn take_rest(&mut self, rest: Rest) -> Result<(), Wrong> {
        for word in self.words.by_ref() {
            self.found.rest.push(word.clone());
            rest.has_room_for(&self.found.rest)?;
        }
        Ok(())
    }

    fn take_long(&mut self, text: &[u8]) -> Result<(), Wrong> {
        let end = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
        let (name, value) = text.split_at(end);
        let Some(option) = self.options.long(name) else {
            let name = String::from_utf8_lossy(name);
            let known = self.options.definitions().map(|option| option.name);
            return Err(Wrong::Unknown(format!("--{name}"), nearest(&name, known)));
        };
        let value = value.get(1..).map(OsStr::from_bytes);
        self.take(option, value)
    }

    /// `-v`, `-gq`, `-uapp`, `-u=app`, `-g=false`.
    fn take_letters(&mut self, mut letters: &[u8]) -> Result<(), Wrong> {
        while let [letter, after @ ..] = letters {
            let Some(option) = self.options.short(*letter) else {
                let letter = shown(OsStr::from_bytes(letters)).chars().next().unwrap_or_default();
                return Err(Wrong::Unknown(format!("-{letter}"), None));
            };
            let value = match after {
                [b'=', value @ ..] => Some(value),
                _ if option.value == Value::Needed && !after.is_empty() => Some(after),
                _ => None,
            };
            self.take(option, value.map(OsStr::from_bytes))?;
            letters = if value.is_some() { &[] } else { after };
        }
        Ok(())
    }

    fn take(&mut self, option: Definition, value: Option<&OsStr>) -> Result<(), Wrong> {
        let name = option.name;
        if self.found.has(name) && !option.repeatable {
            return Err(Wrong::Twice(name));
        }
        let value = match (option.value, value) {
            (Value::None, None) => OsStr::new(""),
            (Value::None, Some(value)) => return Err(Wrong::TakesNone(name, shown(value))),
            (Value::Optional(default), None) => OsStr::new(default),
            (Value::Optional(_), Some(value)) if value.is_empty() => return Err(Wrong::NeedsValue(name)),
            (_, Some(value)) => value,
            (Value::Needed, None) => self.words.next().ok_or(Wrong::NeedsValue(name))?,
        };
        self.found.given.push((name, value.to_owned()));
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

    fn read(rest: Rest, words: &[&str]) -> Result<Found, Wrong> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        parse(OPTIONS, rest, &words)
    }

    fn found(given: Given<'_>, rest: &[&str]) -> Found {
        let given = given.iter().map(|(name, value)| (*name, value.into())).collect();
        Found { given, rest: rest.iter().map(Into::into).collect() }
    }

    #[test]
    fn a_help_text_defines_its_options() {
        let names: Vec<_> = OPTIONS.definitions().map(|option| option.name).collect();
        assert_eq!(names, ["user", "group", "verbose", "env", "wait", "help"]);
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
            assert_eq!(read(Rest::Words(1), &words), Err(Wrong::Surplus("y".into())));
        }
    }

    #[test]
    fn says_what_cannot_be_meant() {
        let table: [(&[&str], &str); 9] = [
            (&["--usr", "x"], "there is no option '--usr'; did you mean --user?"),
            (&["--frobnicate=1"], "there is no option '--frobnicate'; see --help"),
            (&["-vx"], "there is no option '-x'; see --help"),
            (&["-\u{e9}"], "there is no option '-\u{e9}'; see --help"),
            (&["-u", "a", "--user", "b"], "--user is given twice; write it once"),
            (&["--user"], "--user needs a value; see --help"),
            (&["-g="], "--group needs a value; see --help"),
            (&["--verbose=2"], "--verbose takes no value, so leave '=2' out"),
            (&["--=x"], "there is no option '--'; see --help"),
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
