//! What curl's words mean: pure but for the files that a value names with `@`.

use super::words::{Known, Takes, Word, split};
use super::write_out;
use crate::compat::web::{self, Family};
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use Takes::{Nothing, Value};

/// The options, and what they do.
const OPTIONS: &[(Known, &str)] = &[
    (("basic", ' ', Nothing), "Send -u as Basic (always so)"),
    (("cacert", ' ', Value), "<file> Believe what these certificates vouch for"),
    (("cert", 'E', Value), "<file> Client certificate"),
    (("compressed", ' ', Nothing), "Take a compressed answer (none is asked for)"),
    (("connect-timeout", ' ', Value), "<seconds> Time for the connection"),
    (("cookie", 'b', Value), "<name=value> Cookies to send"),
    (("data", 'd', Value), "<data> Body to send; @file"),
    (("data-ascii", ' ', Value), "<data> The same"),
    (("data-binary", ' ', Value), "<data> Body to send as it is; @file"),
    (("data-raw", ' ', Value), "<data> Body to send; @ means nothing"),
    (("data-urlencode", ' ', Value), "<data> Body to send, encoded; NAME=CONTENT, NAME@file"),
    (("dump-header", 'D', Value), "<file> Where the headers go"),
    (("fail", 'f', Nothing), "Code 22 and no output for an answer of 400 and more"),
    (("fail-early", ' ', Nothing), "Stop at the first URL that fails"),
    (("fail-with-body", ' ', Nothing), "Code 22, and the output"),
    (("get", 'G', Nothing), "Put -d into the URL"),
    (("globoff", 'g', Nothing), "Take {} and [] as they are"),
    (("head", 'I', Nothing), "Headers only"),
    (("header", 'H', Value), "<header> Header to send"),
    (("help", 'h', Nothing), "This text"),
    (("http1.1", ' ', Nothing), "HTTP/1.1 (always so)"),
    (("include", 'i', Nothing), "Headers in the output"),
    (("insecure", 'k', Nothing), "Believe any certificate"),
    (("ipv4", '4', Nothing), "Connect by IPv4 alone"),
    (("ipv6", '6', Nothing), "Connect by IPv6 alone"),
    (("json", ' ', Value), "<data> JSON to send"),
    (("key", ' ', Value), "<file> Key of the client certificate"),
    (("location", 'L', Nothing), "Follow redirects"),
    (("max-redirs", ' ', Value), "<number> Redirects to follow, 50 by default"),
    (("max-time", 'm', Value), "<seconds> Time for all of it"),
    (("no-buffer", 'N', Nothing), "Write at once (always so)"),
    (("no-keepalive", ' ', Nothing), "No keepalive (always so)"),
    (("no-progress-meter", ' ', Nothing), "No progress meter (always so)"),
    (("noproxy", ' ', Value), "<hosts> No proxy for these (none is ever used)"),
    (("output", 'o', Value), "<file> Where the output goes"),
    (("progress-bar", '#', Nothing), "A bar as progress meter (there is none)"),
    (("referer", 'e', Value), "<URL> Where the link was"),
    (("remote-name", 'O', Nothing), "The output goes into a file named as in the URL"),
    (("request", 'X', Value), "<method> Method"),
    (("retry", ' ', Value), "<number> Try again so often after a passing fault"),
    (("retry-all-errors", ' ', Nothing), "Try again after any fault"),
    (("retry-connrefused", ' ', Nothing), "Try again if nobody listens"),
    (("retry-delay", ' ', Value), "<seconds> Wait between tries"),
    (("retry-max-time", ' ', Value), "<seconds> Begin no try after this time"),
    (("show-error", 'S', Nothing), "Tell of a fault in spite of -s"),
    (("silent", 's', Nothing), "Say nothing"),
    (("tlsv1.2", ' ', Nothing), "TLS 1.2 or later (always so)"),
    (("unix-socket", ' ', Value), "<path> Connect to this socket"),
    (("url", ' ', Value), "<url> URL to ask"),
    (("user", 'u', Value), "<user:password> Credentials"),
    (("user-agent", 'A', Value), "<name> User-Agent"),
    (("verbose", 'v', Nothing), "Show what goes over the wire"),
    (("version", 'V', Nothing), "Version"),
    (("write-out", 'w', Value), "<format> What to write when done"),
    // Of no meaning for HTTP, and typed by those who mean --fail: `-fail`.
    (("append", 'a', Nothing), "Of no meaning for HTTP"),
    (("list-only", 'l', Nothing), "Of no meaning for HTTP"),
    (("disable", 'q', Nothing), "Read no .curlrc (always so)"),
];

