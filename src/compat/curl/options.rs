//! curl's options: the table of those that hinit supports, and what they set.
//! Only values such as `@file` are read from files.

use super::lexer::{OptionDef, Token, tokenize};
use super::write_out;
use crate::compat::http_transfer::AddressFamily;
use crate::compat::values::parse_seconds;
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use OptionDef as Def;

/// Sorted by name, with those that have no effect here at the end.
const OPTIONS: &[OptionDef] = &[
    Def::value("cacert", None, "<file> CA certificates to verify the server with"),
    Def::value("cert", Some('E'), "<file> Client certificate"),
    Def::flag("compressed", None, "Accepted, but a compressed response is an error"),
    Def::value("connect-timeout", None, "<seconds> Timeout for the connection"),
    Def::value("cookie", Some('b'), "<name=value> Cookies to send"),
    Def::value("data", Some('d'), "<data> Request body; @file reads it from a file"),
    Def::value("data-ascii", None, "<data> Same as --data"),
    Def::value("data-binary", None, "<data> Request body; @file is sent unchanged"),
    Def::value("data-raw", None, "<data> Request body; @ has no special meaning"),
    Def::value("data-urlencode", None, "<data> Request body, URL-encoded; NAME=CONTENT, NAME@file"),
    Def::value("dump-header", Some('D'), "<file> Write the response headers to a file"),
    Def::flag("fail", Some('f'), "Code 22 and no output for a status of 400 or above"),
    Def::flag("fail-early", None, "Stop at the first URL that fails"),
    Def::flag("fail-with-body", None, "Code 22 for a status of 400 or above, with output"),
    Def::flag("get", Some('G'), "Append the data of -d to the URL"),
    Def::flag("globoff", Some('g'), "Pass {} and [] in URLs literally"),
    Def::flag("head", Some('I'), "Fetch the headers only"),
    Def::value("header", Some('H'), "<header> Header to send; @file reads several"),
    Def::flag("help", Some('h'), "Print this help"),
    Def::flag("include", Some('i'), "Include the response headers in the output"),
    Def::flag("insecure", Some('k'), "Skip TLS certificate verification"),
    Def::flag("ipv4", Some('4'), "Connect to IPv4 addresses only"),
    Def::flag("ipv6", Some('6'), "Connect to IPv6 addresses only"),
    Def::value("json", None, "<data> JSON request body, with its headers"),
    Def::value("key", None, "<file> Private key of the client certificate"),
    Def::flag("location", Some('L'), "Follow redirects"),
    Def::value("max-redirs", None, "<number> Maximum number of redirects (default 50)"),
    Def::value("max-time", Some('m'), "<seconds> Timeout for the whole transfer"),
    Def::value("output", Some('o'), "<file> Write the output to a file"),
    Def::value("referer", Some('e'), "<URL> Referer header"),
    Def::flag("remote-name", Some('O'), "Write the output to a file named as in the URL"),
    Def::value("request", Some('X'), "<method> Request method"),
    Def::value("retry", None, "<number> Retries after a transient error (default 0)"),
    Def::flag("retry-all-errors", None, "Retry after any error"),
    Def::flag("retry-connrefused", None, "Retry if the connection is refused"),
    Def::value("retry-delay", None, "<seconds> Delay between retries"),
    Def::value("retry-max-time", None, "<seconds> Start no retry after this time"),
    Def::flag("show-error", Some('S'), "Print errors in spite of -s"),
    Def::flag("silent", Some('s'), "Print no errors"),
    Def::value("unix-socket", None, "<path> Connect to this Unix socket"),
    Def::value("url", None, "<url> URL to transfer"),
    Def::value("user", Some('u'), "<user:password> Credentials"),
    Def::value("user-agent", Some('A'), "<name> User-Agent header"),
    Def::flag("verbose", Some('v'), "Print the request and the response headers"),
    Def::flag("version", Some('V'), "Print the version"),
    Def::value("write-out", Some('w'), "<format> Text to print after the transfer"),
    // No effect: they ask for what hinit always does.
    Def::flag("basic", None, "Use HTTP Basic authentication (always)"),
    Def::flag("disable", Some('q'), "Ignore .curlrc (always)"),
    Def::flag("http1.1", None, "Use HTTP/1.1 (always)"),
    Def::flag("no-buffer", Some('N'), "Write output immediately (always)"),
    Def::flag("no-keepalive", None, "Disable TCP keepalive (always)"),
    Def::flag("no-progress-meter", None, "Print no progress meter (always)"),
    Def::value("noproxy", None, "<hosts> Ignore proxies for these hosts (always)"),
    Def::flag("progress-bar", Some('#'), "Progress bar (not supported, ignored)"),
    Def::flag("tlsv1.2", None, "Use TLS 1.2 or later (always)"),
    // No effect on HTTP. Some write `-fail` where they mean --fail.
    Def::flag("append", Some('a'), "No effect on HTTP"),
    Def::flag("list-only", Some('l'), "No effect on HTTP"),
];

