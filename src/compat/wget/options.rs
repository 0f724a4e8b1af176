//! wget's options: the table of those that hinit supports, and what they set.
//! Only the body of `--post-file` and `--body-file` is read from a file.

use super::exit_code::{FILE_IO_ERROR, GENERIC_ERROR, PARSE_ERROR};
use crate::compat::args::utf8;
use crate::compat::getopt::{Getopt, HasArg, OptionTable};
use crate::compat::http_transfer::AddressFamily;
use crate::compat::values::parse_seconds;
use crate::time::parse_duration;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

const OPTIONS: OptionTable = OptionTable {
    short: "qvSO:P:T:t:U:n:46hVY:",
    long: &[
        ("quiet", HasArg::No, 'q'),
        ("no-verbose", HasArg::No, long_only::NO_VERBOSE),
        ("verbose", HasArg::No, 'v'),
        ("server-response", HasArg::No, 'S'),
        ("spider", HasArg::No, long_only::SPIDER),
        ("output-document", HasArg::Required, 'O'),
        ("directory-prefix", HasArg::Required, 'P'),
        ("timeout", HasArg::Required, 'T'),
        ("connect-timeout", HasArg::Required, long_only::CONNECT_TIMEOUT),
        ("dns-timeout", HasArg::Required, long_only::CONNECT_TIMEOUT),
        ("read-timeout", HasArg::Required, long_only::READ_TIMEOUT),
        ("tries", HasArg::Required, 't'),
        ("waitretry", HasArg::Required, long_only::WAIT_RETRY),
        ("retry-connrefused", HasArg::No, long_only::RETRY_CONNREFUSED),
        ("no-check-certificate", HasArg::No, long_only::NO_CHECK_CERTIFICATE),
        ("ca-certificate", HasArg::Required, long_only::CA_CERTIFICATE),
        ("certificate", HasArg::Required, long_only::CERTIFICATE),
        ("private-key", HasArg::Required, long_only::PRIVATE_KEY),
        ("header", HasArg::Required, long_only::HEADER),
        ("user-agent", HasArg::Required, 'U'),
        ("referer", HasArg::Required, long_only::REFERER),
        ("inet4-only", HasArg::No, '4'),
        ("inet6-only", HasArg::No, '6'),
        ("method", HasArg::Required, long_only::METHOD),
        ("body-data", HasArg::Required, long_only::BODY_DATA),
        ("post-data", HasArg::Required, long_only::POST_DATA),
        ("body-file", HasArg::Required, long_only::BODY_FILE),
        ("post-file", HasArg::Required, long_only::POST_FILE),
        ("user", HasArg::Required, long_only::USER),
        ("http-user", HasArg::Required, long_only::USER),
        ("password", HasArg::Required, long_only::PASSWORD),
        ("http-password", HasArg::Required, long_only::PASSWORD),
        ("http-passwd", HasArg::Required, long_only::PASSWORD),
        ("max-redirect", HasArg::Required, long_only::MAX_REDIRECT),
        ("content-on-error", HasArg::No, long_only::CONTENT_ON_ERROR),
        ("auth-no-challenge", HasArg::No, long_only::NO_EFFECT),
        ("no-proxy", HasArg::No, long_only::NO_EFFECT),
        ("no-hsts", HasArg::No, long_only::NO_EFFECT),
        ("no-netrc", HasArg::No, long_only::NO_EFFECT),
        ("no-config", HasArg::No, long_only::NO_EFFECT),
        ("no-cache", HasArg::No, long_only::NO_EFFECT),
        ("no-cookies", HasArg::No, long_only::NO_EFFECT),
        ("no-dns-cache", HasArg::No, long_only::NO_EFFECT),
        ("no-http-keep-alive", HasArg::No, long_only::NO_EFFECT),
        ("progress", HasArg::Required, long_only::NO_EFFECT),
        ("help", HasArg::No, 'h'),
        ("version", HasArg::No, 'V'),
    ],
};

/// What stands for an option without a letter, as values above 255 do for
/// getopt_long(3): characters that are no option's letter.
mod long_only {
    pub(super) const NO_VERBOSE: char = '\u{e000}';
    pub(super) const SPIDER: char = '\u{e001}';
    pub(super) const CONNECT_TIMEOUT: char = '\u{e002}';
    pub(super) const READ_TIMEOUT: char = '\u{e003}';
    pub(super) const WAIT_RETRY: char = '\u{e004}';
    pub(super) const RETRY_CONNREFUSED: char = '\u{e005}';
    pub(super) const NO_CHECK_CERTIFICATE: char = '\u{e006}';
    pub(super) const CA_CERTIFICATE: char = '\u{e007}';
    pub(super) const CERTIFICATE: char = '\u{e008}';
    pub(super) const PRIVATE_KEY: char = '\u{e009}';
    pub(super) const HEADER: char = '\u{e00a}';
    pub(super) const REFERER: char = '\u{e00b}';
    pub(super) const METHOD: char = '\u{e00c}';
    pub(super) const BODY_DATA: char = '\u{e00d}';
    pub(super) const POST_DATA: char = '\u{e00e}';
    pub(super) const BODY_FILE: char = '\u{e00f}';
    pub(super) const POST_FILE: char = '\u{e010}';
    pub(super) const USER: char = '\u{e011}';
    pub(super) const PASSWORD: char = '\u{e012}';
    pub(super) const MAX_REDIRECT: char = '\u{e013}';
    pub(super) const CONTENT_ON_ERROR: char = '\u{e014}';
    pub(super) const NO_EFFECT: char = '\u{e015}';
}

