//! Short and long options as getopt_long(3) parses them, with its messages.
//!
//! For every program, options end at the first argument that is not one. glibc
//! goes on behind it, which makes `tini ls -l` print tini's licence.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The options of a program.
#[derive(Debug)]
pub(crate) struct OptionTable {
    /// Letters, each followed by `:` if it takes a value.
    pub(crate) short: &'static str,
    pub(crate) long: &'static [LongOption],
}

/// A long name, whether it takes a value, and the letter it stands for. Any
/// unique prefix of the name is accepted.
pub(crate) type LongOption = (&'static str, HasArg, char);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HasArg {
    No,
    Required,
}

/// An option by its letter, and its value if it takes one.
pub(crate) type ParsedOption = (char, Option<OsString>);

/// Parses arguments one option at a time.
#[derive(Debug)]
pub(crate) struct Getopt<'a> {
    table: &'static OptionTable,
    args: &'a [OsString],
    /// The letters left of an argument such as `-gvw`.
    cluster: &'a [u8],
}

impl<'a> Getopt<'a> {
    /// `args` do not include `argv[0]`.
    pub(crate) fn new(table: &'static OptionTable, args: &'a [OsString]) -> Self {
        Self { table, args, cluster: &[] }
    }

    /// The arguments after the options: the program to start and its own.
    pub(crate) fn rest(&self) -> &'a [OsString] {
        self.args
    }

    fn take_arg(&mut self) -> Option<&'a OsStr> {
        let (first, rest) = self.args.split_first()?;
        self.args = rest;
        Some(first)
    }

    fn parse_long(&mut self, arg: &'a [u8]) -> Result<ParsedOption, String> {
        let end = arg.iter().position(|byte| *byte == b'=').unwrap_or(arg.len());
        let (typed, value) = (String::from_utf8_lossy(&arg[..end]), arg.get(end + 1..));
        let (name, has_arg, letter) = self.table.find_long(&typed)?;
        match (has_arg, value) {
            (HasArg::Required, Some(value)) => Ok((letter, Some(OsStr::from_bytes(value).to_owned()))),
            (HasArg::Required, None) => match self.take_arg() {
                Some(value) => Ok((letter, Some(value.to_owned()))),
                None => Err(format!("option '--{name}' requires an argument")),
            },
            (HasArg::No, Some(_)) => Err(format!("option '--{name}' doesn't allow an argument")),
            (HasArg::No, None) => Ok((letter, None)),
        }
    }

    fn parse_short(&mut self, letter: u8, rest: &'a [u8]) -> Result<ParsedOption, String> {
        let letter = char::from(letter);
        self.cluster = rest;
        match self.table.find_short(letter) {
            None => return Err(format!("invalid option -- '{letter}'")),
            Some(HasArg::No) => return Ok((letter, None)),
            Some(HasArg::Required) => self.cluster = &[],
        }
        let value = if rest.is_empty() { self.take_arg() } else { Some(OsStr::from_bytes(rest)) };
        let value = value.ok_or_else(|| format!("option requires an argument -- '{letter}'"))?;
        Ok((letter, Some(value.to_owned())))
    }
}

/// The next option, or getopt's message about it.
impl Iterator for Getopt<'_> {
    type Item = Result<ParsedOption, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((letter, rest)) = self.cluster.split_first() {
            return Some(self.parse_short(*letter, rest));
        }
        match self.args.first()?.as_bytes() {
            b"--" => {
                self.take_arg();
                None
            }
            [b'-', b'-', name @ ..] if !self.table.long.is_empty() => {
                self.take_arg();
                Some(self.parse_long(name))
            }
            [b'-', letter, rest @ ..] => {
                self.take_arg();
                Some(self.parse_short(*letter, rest))
            }
            _ => None,
        }
    }
}

impl OptionTable {
    fn find_short(&self, letter: char) -> Option<HasArg> {
        let (_, behind) = self.short.split_once(letter).filter(|_| letter != ':')?;
        Some(if behind.starts_with(':') { HasArg::Required } else { HasArg::No })
    }