/// What a status of 400 or above does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Fail {
    #[default]
    /// Nothing: it is a success.
    No,
    WithoutBody,
    WithBody,
}

/// When to retry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Retry {
    pub(super) times: u32,
    pub(super) delay: Option<Duration>,
    /// No retry starts after this time.
    pub(super) max_time: Option<Duration>,
    pub(super) connection_refused: bool,
    pub(super) all_errors: bool,
}

/// What the command line sets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a bool for every flag")]
pub(super) struct Options {
    pub(super) urls: Vec<String>,
    /// An empty name means the name in the URL.
    pub(super) outputs: Vec<String>,
    pub(super) dump_header: Option<String>,
    pub(super) fail: Fail,
    pub(super) fail_early: bool,
    pub(super) silent: bool,
    pub(super) show_error: bool,
    pub(super) verbose: bool,
    pub(super) include: bool,
    pub(super) head: bool,
    pub(super) follow: bool,
    pub(super) max_redirects: u32,
    pub(super) get: bool,
    pub(super) globoff: bool,
    pub(super) compressed: bool,
    pub(super) family: Option<AddressFamily>,
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

/// What the command line requests.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Options(Box<Options>),
    Help,
    Version,
}

/// One line for each option.
pub(super) fn help() -> String {
    let line = |def: &OptionDef| {
        let short = def.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
        format!(" {short}--{} {}\n", def.long, def.help)
    };
    OPTIONS.iter().map(line).collect()
}

