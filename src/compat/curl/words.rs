//! The words of curl's command line: pure.

use std::ffi::OsString;

/// What follows an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Value,
}

/// An option's long name, its letter (a space for none), what follows it.
pub(super) type Known = (&'static str, char, Takes);

/// One word of the command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// An option by its long name.
    Option(&'static str, String),
    Url(String),
}

/// Splits words as curl does: options anywhere, letters in a heap, a value
/// behind its letter or in the next word, everything after `--` a URL.
pub(super) fn split(known: &[Known], words: &[OsString]) -> Result<Vec<Word>, String> {
    let mut found = Vec::new();
    let mut rest = words.iter().map(|word| word.to_string_lossy().into_owned());
    let mut all_urls = false;
    while let Some(word) = rest.next() {
        match (word.strip_prefix("--"), word.strip_prefix('-')) {
            (Some(""), _) if !all_urls => all_urls = true,
            (Some(long), _) if !all_urls => found.push(by_name(known, long, &mut rest)?),
            (None, Some(letters)) if !all_urls && !letters.is_empty() => {
                by_letters(known, letters, &mut rest, &mut found)?;
            }
            _ => found.push(Word::Url(word)),
        }
    }
    Ok(found)
}

fn by_name(known: &[Known], name: &str, rest: &mut impl Iterator<Item = String>) -> Result<Word, String> {
    let found = known.iter().find(|(long, ..)| *long == name);
    let (long, _, takes) = found.ok_or_else(|| unknown(&format!("--{name}")))?;
    let value = match takes {
        Takes::Nothing => String::new(),
        Takes::Value => rest.next().ok_or_else(|| format!("option --{name}: requires parameter"))?,
    };
    Ok(Word::Option(long, value))
}

fn by_letters(
    known: &[Known],
    letters: &str,
    rest: &mut impl Iterator<Item = String>,
    found: &mut Vec<Word>,
) -> Result<(), String> {
    for (at, letter) in letters.char_indices() {
        let option = known.iter().find(|(_, short, _)| *short == letter && letter != ' ');
        let (long, _, takes) = option.ok_or_else(|| unknown(&format!("-{letter}")))?;
        if *takes == Takes::Nothing {
            found.push(Word::Option(long, String::new()));
            continue;
        }
        let behind = &letters[at + letter.len_utf8()..];
        let value = if behind.is_empty() { rest.next() } else { Some(behind.to_owned()) };
        let value = value.ok_or_else(|| format!("option -{letter}: requires parameter"))?;
        found.push(Word::Option(long, value));
        return Ok(());
    }
    Ok(())
}

/// curl knows more options than hinit does.
fn unknown(option: &str) -> String {
    format!("option {option}: is unknown to hinit, which takes what health checks use")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Known] =
        &[("fail", 'f', Takes::Nothing), ("output", 'o', Takes::Value), ("url", ' ', Takes::Value)];

    fn read(line: &str) -> Result<Vec<Word>, String> {
        split(KNOWN, &line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn option(name: &'static str, value: &str) -> Word {
        Word::Option(name, value.into())
    }

    #[test]
    fn reads_options_and_urls_in_any_order() {
        let url = || Word::Url("u".into());
        let table = [
            ("-f u", vec![option("fail", ""), url()]),
            ("u -ffo x", vec![url(), option("fail", ""), option("fail", ""), option("output", "x")]),
            ("-fox u", vec![option("fail", ""), option("output", "x"), url()]),
            ("--output -f --url -x", vec![option("output", "-f"), option("url", "-x")]),
            ("- -- -f", vec![Word::Url("-".into()), Word::Url("-f".into())]),
        ];
        for (line, words) in table {
            assert_eq!(read(line), Ok(words), "{line}");
        }
    }

    #[test]
    fn names_the_option_that_is_wrong() {
        let table = [
            ("-fx", "option -x: is unknown to hinit"),
            ("--nope", "option --nope: is unknown to hinit"),
            ("--fail=1", "option --fail=1: is unknown to hinit"),
            ("- -", ""),
            ("-fo", "option -o: requires parameter"),
            ("--url", "option --url: requires parameter"),
            ("-f\u{e9}", "option -\u{e9}: is unknown"),
        ];
        for (line, why) in table {
            match read(line) {
                Err(wrong) => assert!(wrong.starts_with(why) && !why.is_empty(), "{line}: {wrong}"),
                Ok(_) => assert!(why.is_empty(), "{line}"),
            }
        }
    }
}
