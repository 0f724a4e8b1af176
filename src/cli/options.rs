//! How a verb takes its words: an option's value is the flag's, else that of
//! its environment twin, and an error names the place.

use crate::error::{Error, Result};
use crate::options::{self, Found, Options, Rest};
use crate::text::{nearest, one_line};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// What all environment twins begin with.
const PREFIX: &str = "HINIT_";

/// The environment twin of an option: `HINIT_STOP_SIGNAL`.
pub fn twin(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// In bytes; a word may be long.
const LONGEST_ERROR: usize = 500;

/// What was typed, with the environment behind it.
#[derive(Debug)]
pub struct Typed {
    found: Found,
    /// The `HINIT_` variables.
    variables: Vec<(String, OsString)>,
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

    /// The value as a path.
    pub fn path(&self) -> Result<PathBuf> {
        if self.text.is_empty() {
            let why = "it is empty; write a path (an unset variable leaves an empty string)";
            return Err(Error::new(why).at(&self.place));
        }
        Ok(self.text.clone().into())
    }

    fn utf8(&self) -> Result<&str> {
        self.text.to_str().ok_or_else(|| Error::new(format!("'{}' is not UTF-8 text", self.text.display())))
    }
}

impl Typed {
    /// Takes the words of one verb apart.
    ///
    /// # Errors
    /// A usage error as one line.
    pub fn parse(options: Options, rest: Rest, words: &[OsString]) -> Result<Self> {
        let found = options::parse(options, rest, words)
            .map_err(|wrong| Error::new(one_line(&wrong.to_string(), LONGEST_ERROR)))?;
        Ok(Self { found, variables: variables() })
    }

    /// Whether help is all that was asked for.
    pub fn asks_for_help(&self) -> bool {
        self.found.has("help")
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

    /// The value of an option as a path, if it is given at all.
    pub fn path(&self, name: &str) -> Result<Option<PathBuf>> {
        self.one(name).map(|word| word.path()).transpose()
    }

    /// Whether a switch is on; none if it is not given.
    pub fn switch(&self, name: &str) -> Result<Option<bool>> {
        self.get(name, parse_bool)
    }

    /// Whether an option was given as a flag.
    pub fn is_typed(&self, name: &str) -> bool {
        self.found.has(name)
    }

    /// The words that are no options.
    pub fn rest(&self) -> &[OsString] {
        &self.found.rest
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
    pub fn unknown_variables<'a>(
        &self,
        options: impl Iterator<Item = &'a str>,
    ) -> Vec<(String, Option<String>)> {
        let known: Vec<String> = options.map(twin).collect();
        let unknown = self.variables.iter().map(|(name, _)| name).filter(|name| !known.contains(name));
        // What all have in common makes none of them likely.
        let meant = |name: &str| {
            let options = known.iter().filter_map(|known| known.strip_prefix(PREFIX));
            nearest(name.strip_prefix(PREFIX)?, options).map(|option| format!("{PREFIX}{option}"))
        };
        unknown.map(|name| (name.clone(), meant(name))).collect()
    }

    /// Whether there is any `HINIT_` variable at all.
    pub fn has_variables(&self) -> bool {
        !self.variables.is_empty()
    }

    fn flag(&self, name: &str) -> Vec<Word> {
        let word = |text: &OsString| Word { text: text.clone(), place: format!("--{name}") };
        self.found.all(name).map(word).collect()
    }
}

fn variables() -> Vec<(String, OsString)> {
    let named = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    named.filter(|(name, _)| name.starts_with(PREFIX)).collect()
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
}