/// GNU wget's default of `--read-timeout`.
const DEFAULT_READ_TIMEOUT: Duration = Duration::from_secs(900);

/// How much is printed to stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    Quiet,
    /// `--no-verbose`.
    Brief,
    Verbose,
}

/// What the command line sets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a bool for every flag")]
pub(super) struct Options {
    pub(super) urls: Vec<String>,
    pub(super) verbosity: Verbosity,
    pub(super) server_response: bool,
    pub(super) spider: bool,
    pub(super) output: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) family: Option<AddressFamily>,
    pub(super) connect_timeout: Duration,
    pub(super) read_timeout: Duration,
    /// The first try included; 0 is unlimited.
    pub(super) tries: u32,
    pub(super) wait_retry: Duration,
    pub(super) retry_connrefused: bool,
    pub(super) insecure: bool,
    pub(super) ca_certificate: Option<String>,
    pub(super) certificate: Option<String>,
    pub(super) key: Option<String>,
    pub(super) headers: Vec<String>,
    pub(super) agent: Option<String>,
    pub(super) method: Option<String>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) max_redirects: u32,
    pub(super) content_on_error: bool,
}

/// What the command line requests.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Options(Box<Options>),
    Help,
    Version,
}

/// An exit code and its message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UsageError {
    pub(super) code: i32,
    pub(super) message: String,
}

/// One line for each option.
pub(super) fn help() -> String {
    let mut text = String::new();
    for (name, ..) in OPTIONS.long {
        let _ = writeln!(text, "  --{name}");
    }
    text
}

impl Default for Options {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            verbosity: Verbosity::Verbose,
            server_response: false,
            spider: false,
            output: None,
            directory: None,
            family: None,
            connect_timeout: Duration::MAX,
            read_timeout: DEFAULT_READ_TIMEOUT,
            tries: 20,
            wait_retry: Duration::from_secs(10),
            retry_connrefused: false,
            insecure: false,
            ca_certificate: None,
            certificate: None,
            key: None,
            headers: Vec::new(),
            agent: None,
            method: None,
            body: None,
            user: None,
            password: None,
            max_redirects: 20,
            content_on_error: false,
        }
    }
}

/// Parses the arguments after `argv[0]`. Options and URLs may be in any order.
pub(super) fn parse(mut args: &[OsString]) -> Result<Parsed, UsageError> {
    let mut options = Options::default();
    loop {
        let mut getopt = Getopt::new(&OPTIONS, args);
        for option in getopt.by_ref() {
            let (letter, value) = option.map_err(invalid)?;
            match letter {
                'h' => return Ok(Parsed::Help),
                'V' => return Ok(Parsed::Version),
                _ => options.set(letter, utf8(value.as_ref()).to_owned())?,
            }
        }
        let rest = getopt.rest();
        let only_urls = args.len() > rest.len() && args[args.len() - rest.len() - 1] == "--";
        let urls = if only_urls { rest.len() } else { rest.len().min(1) };
        options.urls.extend(rest[..urls].iter().map(|url| url.to_string_lossy().into_owned()));
        args = &rest[urls..];
        if args.is_empty() {
            break;
        }
    }
    if options.urls.is_empty() {
        return Err(UsageError { code: GENERIC_ERROR, message: "missing URL".into() });
    }
    Ok(Parsed::Options(Box::new(options)))
}

fn invalid(message: String) -> UsageError {
    UsageError { code: PARSE_ERROR, message }
}

impl Options {
    fn set(&mut self, letter: char, value: String) -> Result<(), UsageError> {
        match letter {
            'q' => self.verbosity = Verbosity::Quiet,
            long_only::NO_VERBOSE => self.verbosity = self.verbosity.min(Verbosity::Brief),
            'v' => self.verbosity = Verbosity::Verbose,
            'S' => self.server_response = true,
            long_only::SPIDER => self.spider = true,
            'O' => self.output = Some(value),
            'P' => self.directory = Some(value),
            '4' => self.family = Some(AddressFamily::V4),
            '6' => self.family = Some(AddressFamily::V6),
            'T' => {
                self.read_timeout = time("timeout", &value)?;
                self.connect_timeout = self.read_timeout;
            }
            long_only::CONNECT_TIMEOUT => self.connect_timeout = time("connect-timeout", &value)?,
            long_only::READ_TIMEOUT => self.read_timeout = time("read-timeout", &value)?,
            't' if value == "inf" => self.tries = 0,
            't' => self.tries = number("tries", &value)?,
            long_only::WAIT_RETRY => self.wait_retry = time("waitretry", &value)?,
            long_only::RETRY_CONNREFUSED => self.retry_connrefused = true,
            'n' => return self.set_no(&value),
            _ => return self.set_more(letter, value),
        }
        Ok(())
    }

