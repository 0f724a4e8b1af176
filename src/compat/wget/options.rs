//! What wget's words mean: pure but for the file that a body comes from.

use crate::compat::getopt::{self, Grammar};
use crate::compat::web::{self, Family};
use crate::time::parse_duration;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

/// Letters as wget has them. A Greek one stands for an option without a letter:
/// nobody can type it as one.
const GRAMMAR: Grammar = Grammar {
    short: "qvSO:P:T:t:U:n:46hVY:νσχ:ρ:ω:κφα:π:γ:η:ξ:β:δ:ζ:ι:υ:ψ:μ:λοθ:τ:",
    long: &[
        ("quiet", 'q'),
        ("no-verbose", 'ν'),
        ("verbose", 'v'),
        ("server-response", 'S'),
        ("spider", 'σ'),
        ("output-document", 'O'),
        ("directory-prefix", 'P'),
        ("timeout", 'T'),
        ("connect-timeout", 'χ'),
        ("dns-timeout", 'χ'),
        ("read-timeout", 'ρ'),
        ("tries", 't'),
        ("waitretry", 'ω'),
        ("retry-connrefused", 'κ'),
        ("no-check-certificate", 'φ'),
        ("ca-certificate", 'α'),
        ("certificate", 'π'),
        ("private-key", 'γ'),
        ("header", 'η'),
        ("user-agent", 'U'),
        ("referer", 'τ'),
        ("inet4-only", '4'),
        ("inet6-only", '6'),
        ("method", 'ξ'),
        ("body-data", 'β'),
        ("post-data", 'δ'),
        ("body-file", 'ζ'),
        ("post-file", 'ι'),
        ("user", 'υ'),
        ("http-user", 'υ'),
        ("password", 'ψ'),
        ("http-password", 'ψ'),
        ("http-passwd", 'ψ'),
        ("max-redirect", 'μ'),
        ("content-on-error", 'λ'),
        ("auth-no-challenge", 'ο'),
        ("no-proxy", 'ο'),
        ("no-hsts", 'ο'),
        ("no-netrc", 'ο'),
        ("no-config", 'ο'),
        ("no-cache", 'ο'),
        ("no-cookies", 'ο'),
        ("no-dns-cache", 'ο'),
        ("no-http-keep-alive", 'ο'),
        ("progress", 'θ'),
        ("help", 'h'),
        ("version", 'V'),
    ],
};

/// GNU wget's codes for a command line: nothing to fetch, and no sense in it.
const NOTHING: i32 = 1;
const SENSELESS: i32 = 2;
/// And for a file that is not there.
const UNREADABLE: i32 = 3;
/// In seconds; how long GNU wget waits for the next byte.
const READ_TIMEOUT: Duration = Duration::from_secs(900);

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Voice {
    Quiet,
    Short,
    Verbose,
}

/// wget's command line by its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a bool for each option that is one")]
pub(super) struct Options {
    pub(super) urls: Vec<String>,
    pub(super) voice: Voice,
    pub(super) server_response: bool,
    pub(super) spider: bool,
    pub(super) output: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) family: Option<Family>,
    pub(super) connect_timeout: Duration,
    pub(super) read_timeout: Duration,
    /// How often in all; 0 is for ever.
    pub(super) tries: u32,
    pub(super) wait_retry: Duration,
    pub(super) retry_refused: bool,
    pub(super) insecure: bool,
    pub(super) ca: Option<String>,
    pub(super) certificate: Option<String>,
    pub(super) key: Option<String>,
    pub(super) headers: Vec<String>,
    pub(super) agent: Option<String>,
    pub(super) method: Option<String>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) most_redirects: u32,
    pub(super) content_on_error: bool,
}

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Options(Box<Options>),
    Help,
    Version,
}

/// An exit code, and why.
pub(super) type Refusal = (i32, String);

/// The options, a line each.
pub(super) fn help() -> String {
    let mut text = String::new();
    for (name, _) in GRAMMAR.long {
        let _ = writeln!(text, "  --{name}");
    }
    text
}