impl Default for Options {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            outputs: Vec::new(),
            dump_header: None,
            fail: Fail::No,
            fail_early: false,
            silent: false,
            show_error: false,
            verbose: false,
            include: false,
            head: false,
            follow: false,
            max_redirects: 50,
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

/// Parses the arguments after `argv[0]`.
pub(super) fn parse(args: &[OsString]) -> Result<Parsed, String> {
    let mut options = Options::default();
    for token in tokenize(OPTIONS, args)? {
        match token {
            Token::Url(url) => options.urls.push(url),
            Token::Option("help", _) => return Ok(Parsed::Help),
            Token::Option("version", _) => return Ok(Parsed::Version),
            Token::Option(name, value) => options.set(name, value)?,
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
    fn set(&mut self, name: &'static str, value: String) -> Result<(), String> {
        match name {
            "url" => self.urls.push(value),
            "output" if value.is_empty() => return Err("option -o: is badly used here".into()),
            "output" => self.outputs.push(value),
            "remote-name" => self.outputs.push(String::new()),
            "dump-header" => self.dump_header = Some(value),
            "fail-early" => self.fail_early = true,
            "fail" => return self.set_fail(Fail::WithoutBody, name),
            "fail-with-body" => return self.set_fail(Fail::WithBody, name),
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
            _ => return self.set_more(name, value),
        }
        Ok(())
    }

    fn set_more(&mut self, name: &'static str, value: String) -> Result<(), String> {
        match name {
            "header" => return self.add_headers(value),
            "user-agent" => self.headers.push(format!("User-Agent: {value}")),
            "referer" => self.headers.push(format!("Referer: {value}")),
            "cookie" if value.contains('=') => self.cookies.push(value),
            "cookie" => {
                return Err(format!("option -b: hinit does not read cookie files such as '{value}'"));
            }
            "data" | "data-ascii" | "data-binary" | "data-raw" | "data-urlencode" | "json" => {
                return self.add_data(name, &value);
            }
            "max-time" => self.max_time = seconds(name, &value)?,
            "connect-timeout" => self.connect_timeout = seconds(name, &value)?,
            "max-redirs" => {
                // -1: no limit.
                self.max_redirects = if value == "-1" { u32::MAX } else { number(name, &value)? };
            }
            "retry" => self.retry.times = number(name, &value)?,
            // 0: the default, a delay that doubles with every retry.
            "retry-delay" => {
                self.retry.delay = Some(seconds(name, &value)?).filter(|delay| *delay < Duration::MAX);
            }
            "retry-max-time" => self.retry.max_time = Some(seconds(name, &value)?),
            "retry-connrefused" => self.retry.connection_refused = true,
            "retry-all-errors" => self.retry.all_errors = true,
            "compressed" => self.compressed = true,
            "ipv4" => self.family = Some(AddressFamily::V4),
            "ipv6" => self.family = Some(AddressFamily::V6),
            // Options without an effect here.
            _ => {}
        }
        Ok(())
    }

    fn set_fail(&mut self, fail: Fail, name: &str) -> Result<(), String> {
        if self.fail != Fail::No && self.fail != fail {
            return Err(format!(
                "You must select either --fail or --fail-with-body, not both.\ncurl: option --{name}: is badly used here"
            ));
        }
        self.fail = fail;
        Ok(())
    }

    fn add_headers(&mut self, value: String) -> Result<(), String> {
        match value.strip_prefix('@') {
            Some(file) => {
                let text = read_file(file)?;
                self.headers.extend(String::from_utf8_lossy(&text).lines().map(str::to_owned));
            }
            None => self.headers.push(value),
        }
        Ok(())
    }

    /// Several values are joined with `&`, as the fields of a form.
    fn add_data(&mut self, name: &str, value: &str) -> Result<(), String> {
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

    /// Whether errors are printed.
    pub(super) fn prints_errors(&self) -> bool {
        !self.silent || self.show_error
    }
}

fn checked_format(value: String) -> Result<String, String> {
    if value.starts_with('@') {
        return Err(format!(
            "option -w: hinit does not read format files such as '{value}'; pass the format itself"
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

/// `-` is stdin.
fn read_file(name: &str) -> Result<Vec<u8>, String> {
    fs::read(if name == "-" { "/dev/stdin" } else { name })
        .map_err(|error| format!("Failed to open {name}: {error}"))
}

fn seconds(name: &str, value: &str) -> Result<Duration, String> {
    let error = || format!("option --{name}: expected a proper numerical parameter");
    match parse_seconds(value).ok_or_else(error)? {
        // 0: no timeout.
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

    fn parsed(line: &str) -> Result<Parsed, String> {
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
    fn rejects_invalid_command_lines_and_names_the_option() {
        let table = [
            ("", "no URL specified!"),
            ("-f", "no URL specified!"),
            ("-f --fail-with-body u", "You must select either --fail or --fail-with-body"),
            ("-m x u", "option --max-time: expected a proper numerical parameter"),
            ("-m -1 u", "option --max-time: expected"),
            ("--retry x u", "option --retry: expected"),
            ("-w @f u", "option -w: hinit does not read format files such as '@f'"),
            ("-b jar u", "option -b: hinit does not read cookie files such as 'jar'"),
            ("-d @/nonexistent u", "Failed to open /nonexistent"),
            ("-I -d a u", "You can only select one HTTP request method"),
            ("-x proxy u", "option -x: is unknown to hinit"),
            ("--proxy p u", "option --proxy: is unknown to hinit"),
        ];
        for (line, message) in table {
            let error = parsed(line).unwrap_err();
            assert!(error.starts_with(message), "{line}: {error}");
        }
    }

    #[test]
    fn prints_help_and_version() {
        assert_eq!(parsed("-f -h"), Ok(Parsed::Help));
        assert_eq!(parsed("-V"), Ok(Parsed::Version));
        assert!(help().contains(" -f, --fail Code 22"));
    }

    #[test]
    fn names_and_letters_are_unique() {
        for (index, def) in OPTIONS.iter().enumerate() {
            let others = &OPTIONS[index + 1..];
            assert!(others.iter().all(|other| other.long != def.long), "{def:?}");
            assert!(def.short.is_none() || others.iter().all(|other| other.short != def.short), "{def:?}");
        }
    }
}