/// What to do with an answer of 400 and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Fail {
    #[default]
    No,
    WithoutBody,
    WithBody,
}

/// When to try again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Retry {
    pub(super) times: u32,
    pub(super) delay: Option<Duration>,
    /// No try begins after this time.
    pub(super) limit: Option<Duration>,
    pub(super) refused: bool,
    pub(super) all: bool,
}

/// curl's command line by its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a bool for each option that is one")]
pub(super) struct Options {
    pub(super) urls: Vec<String>,
    /// An empty one is named by its URL.
    pub(super) outputs: Vec<String>,
    pub(super) dump: Option<String>,
    pub(super) fail: Fail,
    pub(super) fail_early: bool,
    pub(super) silent: bool,
    pub(super) show_error: bool,
    pub(super) verbose: bool,
    pub(super) include: bool,
    pub(super) head: bool,
    pub(super) follow: bool,
    pub(super) most_redirects: u32,
    pub(super) get: bool,
    pub(super) globoff: bool,
    pub(super) compressed: bool,
    pub(super) family: Option<Family>,
    pub(super) insecure: bool,
    pub(super) cacert: Option<String>,
    pub(super) cert: Option<String>,
    pub(super) key: Option<String>,
    pub(super) unix_socket: Option<String>,
    pub(super) method: Option<String>,
    pub(super) headers: Vec<String>,
    pub(super) cookies: Vec<String>,
    pub(super) user: Option<String>,
    pub(super) data: Option<Vec<u8>>,
    pub(super) max_time: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) write_out: Option<String>,
    pub(super) retry: Retry,
}

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Options(Box<Options>),
    Help,
    Version,
}

/// The options, a line each.
pub(super) fn help() -> String {
    let line = |((long, letter, _), what): &(Known, &str)| {
        let letter = if *letter == ' ' { "    ".to_owned() } else { format!("-{letter}, ") };
        format!(" {letter}--{long} {what}\n")
    };
    OPTIONS.iter().map(line).collect()
}

impl Default for Options {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            outputs: Vec::new(),
            dump: None,
            fail: Fail::No,
            fail_early: false,
            silent: false,
            show_error: false,
            verbose: false,
            include: false,
            head: false,
            follow: false,
            most_redirects: 50,
            get: false,
            globoff: false,
            compressed: false,
            family: None,
            insecure: false,
            cacert: None,
            cert: None,
            key: None,
            unix_socket: None,
            method: None,
            headers: Vec::new(),
            cookies: Vec::new(),
            user: None,
            data: None,
            max_time: Duration::MAX,
            connect_timeout: Duration::MAX,
            write_out: None,
            retry: Retry::default(),
        }
    }
}

/// Reads the words after the name.
pub(super) fn parse(words: &[OsString]) -> Result<Parsed, String> {
    let known: Vec<Known> = OPTIONS.iter().map(|(known, _)| *known).collect();
    let mut options = Options::default();
    for word in split(&known, words)? {
        match word {
            Word::Url(url) => options.urls.push(url),
            Word::Option("help", _) => return Ok(Parsed::Help),
            Word::Option("version", _) => return Ok(Parsed::Version),
            Word::Option(name, value) => options.take(name, value)?,
        }
    }
    if options.urls.is_empty() {
        return Err("no URL specified!".into());
    }
    if options.head && options.data.is_some() && !options.get {
        return Err("You can only select one HTTP request method: -d is POST and -I is HEAD".into());
    }
    if !options.cookies.is_empty() {
        options.headers.push(format!("Cookie: {}", options.cookies.join(";")));
    }
    Ok(Parsed::Options(Box::new(options)))
}

impl Options {
    fn take(&mut self, name: &'static str, value: String) -> Result<(), String> {
        match name {
            "url" => self.urls.push(value),
            "output" if value.is_empty() => return Err("option -o: is badly used here".into()),
            "output" => self.outputs.push(value),
            "remote-name" => self.outputs.push(String::new()),
            "dump-header" => self.dump = Some(value),
            "fail-early" => self.fail_early = true,
            "fail" => return self.fail_so(Fail::WithoutBody, name),
            "fail-with-body" => return self.fail_so(Fail::WithBody, name),
            "silent" => self.silent = true,
            "show-error" => self.show_error = true,
            "verbose" => self.verbose = true,
            "include" => self.include = true,
            "head" => self.head = true,
            "location" => self.follow = true,
            "get" => self.get = true,
            "globoff" => self.globoff = true,
            "insecure" => self.insecure = true,
            "cacert" => self.cacert = Some(value),
            "cert" => self.cert = Some(value),
            "key" => self.key = Some(value),
            "unix-socket" => self.unix_socket = Some(value),
            "request" => self.method = Some(value),
            "user" => self.user = Some(value),
            "write-out" => self.write_out = Some(checked_format(value)?),
            _ => return self.take_more(name, value),
        }
        Ok(())
    }

