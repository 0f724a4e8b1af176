//! How every verb takes its words: one definition of an option gives its help,
//! its environment twin and the place an error names.

use crate::error::{Error, Result};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::ffi::{OsStr, OsString};

/// An option with one value: `--stop-signal SIGNAL`.
///
/// The next word is its value whatever it looks like, so that `-5s` is called
/// a wrong duration and not a wrong option.
pub fn value(name: &'static str, shown: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(shown)
        .value_parser(value_parser!(OsString))
        .allow_hyphen_values(true)
        .help(help)
}

/// An option that may be repeated: `--env NAME=VALUE`.
pub fn list(name: &'static str, shown: &'static str, help: &'static str) -> Arg {
    value(name, shown, help).action(ArgAction::Append)
}

/// A switch: `--group`, and `--group=false` to undo the environment's.
pub fn switch(name: &'static str, help: &'static str) -> Arg {
    value(name, "BOOL", help)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .hide_possible_values(true)
}

/// The environment twin of an option: `HINIT_STOP_SIGNAL`.
pub fn twin(name: &str) -> String {
    format!("HINIT_{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// What was typed, with the environment behind it.
#[derive(Debug)]
pub struct Typed {
    typed: Parsed,
    /// The `HINIT_` variables.
    variables: Vec<(String, OsString)>,
}

#[derive(Debug)]
enum Parsed {
    Options(ArgMatches),
    /// There were no options, only words.
    Words(Vec<OsString>),
}

/// A value and where it was written, for an error to name.
#[derive(Debug)]
pub struct Word {
    /// The value as typed.
    pub text: OsString,
    place: String,
}

impl Word {
    /// Reads the value with `parse`; an error says where it stood.
    pub fn read<T>(&self, parse: impl FnOnce(&str) -> Result<T>) -> Result<T> {
        self.utf8().and_then(parse).map_err(|error| error.at(&self.place))
    }

    /// The same for a value that need not be UTF-8 text.
    pub fn read_bytes<T>(&self, parse: impl FnOnce(&OsStr) -> Result<T>) -> Result<T> {
        parse(&self.text).map_err(|error| error.at(&self.place))
    }

    fn utf8(&self) -> Result<&str> {
        self.text.to_str().ok_or_else(|| Error::new(format!("'{}' is not UTF-8 text", self.text.display())))
    }
}

impl Typed {
    /// Parses the words of one verb.
    ///
    /// # Errors
    /// A usage error as one line; a request for help is [`Asked::Help`].
    pub fn parse(command: Command, words: &[OsString]) -> std::result::Result<Self, Asked> {
        let name = OsString::from(command.get_name());
        let matches = command.try_get_matches_from(std::iter::once(&name).chain(words));
        matches
            .map(|matches| Self { typed: Parsed::Options(matches), variables: variables() })
            .map_err(|error| Asked::from_clap(&error))
    }

    /// For words that begin with no option: `hinit PROGRAM [ARG...]`.
    ///
    /// Spares two thirds of the start-up, which is clap making its table of
    /// options (0.7 of 1.1 million instructions).
    pub fn without_options(words: &[OsString]) -> Self {
        Self { typed: Parsed::Words(words.to_vec()), variables: variables() }
    }

    /// The value of an option: the flag's, else its environment twin's.
    ///
    /// An empty variable is an unset one, as `ENV NAME=` in a Dockerfile means,
    /// but for [`Self::given`].
    pub fn one(&self, name: &str) -> Option<Word> {
        self.flag(name).pop().or_else(|| self.variable(name).filter(|word| !word.text.is_empty()))
    }

    /// The value of an option whose environment twin means another verb's:
    /// HINIT_TIMEOUT is the limit of a run.
    pub fn flag_only(&self, name: &str) -> Option<Word> {
        self.flag(name).pop()
    }

    /// All values of a list; the environment's are one a line.
    pub fn all(&self, name: &str) -> Vec<Word> {
        let typed = self.flag(name);
        if !typed.is_empty() {
            return typed;
        }
        self.variable(name).map_or_else(Vec::new, |word| split_lines(&word))
    }

    /// Reads an option's value with `parse`, if it is given at all.
    pub fn get<T>(&self, name: &str, parse: impl FnOnce(&str) -> Result<T>) -> Result<Option<T>> {
        self.one(name).map(|word| word.read(parse)).transpose()
    }

    /// The same where an empty variable is a mistake: an unset variable in
    /// `HINIT_USER=$APP_USER` must not leave the app root.
    pub fn given<T>(&self, name: &str, parse: impl FnOnce(&str) -> Result<T>) -> Result<Option<T>> {
        self.flag(name).pop().or_else(|| self.variable(name)).map(|word| word.read(parse)).transpose()
    }

    /// Whether a switch is on; none if it is not given.
    pub fn switch(&self, name: &str) -> Result<Option<bool>> {
        self.get(name, parse_bool)
    }

    /// How often a counted flag such as `-vv` was given.
    pub fn count(&self, name: &str) -> u8 {
        match &self.typed {
            Parsed::Options(matches) => matches.get_count(name),
            Parsed::Words(_) => 0,
        }
    }

    /// The words after the options.
    pub fn rest(&self, name: &str) -> Vec<OsString> {
        match &self.typed {
            Parsed::Options(_) => self.values(name).cloned().collect(),
            Parsed::Words(words) => words.clone(),
        }
    }

    /// Nothing for a name that is only a variable, such as HINIT_LOG.
    fn values(&self, name: &str) -> impl Iterator<Item = &OsString> {
        let matches = match &self.typed {
            Parsed::Options(matches) => matches.try_get_many(name).ok().flatten(),
            Parsed::Words(_) => None,
        };
        matches.into_iter().flatten()
    }

    fn variable(&self, name: &str) -> Option<Word> {
        if self.variables.is_empty() {
            return None;
        }
        let place = twin(name);
        let text = self.variables.iter().find(|(known, _)| *known == place)?.1.clone();
        Some(Word { text, place })
    }

    /// The `HINIT_` variables that no option reads, each with the nearest one
    /// that exists.
    pub fn unknown_variables(&self, options: &[&str]) -> Vec<(String, Option<String>)> {
        let known: Vec<String> = options.iter().map(|name| twin(name)).collect();
        let unknown = self.variables.iter().map(|(name, _)| name).filter(|name| !known.contains(name));
        unknown.map(|name| (name.clone(), nearest(name, &known))).collect()
    }

    /// Whether there is any `HINIT_` variable at all.
    pub fn has_variables(&self) -> bool {
        !self.variables.is_empty()
    }

    fn flag(&self, name: &str) -> Vec<Word> {
        let word = |text: &OsString| Word { text: text.clone(), place: format!("--{name}") };
        self.values(name).map(word).collect()
    }
}

fn variables() -> Vec<(String, OsString)> {
    let named = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    named.filter(|(name, _)| name.starts_with("HINIT_")).collect()
}

fn split_lines(word: &Word) -> Vec<Word> {
    use std::os::unix::ffi::OsStrExt;
    let lines = word.text.as_bytes().split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| Word { text: OsStr::from_bytes(line).to_owned(), place: word.place.clone() }).collect()
}

fn parse_bool(text: &str) -> Result<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(Error::new(format!("'{text}' is neither true nor false"))),
    }
}