impl Default for Options {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            voice: Voice::Verbose,
            server_response: false,
            spider: false,
            output: None,
            directory: None,
            family: None,
            connect_timeout: Duration::MAX,
            read_timeout: READ_TIMEOUT,
            tries: 20,
            wait_retry: Duration::from_secs(10),
            retry_refused: false,
            insecure: false,
            ca: None,
            certificate: None,
            key: None,
            headers: Vec::new(),
            agent: None,
            method: None,
            body: None,
            user: None,
            password: None,
            most_redirects: 20,
            content_on_error: false,
        }
    }
}

/// Reads the words after the name: options anywhere, URLs between them.
pub(super) fn parse(mut words: &[OsString]) -> Result<Parsed, Refusal> {
    let mut options = Options::default();
    loop {
        let mut choices = getopt::Options::new(&GRAMMAR, words);
        for choice in choices.by_ref() {
            let (letter, value) = choice.map_err(|why| (SENSELESS, why))?;
            match letter {
                'h' => return Ok(Parsed::Help),
                'V' => return Ok(Parsed::Version),
                _ => options.take(letter, crate::compat::text(value.as_ref()).to_owned())?,
            }
        }
        let rest = choices.rest();
        let ended = words.len() > rest.len() && words[words.len() - rest.len() - 1] == "--";
        let urls = if ended { rest.len() } else { rest.len().min(1) };
        options.urls.extend(rest[..urls].iter().map(|url| url.to_string_lossy().into_owned()));
        words = &rest[urls..];
        if words.is_empty() {
            break;
        }
    }
    if options.urls.is_empty() {
        return Err((NOTHING, "missing URL".into()));
    }
    Ok(Parsed::Options(Box::new(options)))
}

impl Options {
    fn take(&mut self, letter: char, value: String) -> Result<(), Refusal> {
        match letter {
            'q' => self.voice = Voice::Quiet,
            'ν' => self.voice = self.voice.min(Voice::Short),
            'v' => self.voice = Voice::Verbose,
            'S' => self.server_response = true,
            'σ' => self.spider = true,
            'O' => self.output = Some(value),
            'P' => self.directory = Some(value),
            '4' => self.family = Some(Family::V4),
            '6' => self.family = Some(Family::V6),
            'T' => {
                self.read_timeout = time("timeout", &value)?;
                self.connect_timeout = self.read_timeout;
            }
            'χ' => self.connect_timeout = time("connect-timeout", &value)?,
            'ρ' => self.read_timeout = time("read-timeout", &value)?,
            't' if value == "inf" => self.tries = 0,
            't' => self.tries = number("tries", &value)?,
            'ω' => self.wait_retry = time("waitretry", &value)?,
            'κ' => self.retry_refused = true,
            'n' => return self.take_no(&value),
            _ => return self.take_more(letter, value),
        }
        Ok(())
    }

    fn take_more(&mut self, letter: char, value: String) -> Result<(), Refusal> {
        match letter {
            'φ' => self.insecure = true,
            'α' => self.ca = Some(value),
            'π' => self.certificate = Some(value),
            'γ' => self.key = Some(value),
            'η' if !value.contains(':') => {
                return Err((SENSELESS, format!("--header: Invalid header '{value}'.")));
            }
            'η' => self.headers.push(value),
            'τ' => self.headers.push(format!("Referer: {value}")),
            'U' => self.agent = Some(value),
            'ξ' => self.method = Some(value),
            'β' => self.body = Some(value.into_bytes()),
            'ζ' => self.body = Some(body_of(&value)?),
            'δ' | 'ι' => {
                self.body = Some(if letter == 'δ' { value.into_bytes() } else { body_of(&value)? });
                self.method = Some("POST".into());
            }
            'υ' => self.user = Some(value),
            'ψ' => self.password = Some(value),
            'μ' => self.most_redirects = number("max-redirect", &value)?,
            'λ' => self.content_on_error = true,
            'Y' if value != "off" => return Err((SENSELESS, format!("-Y {value}: no proxy is ever used"))),
            // What is so anyway.
            _ => {}
        }
        Ok(())
    }