    fn take_more(&mut self, name: &'static str, value: String) -> Result<(), String> {
        match name {
            "header" => return self.take_headers(value),
            "user-agent" => self.headers.push(format!("User-Agent: {value}")),
            "referer" => self.headers.push(format!("Referer: {value}")),
            "cookie" if value.contains('=') => self.cookies.push(value),
            "cookie" => {
                return Err(format!("option -b: '{value}' is a file of cookies, which hinit does not read"));
            }
            "data" | "data-ascii" | "data-binary" | "data-raw" | "data-urlencode" | "json" => {
                return self.take_data(name, &value);
            }
            "max-time" => self.max_time = seconds(name, &value)?,
            "connect-timeout" => self.connect_timeout = seconds(name, &value)?,
            "max-redirs" => {
                // -1 is no limit.
                self.most_redirects = if value == "-1" { u32::MAX } else { number(name, &value)? };
            }
            "retry" => self.retry.times = number(name, &value)?,
            // 0 is what is without it.
            "retry-delay" => {
                self.retry.delay = Some(seconds(name, &value)?).filter(|delay| *delay < Duration::MAX);
            }
            "retry-max-time" => self.retry.limit = Some(seconds(name, &value)?),
            "retry-connrefused" => self.retry.refused = true,
            "retry-all-errors" => self.retry.all = true,
            "compressed" => self.compressed = true,
            "ipv4" => self.family = Some(Family::V4),
            "ipv6" => self.family = Some(Family::V6),
            // The ones that ask for what is so anyway.
            _ => {}
        }
        Ok(())
    }

    fn fail_so(&mut self, fail: Fail, name: &str) -> Result<(), String> {
        if self.fail != Fail::No && self.fail != fail {
            return Err(format!(
                "You must select either --fail or --fail-with-body, not both.\ncurl: option --{name}: is badly used here"
            ));
        }
        self.fail = fail;
        Ok(())
    }

    fn take_headers(&mut self, value: String) -> Result<(), String> {
        match value.strip_prefix('@') {
            Some(file) => {
                let text = read_file(file)?;
                self.headers.extend(String::from_utf8_lossy(&text).lines().map(str::to_owned));
            }
            None => self.headers.push(value),
        }
        Ok(())
    }

    /// Several bodies are joined as those of a form.
    fn take_data(&mut self, name: &str, value: &str) -> Result<(), String> {
        let mut bytes = match value.strip_prefix('@') {
            _ if name == "data-urlencode" => url_encoded(value)?,
            Some(file) if name != "data-raw" => read_file(file)?,
            _ => value.as_bytes().to_vec(),
        };
        if matches!(name, "data" | "data-ascii") && value.starts_with('@') {
            bytes.retain(|byte| !b"\r\n\0".contains(byte));
        }
        if name == "json" {
            self.headers
                .extend(["Content-Type: application/json", "Accept: application/json"].map(String::from));
        }
        match &mut self.data {
            None => self.data = Some(bytes),
            Some(data) => {
                if name != "json" {
                    data.push(b'&');
                }
                data.append(&mut bytes);
            }
        }
        Ok(())
    }

    /// Whether faults are told of.
    pub(super) fn tells_faults(&self) -> bool {
        !self.silent || self.show_error
    }
}

fn checked_format(value: String) -> Result<String, String> {
    if value.starts_with('@') {
        return Err(format!(
            "option -w: '{value}' is a file, which hinit does not read; write the format itself"
        ));
    }
    write_out::check(&value)?;
    Ok(value)
}