/// Why parsing ended before a plan was made.
#[derive(Debug)]
pub enum Asked {
    /// The user asked for this text.
    Help(String),
    /// The words are wrong.
    Wrong(Error),
}

impl Asked {
    fn from_clap(error: &clap::Error) -> Self {
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Self::Help(error.to_string()),
            _ => Self::Wrong(one_line(error)),
        }
    }
}

/// clap's error as one line: what, and what to write instead.
fn one_line(error: &clap::Error) -> Error {
    let context = |kind| error.get(kind).map(shown).unwrap_or_default();
    let argument = context(ContextKind::InvalidArg);
    let what = match error.kind() {
        ErrorKind::UnknownArgument => format!("there is no option {argument}"),
        ErrorKind::MissingRequiredArgument => format!("{argument} is missing"),
        ErrorKind::ArgumentConflict if argument == context(ContextKind::PriorArg) => {
            format!("{argument} is given twice")
        }
        ErrorKind::ArgumentConflict => {
            format!("{argument} and {} exclude each other", context(ContextKind::PriorArg))
        }
        ErrorKind::InvalidValue | ErrorKind::NoEquals if context(ContextKind::InvalidValue).is_empty() => {
            format!("{argument} needs a value")
        }
        ErrorKind::TooManyValues => {
            format!("{argument} takes no value '{}'", context(ContextKind::InvalidValue))
        }
        _ => first_line(error),
    };
    let meant = context(ContextKind::SuggestedArg);
    let hint = if meant.is_empty() { "see --help".to_owned() } else { format!("did you mean {meant}?") };
    Error::new(format!("{what}; {hint}"))
}

fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(words) => words.join(" "),
        other => other.to_string(),
    }
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn nearest(name: &str, known: &[String]) -> Option<String> {
    const ALIKE: f64 = 0.8;
    let rated = known.iter().map(|other| (strsim::normalized_levenshtein(name, other), other));
    rated
        .filter(|(rate, _)| *rate >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, other)| other.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_environment_twin_of_an_option() {
        assert_eq!(twin("health-interval"), "HINIT_HEALTH_INTERVAL");
    }

    #[test]
    fn splits_a_list_at_newlines() {
        let word = Word { text: "A=1\n\nB=2".into(), place: String::new() };
        let lines: Vec<_> = split_lines(&word).into_iter().map(|line| line.text).collect();
        assert_eq!(lines, ["A=1", "B=2"]);
    }

    #[test]
    fn finds_the_nearest_name() {
        let known = [twin("health-interval"), twin("user")];
        assert_eq!(nearest("HINIT_HEALTH_INTERVALL", &known), Some(twin("health-interval")));
        assert_eq!(nearest("HINIT_FOO", &known), None);
    }
}