    fn find_long(&self, typed: &str) -> Result<LongOption, String> {
        let matching: Vec<_> = self.long.iter().filter(|(name, ..)| name.starts_with(typed)).collect();
        let exact = matching.iter().find(|(name, ..)| *name == typed);
        match (exact, matching.as_slice()) {
            (Some(one), _) | (None, [one]) => Ok(**one),
            (None, []) => Err(format!("unrecognized option '--{typed}'")),
            (None, several) => {
                let names: Vec<_> = several.iter().map(|(name, ..)| format!("'--{name}'")).collect();
                Err(format!("option '--{typed}' is ambiguous; possibilities: {}", names.join(" ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHORT: OptionTable = OptionTable { short: "ge:vs", long: &[] };
    const LONG: OptionTable = OptionTable {
        short: "r:vVc",
        long: &[
            ("rewrite", HasArg::Required, 'r'),
            ("verbose", HasArg::No, 'v'),
            ("version", HasArg::No, 'V'),
        ],
    };

    /// Each option as `v` or `e=1`, an error as it is, then the rest.
    fn parse(table: &'static OptionTable, line: &str) -> (Vec<String>, String) {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let mut getopt = Getopt::new(table, &args);
        let mut parsed = Vec::new();
        for option in &mut getopt {
            match option {
                Ok((letter, None)) => parsed.push(letter.to_string()),
                Ok((letter, Some(value))) => parsed.push(format!("{letter}={}", value.display())),
                Err(error) => {
                    parsed.push(error);
                    break;
                }
            }
        }
        let rest: Vec<_> = getopt.rest().iter().map(|arg| arg.display().to_string()).collect();
        (parsed, rest.join(" "))
    }

    #[test]
    fn parses_what_scripts_contain() {
        let table = [
            ("-g -v app -v", "g v", "app -v"),
            ("-gvs app", "g v s", "app"),
            ("-e 143 -e1 -ge2 app", "e=143 e=1 g e=2", "app"),
            ("-e -g app", "e=-g", "app"),
            ("-g -- -v app", "g", "-v app"),
            ("-- --", "", "--"),
            ("- -g", "", "- -g"),
            ("ls -l -d /", "", "ls -l -d /"),
            ("", "", ""),
        ];
        for (line, options, rest) in table {
            assert_eq!(parse(&SHORT, line), (split(options), rest.to_owned()), "{line}");
        }
    }

    #[test]
    fn parses_long_names_and_their_unique_prefixes() {
        let table = [
            ("--rewrite 15:3 app", "r=15:3", "app"),
            ("--rewrite=15:3 --verb app", "r=15:3 v", "app"),
            ("--r= -cv app", "r= c v", "app"),
        ];
        for (line, options, rest) in table {
            assert_eq!(parse(&LONG, line), (split(options), rest.to_owned()), "{line}");
        }
    }

    fn split(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn reports_errors_as_the_c_library_does() {
        let cases = [
            (&SHORT, "-x", "invalid option -- 'x'"),
            (&SHORT, "-:", "invalid option -- ':'"),
            (&SHORT, "-e", "option requires an argument -- 'e'"),
            (&SHORT, "--help", "invalid option -- '-'"),
            (&LONG, "--nope", "unrecognized option '--nope'"),
            (&LONG, "--rewrite", "option '--rewrite' requires an argument"),
            (&LONG, "--version=1", "option '--version' doesn't allow an argument"),
            (&LONG, "--ver", "option '--ver' is ambiguous; possibilities: '--verbose' '--version'"),
        ];
        for (table, line, error) in cases {
            assert_eq!(parse(table, line).0, [error], "{line}");
        }
    }

    #[test]
    fn keeps_arguments_that_are_not_utf_8() {
        let args = [OsString::from("-e"), OsStr::from_bytes(b"\xff").to_owned(), "app".into()];
        let mut getopt = Getopt::new(&SHORT, &args);
        assert_eq!(getopt.next(), Some(Ok(('e', Some(OsStr::from_bytes(b"\xff").to_owned())))));
        assert_eq!((getopt.next(), getopt.rest()), (None, &args[2..]));
    }

    proptest! {
        #[test]
        fn every_command_line_comes_to_an_end(line in prop::collection::vec("-{0,3}[a-z=:]{0,4}", 0..6)) {
            let args: Vec<OsString> = line.iter().map(OsString::from).collect();
            for table in [&SHORT, &LONG] {
                prop_assert!(Getopt::new(table, &args).take(100).count() < 40);
            }
        }
    }
}