/// `CONTENT`, `=CONTENT`, `NAME=CONTENT`, `@file` or `NAME@file`.
fn url_encoded(value: &str) -> Result<Vec<u8>, String> {
    let (name, content) = match value.find(['=', '@']) {
        Some(at) if value[at..].starts_with('@') => (&value[..at], read_file(&value[at + 1..])?),
        Some(at) => (&value[..at], value.as_bytes()[at + 1..].to_vec()),
        None => ("", value.as_bytes().to_vec()),
    };
    let mut text = if name.is_empty() { String::new() } else { format!("{name}=") };
    for byte in content {
        match byte {
            b' ' => text.push('+'),
            _ if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => text.push(byte.into()),
            _ => {
                text.push('%');
                text.extend(
                    [byte >> 4, byte & 15].map(|half| char::from(b"0123456789ABCDEF"[usize::from(half)])),
                );
            }
        }
    }
    Ok(text.into_bytes())
}

/// A file, or stdin for `-`.
fn read_file(name: &str) -> Result<Vec<u8>, String> {
    fs::read(if name == "-" { "/dev/stdin" } else { name })
        .map_err(|error| format!("Failed to open {name}: {error}"))
}

fn seconds(name: &str, value: &str) -> Result<Duration, String> {
    let wrong = || format!("option --{name}: expected a proper numerical parameter");
    match web::seconds(value).ok_or_else(wrong)? {
        // 0 is no limit.
        Duration::ZERO => Ok(Duration::MAX),
        time => Ok(time),
    }
}

fn number(name: &str, value: &str) -> Result<u32, String> {
    value.parse().map_err(|_| format!("option --{name}: expected a proper numerical parameter"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Parsed, String> {
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
        let fail = Options { fail: Fail::WithoutBody, urls: vec!["u".into()], ..Options::default() };
        assert_eq!(options("-f u"), fail);
        assert_eq!(
            options("--fail --noproxy * --compressed u"),
            Options { compressed: true, ..fail.clone() }
        );
        assert_eq!(options("-fail u"), Options { include: true, ..fail.clone() });
        let quiet = Options { silent: true, follow: true, insecure: true, ..fail.clone() };
        let limited =
            Options { max_time: Duration::from_secs(3), outputs: vec!["/dev/null".into()], ..quiet };
        assert_eq!(options("-m3 -skfLo /dev/null u"), limited);
        assert_eq!(options("-m 0.5 u").max_time, Duration::from_millis(500));
        assert_eq!(options("-m 0 u").max_time, Duration::MAX);
        assert_eq!(options("-d a=b -d c --data-raw @d u").data, Some(b"a=b&c&@d".to_vec()));
        assert_eq!(options("-b a=b -b c=d u").headers, ["Cookie: a=b;c=d"]);
        assert_eq!(options("--retry-delay 0 u").retry.delay, None);
        assert_eq!(options("--retry-delay 2 u").retry.delay, Some(Duration::from_secs(2)));
        assert_eq!(options("-d x --data-urlencode q=a&b/ u").data, Some(b"x&q=a%26b%2F".to_vec()));
        assert_eq!(options("--json {} u").headers.len(), 2);
        assert_eq!(options("a --url b -o x -o y").urls, ["a", "b"]);
    }

    #[test]
    fn refuses_what_makes_no_sense_and_names_it() {
        let table = [
            ("", "no URL specified!"),
            ("-f", "no URL specified!"),
            ("-f --fail-with-body u", "You must select either --fail or --fail-with-body"),
            ("-m x u", "option --max-time: expected a proper numerical parameter"),
            ("-m -1 u", "option --max-time: expected"),
            ("--retry x u", "option --retry: expected"),
            ("-w @f u", "option -w: '@f' is a file"),
            ("-b jar u", "option -b: 'jar' is a file of cookies"),
            ("-d @/nonexistent u", "Failed to open /nonexistent"),
            ("-I -d a u", "You can only select one HTTP request method"),
            ("-x proxy u", "option -x: is unknown to hinit"),
            ("--proxy p u", "option --proxy: is unknown to hinit"),
        ];
        for (line, why) in table {
            let wrong = read(line).unwrap_err();
            assert!(wrong.starts_with(why), "{line}: {wrong}");
        }
    }

    #[test]
    fn helps() {
        assert_eq!(read("-f -h"), Ok(Parsed::Help));
        assert_eq!(read("-V"), Ok(Parsed::Version));
        assert!(help().contains(" -f, --fail Code 22"));
    }

    #[test]
    fn every_option_has_a_name_of_its_own() {
        for (index, ((long, letter, _), _)) in OPTIONS.iter().enumerate() {
            let others = &OPTIONS[index + 1..];
            assert!(others.iter().all(|((other, ..), _)| other != long), "{long}");
            assert!(*letter == ' ' || others.iter().all(|((_, other, _), _)| other != letter), "{letter}");
        }
    }
}