    /// `-nv` and `-nc`: the letters behind `-n`.
    fn take_no(&mut self, letters: &str) -> Result<(), Refusal> {
        for letter in letters.chars() {
            match letter {
                'v' => self.voice = self.voice.min(Voice::Short),
                _ => return Err((SENSELESS, format!("invalid option -- 'n{letter}'"))),
            }
        }
        Ok(())
    }
}

fn body_of(file: &str) -> Result<Vec<u8>, Refusal> {
    fs::read(file).map_err(|error| (UNREADABLE, format!("BODY data file '{file}' missing: {error}")))
}

/// `5`, `0.5`, `5s`, `1m`; 0 is no limit.
fn time(name: &str, value: &str) -> Result<Duration, Refusal> {
    let wrong = || (SENSELESS, format!("--{name}: Invalid time period '{value}'"));
    let time = web::seconds(value).or_else(|| parse_duration(value).ok()).ok_or_else(wrong)?;
    Ok(if time.is_zero() { Duration::MAX } else { time })
}

fn number(name: &str, value: &str) -> Result<u32, Refusal> {
    value.parse().map_err(|_| (SENSELESS, format!("--{name}: Invalid number '{value}'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Parsed, Refusal> {
        parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn options(line: &str) -> Options {
        match read(line) {
            Ok(Parsed::Options(options)) => *options,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn reads_the_lines_that_images_have() {
        let spider = Options {
            spider: true,
            urls: vec!["u".into()],
            voice: Voice::Short,
            tries: 1,
            ..Options::default()
        };
        assert_eq!(options("--no-verbose --tries=1 --spider u"), spider);
        assert_eq!(options("-nv -t1 --spider u"), spider);
        assert_eq!(options("u --tries 1 --spid -nv"), spider);
        let quiet = Options { voice: Voice::Quiet, ..spider };
        assert_eq!(options("--quiet --tries=1 --spider u"), quiet);
        assert_eq!(options("-q -nv -t 1 --spider u"), quiet);
        for line in ["-qO- a b", "-q -O - a b", "a -qO - b", "-qO- -- a b"] {
            let wanted = Options {
                voice: Voice::Quiet,
                output: Some("-".into()),
                urls: vec!["a".into(), "b".into()],
                ..Options::default()
            };
            assert_eq!(options(line), wanted, "{line}");
        }
        let timed = options("--timeout=5 -O /dev/null --header=A:b --method=GET u");
        assert_eq!(
            (timed.connect_timeout, timed.read_timeout),
            (Duration::from_secs(5), Duration::from_secs(5))
        );
        assert_eq!((timed.headers, timed.method), (vec!["A:b".to_owned()], Some("GET".to_owned())));
        assert_eq!(options("--post-data=a=b u").body, Some(b"a=b".to_vec()));
        assert_eq!(options("-T 1m u").read_timeout, Duration::from_secs(60));
    }

    #[test]
    fn refuses_what_makes_no_sense_and_names_it() {
        let table = [
            ("", 1, "missing URL"),
            ("-q", 1, "missing URL"),
            ("--mirror u", 2, "unrecognized option '--mirror'"),
            ("-r u", 2, "invalid option -- 'r'"),
            ("-nc u", 2, "invalid option -- 'nc'"),
            ("--tries=x u", 2, "--tries: Invalid number"),
            ("-T x u", 2, "--timeout: Invalid time period"),
            ("--header=x u", 2, "--header: Invalid header 'x'."),
            ("--post-file=/nonexistent u", 3, "BODY data file '/nonexistent' missing"),
            ("-O", 2, "option requires an argument -- 'O'"),
        ];
        for (line, code, why) in table {
            let (found, wrong) = read(line).unwrap_err();
            assert!(found == code && wrong.starts_with(why), "{line}: {found} {wrong}");
        }
    }

    #[test]
    fn takes_no_letter_that_only_stands_for_a_long_name() {
        for letter in ["-E", "-F", "-K", "-d", "-σ"] {
            assert!(read(&format!("{letter} u")).is_err(), "{letter}");
        }
    }
}
