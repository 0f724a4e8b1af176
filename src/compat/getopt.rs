//! Short and long options as getopt_long(3) reads them, with its messages.
//!
//! Options end at the first word that is not one, for every program: glibc's
//! habit of going on behind it makes `tini ls -l` print tini's licence.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// What a program's options are called.
#[derive(Debug)]
pub struct Grammar {
    /// The letters, each followed by `:` if it takes a value.
    pub short: &'static str,
    /// Long names and the letters they stand for; any unique beginning of one
    /// will do.
    pub long: &'static [(&'static str, char)],
}

/// An option's letter, and its value if it takes one.
pub type Choice = (char, Option<OsString>);

/// Reads words one option at a time.
#[derive(Debug)]
pub struct Options<'a> {
    grammar: &'static Grammar,
    words: &'a [OsString],
    /// What is left of a word such as `-gvw`.
    cluster: &'a [u8],
}

impl<'a> Options<'a> {
    /// `words` are without the program's own name.
    pub fn new(grammar: &'static Grammar, words: &'a [OsString]) -> Self {
        Self { grammar, words, cluster: &[] }
    }

    /// The words after the options: the program to start and its own.
    pub fn rest(&self) -> &'a [OsString] {
        self.words
    }

    fn take(&mut self) -> Option<&'a OsStr> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn long(&mut self, word: &'a [u8]) -> Result<Choice, String> {
        let end = word.iter().position(|byte| *byte == b'=').unwrap_or(word.len());
        let (typed, value) = (String::from_utf8_lossy(&word[..end]), word.get(end + 1..));
        let (name, letter) = self.grammar.named(&typed)?;
        match (self.grammar.takes_value(letter), value) {
            (true, Some(value)) => Ok((letter, Some(OsStr::from_bytes(value).to_owned()))),
            (true, None) => match self.take() {
                Some(value) => Ok((letter, Some(value.to_owned()))),
                None => Err(format!("option '--{name}' requires an argument")),
            },
            (false, Some(_)) => Err(format!("option '--{name}' doesn't allow an argument")),
            (false, None) => Ok((letter, None)),
        }
    }

    fn short(&mut self, letter: u8, rest: &'a [u8]) -> Result<Choice, String> {
        let letter = char::from(letter);
        self.cluster = rest;
        if !self.grammar.knows(letter) {
            return Err(format!("invalid option -- '{letter}'"));
        }
        if !self.grammar.takes_value(letter) {
            return Ok((letter, None));
        }
        self.cluster = &[];
        let value = if rest.is_empty() { self.take() } else { Some(OsStr::from_bytes(rest)) };
        let value = value.ok_or_else(|| format!("option requires an argument -- '{letter}'"))?;
        Ok((letter, Some(value.to_owned())))
    }
}

/// The next option, or what is wrong with it.
impl Iterator for Options<'_> {
    type Item = Result<Choice, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((letter, rest)) = self.cluster.split_first() {
            return Some(self.short(*letter, rest));
        }
        match self.words.first()?.as_bytes() {
            b"--" => {
                self.take();
                None
            }
            [b'-', b'-', name @ ..] if !self.grammar.long.is_empty() => {
                self.take();
                Some(self.long(name))
            }
            [b'-', letter, rest @ ..] => {
                self.take();
                Some(self.short(*letter, rest))
            }
            _ => None,
        }
    }
}

impl Grammar {
    fn knows(&self, letter: char) -> bool {
        letter != ':' && self.short.contains(letter)
    }

    fn takes_value(&self, letter: char) -> bool {
        let (_, behind) = self.short.split_once(letter).unwrap_or_default();
        behind.starts_with(':')
    }

    fn named(&self, typed: &str) -> Result<(&'static str, char), String> {
        let begins: Vec<_> = self.long.iter().filter(|(name, _)| name.starts_with(typed)).collect();
        let exact = begins.iter().find(|(name, _)| *name == typed);
        match (exact, begins.as_slice()) {
            (Some(one), _) | (None, [one]) => Ok(**one),
            (None, []) => Err(format!("unrecognized option '--{typed}'")),
            (None, several) => {
                let names: Vec<_> = several.iter().map(|(name, _)| format!("'--{name}'")).collect();
                Err(format!("option '--{typed}' is ambiguous; possibilities: {}", names.join(" ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHORT: Grammar = Grammar { short: "ge:vs", long: &[] };
    const LONG: Grammar =
        Grammar { short: "r:vVc", long: &[("rewrite", 'r'), ("verbose", 'v'), ("version", 'V')] };

    /// Each option as `v` or `e=1`, an error as it is, then the rest.
    fn read(grammar: &'static Grammar, line: &str) -> (Vec<String>, String) {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let mut options = Options::new(grammar, &words);
        let mut read = Vec::new();
        for choice in &mut options {
            match choice {
                Ok((letter, None)) => read.push(letter.to_string()),
                Ok((letter, Some(value))) => read.push(format!("{letter}={}", value.display())),
                Err(wrong) => {
                    read.push(wrong);
                    break;
                }
            }
        }
        let rest: Vec<_> = options.rest().iter().map(|word| word.display().to_string()).collect();
        (read, rest.join(" "))
    }

    #[test]
    fn reads_what_scripts_write() {
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
            assert_eq!(read(&SHORT, line), (words(options), rest.to_owned()), "{line}");
        }
    }

    #[test]
    fn reads_long_names_and_their_unique_beginnings() {
        let table = [
            ("--rewrite 15:3 app", "r=15:3", "app"),
            ("--rewrite=15:3 --verb app", "r=15:3 v", "app"),
            ("--r= -cv app", "r= c v", "app"),
        ];
        for (line, options, rest) in table {
            assert_eq!(read(&LONG, line), (words(options), rest.to_owned()), "{line}");
        }
    }

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn says_what_the_c_library_says() {
        let table = [
            (&SHORT, "-x", "invalid option -- 'x'"),
            (&SHORT, "-:", "invalid option -- ':'"),
            (&SHORT, "-e", "option requires an argument -- 'e'"),
            (&SHORT, "--help", "invalid option -- '-'"),
            (&LONG, "--nope", "unrecognized option '--nope'"),
            (&LONG, "--rewrite", "option '--rewrite' requires an argument"),
            (&LONG, "--version=1", "option '--version' doesn't allow an argument"),
            (&LONG, "--ver", "option '--ver' is ambiguous; possibilities: '--verbose' '--version'"),
        ];
        for (grammar, line, wrong) in table {
            assert_eq!(read(grammar, line).0, [wrong], "{line}");
        }
    }

    #[test]
    fn keeps_words_that_are_no_text() {
        let words = [OsString::from("-e"), OsStr::from_bytes(b"\xff").to_owned(), "app".into()];
        let mut options = Options::new(&SHORT, &words);
        assert_eq!(options.next(), Some(Ok(('e', Some(OsStr::from_bytes(b"\xff").to_owned())))));
        assert_eq!((options.next(), options.rest()), (None, &words[2..]));
    }

    proptest! {
        #[test]
        fn every_line_has_an_end(line in prop::collection::vec("-{0,3}[a-z=:]{0,4}", 0..6)) {
            let words: Vec<OsString> = line.iter().map(OsString::from).collect();
            for grammar in [&SHORT, &LONG] {
                prop_assert!(Options::new(grammar, &words).take(100).count() < 40);
            }
        }
    }
}
