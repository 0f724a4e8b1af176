//! Splits curl's command line into options and URLs.

use std::ffi::OsString;

/// An option that curl has and hinit supports.
#[derive(Debug)]
pub(super) struct OptionDef {
    pub(super) long: &'static str,
    pub(super) short: Option<char>,
    pub(super) has_value: bool,
    pub(super) help: &'static str,
}

impl OptionDef {
    pub(super) const fn flag(long: &'static str, short: Option<char>, help: &'static str) -> Self {
        Self { long, short, has_value: false, help }
    }

    pub(super) const fn value(long: &'static str, short: Option<char>, help: &'static str) -> Self {
        Self { long, short, has_value: true, help }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// An option by its long name, and its value. The value of a flag is empty.
    Option(&'static str, String),
    Url(String),
}

/// Splits arguments as curl does. Options may stand anywhere, letters may be
/// combined, a value may be attached to its letter, and everything after `--` is
/// a URL.
pub(super) fn tokenize(defs: &[OptionDef], args: &[OsString]) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = args.iter().map(|arg| arg.to_string_lossy().into_owned());
    let mut only_urls = false;
    while let Some(arg) = rest.next() {
        match (arg.strip_prefix("--"), arg.strip_prefix('-')) {
            (Some(""), _) if !only_urls => only_urls = true,
            (Some(name), _) if !only_urls => tokens.push(long_option(defs, name, &mut rest)?),
            (None, Some(letters)) if !only_urls && !letters.is_empty() => {
                short_options(defs, letters, &mut rest, &mut tokens)?;
            }
            _ => tokens.push(Token::Url(arg)),
        }
    }
    Ok(tokens)
}

fn long_option(
    defs: &[OptionDef],
    name: &str,
    rest: &mut impl Iterator<Item = String>,
) -> Result<Token, String> {
    let def = defs.iter().find(|def| def.long == name).ok_or_else(|| unsupported(&format!("--{name}")))?;
    let value = if def.has_value {
        rest.next().ok_or_else(|| format!("option --{name}: requires parameter"))?
    } else {
        String::new()
    };
    Ok(Token::Option(def.long, value))
}

fn short_options(
    defs: &[OptionDef],
    letters: &str,
    rest: &mut impl Iterator<Item = String>,
    tokens: &mut Vec<Token>,
) -> Result<(), String> {
    for (at, letter) in letters.char_indices() {
        let def = defs.iter().find(|def| def.short == Some(letter));
        let def = def.ok_or_else(|| unsupported(&format!("-{letter}")))?;
        if !def.has_value {
            tokens.push(Token::Option(def.long, String::new()));
            continue;
        }
        let attached = &letters[at + letter.len_utf8()..];
        let value = if attached.is_empty() { rest.next() } else { Some(attached.to_owned()) };
        let value = value.ok_or_else(|| format!("option -{letter}: requires parameter"))?;
        tokens.push(Token::Option(def.long, value));
        return Ok(());
    }
    Ok(())
}

/// Begins as curl's message does. curl has more options than hinit supports.
fn unsupported(option: &str) -> String {
    format!("option {option}: is unknown to hinit, which supports only the options used in health checks")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFS: &[OptionDef] = &[
        OptionDef::flag("fail", Some('f'), ""),
        OptionDef::value("output", Some('o'), ""),
        OptionDef::value("url", None, ""),
    ];

    fn tokens(line: &str) -> Result<Vec<Token>, String> {
        tokenize(DEFS, &line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn option(name: &'static str, value: &str) -> Token {
        Token::Option(name, value.into())
    }

    #[test]
    fn accepts_options_and_urls_in_any_order() {
        let url = || Token::Url("u".into());
        let table = [
            ("-f u", vec![option("fail", ""), url()]),
            ("u -ffo x", vec![url(), option("fail", ""), option("fail", ""), option("output", "x")]),
            ("-fox u", vec![option("fail", ""), option("output", "x"), url()]),
            ("--output -f --url -x", vec![option("output", "-f"), option("url", "-x")]),
            ("- -- -f", vec![Token::Url("-".into()), Token::Url("-f".into())]),
        ];
        for (line, expected) in table {
            assert_eq!(tokens(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn errors_name_the_option() {
        let table = [
            ("-fx", "option -x: is unknown to hinit"),
            ("--nope", "option --nope: is unknown to hinit"),
            ("--fail=1", "option --fail=1: is unknown to hinit"),
            ("- -", ""),
            ("-fo", "option -o: requires parameter"),
            ("--url", "option --url: requires parameter"),
            ("-f\u{e9}", "option -\u{e9}: is unknown"),
        ];
        for (line, message) in table {
            match tokens(line) {
                Err(error) => assert!(error.starts_with(message) && !message.is_empty(), "{line}: {error}"),
                Ok(_) => assert!(message.is_empty(), "{line}"),
            }
        }
    }
}