    fn set_more(&mut self, letter: char, value: String) -> Result<(), UsageError> {
        match letter {
            long_only::NO_CHECK_CERTIFICATE => self.insecure = true,
            long_only::CA_CERTIFICATE => self.ca_certificate = Some(value),
            long_only::CERTIFICATE => self.certificate = Some(value),
            long_only::PRIVATE_KEY => self.key = Some(value),
            long_only::HEADER if !value.contains(':') => {
                return Err(invalid(format!("--header: Invalid header '{value}'.")));
            }
            long_only::HEADER => self.headers.push(value),
            long_only::REFERER => self.headers.push(format!("Referer: {value}")),
            'U' => self.agent = Some(value),
            long_only::METHOD => self.method = Some(value),
            long_only::BODY_DATA => self.body = Some(value.into_bytes()),
            long_only::BODY_FILE => self.body = Some(read_body(&value)?),
            long_only::POST_DATA => self.set_post(value.into_bytes()),
            long_only::POST_FILE => self.set_post(read_body(&value)?),
            long_only::USER => self.user = Some(value),
            long_only::PASSWORD => self.password = Some(value),
            long_only::MAX_REDIRECT => self.max_redirects = number("max-redirect", &value)?,
            long_only::CONTENT_ON_ERROR => self.content_on_error = true,
            'Y' if value != "off" => return Err(invalid(format!("-Y {value}: hinit ignores proxies"))),
            // long_only::NO_EFFECT and `-Y off` ask for what hinit always does.
            _ => {}
        }
        Ok(())
    }

    fn set_post(&mut self, body: Vec<u8>) {
        self.body = Some(body);
        self.method = Some("POST".into());
    }

    /// The letters after `-n`: `-nv`.
    fn set_no(&mut self, letters: &str) -> Result<(), UsageError> {
        for letter in letters.chars() {
            match letter {
                'v' => self.verbosity = self.verbosity.min(Verbosity::Brief),
                _ => return Err(invalid(format!("invalid option -- 'n{letter}'"))),
            }
        }
        Ok(())
    }
}

fn read_body(file: &str) -> Result<Vec<u8>, UsageError> {
    let message = |error| format!("BODY data file '{file}' missing: {error}");
    fs::read(file).map_err(|error| UsageError { code: FILE_IO_ERROR, message: message(error) })
}

/// `5`, `0.5`, `5s`, `1m`; 0 is no timeout.
fn time(name: &str, value: &str) -> Result<Duration, UsageError> {
    let error = || invalid(format!("--{name}: Invalid time period '{value}'"));
    let time = parse_seconds(value).or_else(|| parse_duration(value).ok()).ok_or_else(error)?;
    Ok(if time.is_zero() { Duration::MAX } else { time })
}

fn number(name: &str, value: &str) -> Result<u32, UsageError> {
    value.parse().map_err(|_| invalid(format!("--{name}: Invalid number '{value}'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Parsed, UsageError> {
        parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn options(line: &str) -> Options {
        match parsed(line) {
            Ok(Parsed::Options(options)) => *options,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn parses_the_command_lines_of_real_images() {
        let spider = Options {
            spider: true,
            urls: vec!["u".into()],
            verbosity: Verbosity::Brief,
            tries: 1,
            ..Options::default()
        };
        assert_eq!(options("--no-verbose --tries=1 --spider u"), spider);
        assert_eq!(options("-nv -t1 --spider u"), spider);
        assert_eq!(options("u --tries 1 --spid -nv"), spider);
        let quiet = Options { verbosity: Verbosity::Quiet, ..spider };
        assert_eq!(options("--quiet --tries=1 --spider u"), quiet);
        assert_eq!(options("-q -nv -t 1 --spider u"), quiet);
        for line in ["-qO- a b", "-q -O - a b", "a -qO - b", "-qO- -- a b"] {
            let wanted = Options {
                verbosity: Verbosity::Quiet,
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
    fn rejects_invalid_command_lines_and_names_the_option() {
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
        for (line, code, message) in table {
            let error = parsed(line).unwrap_err();
            assert!(error.code == code && error.message.starts_with(message), "{line}: {error:?}");
        }
    }

    #[test]
    fn long_options_have_no_accidental_letter() {
        for letter in ["-E", "-F", "-K", "-d", "-σ", "-\u{e000}"] {
            assert!(parsed(&format!("{letter} u")).is_err(), "{letter}");
        }
    }
}
