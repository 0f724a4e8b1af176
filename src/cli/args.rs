//! The arguments of a verb: an option's value is that of its flag, else that of
//! its environment twin, and an error says which.

use crate::error::{Error, Result};
use crate::options::{self, Matches, OptionName, Options, Rest};
use crate::text::{nearest, one_line};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// What all environment twins begin with.
const PREFIX: &str = "HINIT_";

/// The environment twin of an option: `HINIT_STOP_SIGNAL`.
fn twin(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// In bytes; an argument may be long.
const LONGEST_ERROR: usize = 500;

/// The parsed arguments, with the environment behind it.
#[derive(Debug)]
pub(super) struct ParsedArgs {
    matches: Matches,
    /// The `HINIT_` variables.
    variables: Vec<(String, OsString)>,
}

/// The value of an option, and where it was given.
#[derive(Debug)]
pub(super) struct ArgValue {
    /// The value as given.
    pub(super) text: OsString,
    place: String,
}

impl ArgValue {
    /// Reads the value with `parse`; an error says where it was given.
    pub(super) fn read<T>(&self, parse: impl FnOnce(&str) -> Result<T>) -> Result<T> {
        self.utf8().and_then(parse).map_err(|error| error.at(&self.place))
    }

    /// The same for a value that need not be UTF-8 text.
    pub(super) fn read_bytes<T>(&self, parse: impl FnOnce(&OsStr) -> Result<T>) -> Result<T> {
        parse(&self.text).map_err(|error| error.at(&self.place))
    }

    /// The value as a path.
    pub(super) fn path(&self) -> Result<PathBuf> {
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

impl ParsedArgs {
    /// Parses the arguments of one verb.
    ///
    /// # Errors
    /// A usage error as one line.
    pub(super) fn parse(options: Options, rest: Rest, arguments: &[OsString]) -> Result<Self> {
        let matches = options::parse(options, rest, arguments)
            .map_err(|error| Error::new(one_line(&error.to_string(), LONGEST_ERROR)))?;
        Ok(Self { matches, variables: variables() })
    }

    /// The value of an option: that of the flag, else of the environment twin.
    ///
    /// An empty variable counts as unset, as after `ENV NAME=` in a Dockerfile,
    /// except in [`Self::get_not_empty`].
    pub(super) fn one(&self, name: OptionName) -> Option<ArgValue> {
        self.flag(name).pop().or_else(|| self.variable(name).filter(|value| !value.text.is_empty()))
    }

    /// The value of an option whose environment twin belongs to another verb:
    /// HINIT_TIMEOUT is that of run.
    pub(super) fn flag_only(&self, name: OptionName) -> Option<ArgValue> {
        self.flag(name).pop()
    }

    /// All values of a list; in a variable there is one a line.
    pub(super) fn all(&self, name: OptionName) -> Vec<ArgValue> {
        let flags = self.flag(name);
        if !flags.is_empty() {
            return flags;
        }
        self.variable(name).map_or_else(Vec::new, |value| split_lines(&value))
    }

    /// Reads an option's value with `parse`, if it is given at all.
    pub(super) fn get<T>(
        &self,
        name: OptionName,
        parse: impl FnOnce(&str) -> Result<T>,
    ) -> Result<Option<T>> {
        self.one(name).map(|value| value.read(parse)).transpose()
    }

    /// The same where an empty variable is an error: an unset variable in
    /// `HINIT_USER=$APP_USER` must not leave the app root.
    pub(super) fn get_not_empty<T>(
        &self,
        name: OptionName,
        parse: impl FnOnce(&str) -> Result<T>,
    ) -> Result<Option<T>> {
        self.flag(name).pop().or_else(|| self.variable(name)).map(|value| value.read(parse)).transpose()
    }

    /// The value of an option as a path, if it is given at all.
    pub(super) fn path(&self, name: OptionName) -> Result<Option<PathBuf>> {
        self.one(name).map(|value| value.path()).transpose()
    }

    /// Whether a switch is on; none if it is not given.
    pub(super) fn switch(&self, name: OptionName) -> Result<Option<bool>> {
        self.get(name, parse_bool)
    }

    /// Whether an option was given as a flag.
    pub(super) fn is_flag_given(&self, name: OptionName) -> bool {
        self.matches.has(name)
    }

    /// The arguments that are no options.
    pub(super) fn rest(&self) -> &[OsString] {
        &self.matches.rest
    }

    fn variable(&self, name: OptionName) -> Option<ArgValue> {
        if self.variables.is_empty() {
            return None;
        }
        let place = twin(name.text());
        let text = self.variables.iter().find(|(known, _)| *known == place)?.1.clone();
        Some(ArgValue { text, place })
    }

    /// The `HINIT_` variables that belong to no option, each with the nearest
    /// known one.
    pub(super) fn unknown_variables<'a>(
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
    pub(super) fn has_variables(&self) -> bool {
        !self.variables.is_empty()
    }

    fn flag(&self, name: OptionName) -> Vec<ArgValue> {
        let value = |text: &OsString| ArgValue { text: text.clone(), place: format!("--{name}") };
        self.matches.all(name).map(value).collect()
    }
}

fn variables() -> Vec<(String, OsString)> {
    let named = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    named.filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

fn split_lines(value: &ArgValue) -> Vec<ArgValue> {
    use std::os::unix::ffi::OsStrExt;
    let lines = value.text.as_bytes().split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| ArgValue { text: OsStr::from_bytes(line).to_owned(), place: value.place.clone() })
        .collect()
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
        let value = ArgValue { text: "A=1\n\nB=2".into(), place: String::new() };
        let lines: Vec<_> = split_lines(&value).into_iter().map(|line| line.text).collect();
        assert_eq!(lines, ["A=1", "B=2"]);
    }
}
