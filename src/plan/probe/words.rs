//! The words of a probe: one definition for the parse and for the help.

mod http;

use super::expand::{Bare, expand};
use super::target::{self, TARGETS, Uri};
use super::{Builtin, ERROR_LENGTH, Endpoint, Grpc, Lookup, Probe, Stream, Target};
use crate::error::{Error, Result};
use crate::options::{self, Found, Options, Rest, Wrong};
use crate::text;
use crate::time::parse_duration;
use std::ffi::{OsStr, OsString};
use std::time::Duration;

/// Checks that only an HTTP answer can meet.
const HTTP_ONLY: [&str; 11] = [
    "status",
    "contains",
    "match",
    "json",
    "not",
    "follow",
    "method",
    "header",
    "data",
    "host-header",
    "basic-auth",
];

/// Words that only matter where TLS is spoken.
const TLS_ONLY: [&str; 4] = ["insecure", "cacert", "cert", "key"];

/// Checks that only a stream of bytes can meet.
const STREAM_ONLY: [&str; 2] = ["send", "expect"];

/// Every target and what it means, for the end of a help text.
pub fn targets() -> String {
    let lines = TARGETS.lines().map(|line| format!("  {line}\n"));
    format!("Targets, and when they are healthy; no HOST is this container:\n{}", lines.collect::<String>())
}

/// Every check, for the parse and for the help.
pub const CHECKS: &str = "\
Checks:
      --status LIST              Statuses that are healthy (200-399)
      --contains TEXT...         Text that the first 10 KiB of the body must hold; all, if repeated
      --match REGEX...           What must match somewhere in the first 10 KiB of the body
      --json PATH=VALUE...       What a JSON body must have, as in status.db=UP or checks[0].ok=true
      --not...                   Turns the --contains, --match or --json after it around
      --follow                   Follow up to 10 redirects to the same host
      --method METHOD            The request's method (GET, or POST with --data)
      --header 'NAME: VALUE'...  A header to send
      --data TEXT                A body to send
      --host-header HOST         The Host header to send, for a virtual host
      --basic-auth USER:PASSWORD  Credentials to send
      --insecure                 Believe any certificate
      --cacert FILE              Believe what these PEM certificates vouch for (the system's)
      --cert FILE                A client certificate to show, in PEM
      --key FILE                 Its key (in the file of --cert)
      --send TEXT                What to send to tcp:// or unix://: 'PING\\r\\n'; \\t \\0 \\\\ \\xFF too
      --expect TEXT              What the first 10 KiB from there must hold; escapes as for --send
      --timeout DURATION         How long it may take in all, such as 5s
";

/// Reads `TARGET [CHECKS]` from words, the command's own name not among them.
///
/// # Errors
/// One line for an unknown check, a target or a value that cannot be read, an
/// unset variable without a default, or a check that the target cannot meet.
pub fn parse<I, W>(words: I, env: Lookup<'_>) -> Result<Probe>
where
    I: IntoIterator<Item = W>,
    W: Into<OsString>,
{
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    let found = options::parse(Options(&[CHECKS]), Rest::Words(1), &words);
    let probe = found.map_err(refusal).and_then(|found| meaning(&found, env));
    probe.map_err(|error| Error::new(text::one_line(&error.to_string(), ERROR_LENGTH)))
}

fn refusal(wrong: Wrong) -> Error {
    Error::new(match wrong {
        Wrong::Unknown(word, Some(near)) => format!("there is no check '{word}'; did you mean --{near}?"),
        Wrong::Unknown(word, None) => {
            let known = Options(&[CHECKS]).definitions().map(|check| format!("--{}", check.name));
            format!("there is no check '{word}'; write one of {}", known.collect::<Vec<_>>().join(", "))
        }
        Wrong::Surplus(word) => {
            format!("'{word}' is one word too many; put a command in quotes: exec:'redis-cli ping'")
        }
        other => other.to_string(),
    })
}

fn meaning(found: &Found, env: Lookup<'_>) -> Result<Probe> {
    let written = utf8(found.rest.first().ok_or_else(|| Error::new(NO_TARGET))?)?;
    let checks = Checks { found, env };
    let timeout = checks.one("timeout")?.map(|text| limit(&text)).transpose()?;
    if is_exec(written) {
        checks.refuse_http_only("exec:")?;
        checks.refuse_stream_only("exec:")?;
        return exec(written, timeout, env);
    }
    let text = expand(written, Bare::Refuse, env)?;
    let scheme = text.split_inclusive("://").next().unwrap_or_default();
    let target = match target::parse(&text)? {
        Uri::Http(uri) => {
            checks.refuse_stream_only(scheme)?;
            Target::Builtin(Builtin::Http(Box::new(http::http(uri, &checks)?)))
        }
        Uri::Stream(endpoint) => {
            checks.refuse_http_only(scheme)?;
            Target::Builtin(Builtin::Stream(stream(endpoint, &checks)?))
        }
        Uri::Grpc(uri) => Target::Builtin(Builtin::Grpc(grpc(uri, scheme, &checks)?)),
        Uri::Plain(target) => {
            checks.refuse_http_only(scheme)?;
            checks.refuse_stream_only(scheme)?;
            Target::Builtin(target)
        }
        Uri::Notify(wanted) => {
            checks.refuse_http_only("notify:")?;
            checks.refuse_stream_only("notify:")?;
            Target::Notify(wanted)
        }
        Uri::Exec(_) => {
            return Err(Error::new(format!("'{written}': write exec: itself, not in a variable")));
        }
    };
    Ok(Probe { name: target::without_credentials(&text), target, timeout })
}

const NO_TARGET: &str = "the target is missing; write one such as http://:8080/health";

fn utf8(word: &OsStr) -> Result<&str> {
    word.to_str().ok_or_else(|| Error::new(format!("'{}' is not UTF-8 text", word.display())))
}

fn is_exec(text: &str) -> bool {
    text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("exec:"))
}

fn limit(text: &str) -> Result<Duration> {
    let limit = parse_duration(text).map_err(|error| error.at("--timeout"))?;
    (!limit.is_zero())
        .then_some(limit)
        .ok_or_else(|| Error::new("--timeout: 0 leaves no time; write one such as 5s"))
}

/// The checks as typed, read with their variables expanded.
struct Checks<'a> {
    found: &'a Found,
    env: Lookup<'a>,
}

impl Checks<'_> {
    fn one(&self, name: &str) -> Result<Option<String>> {
        Ok(self.all(name)?.pop())
    }

    fn all(&self, name: &str) -> Result<Vec<String>> {
        self.found.all(name).map(|value| self.expand(name, value)).collect()
    }

    fn expand(&self, name: &str, value: &OsStr) -> Result<String> {
        let text = utf8(value).and_then(|text| expand(text, Bare::Keep, self.env));
        text.map_err(|error| error.at(&format!("--{name}")))
    }

    fn is_given(&self, name: &str) -> bool {
        self.found.has(name)
    }

    fn refuse_http_only(&self, scheme: &str) -> Result<()> {
        self.refuse(&HTTP_ONLY, "an http:// target", scheme)?;
        self.refuse_tls_only(scheme)
    }

    fn refuse_tls_only(&self, scheme: &str) -> Result<()> {
        self.refuse(&TLS_ONLY, "an https:// or grpcs:// target", scheme)
    }

    fn refuse_stream_only(&self, scheme: &str) -> Result<()> {
        self.refuse(&STREAM_ONLY, "a tcp:// or unix:// target", scheme)
    }

    fn refuse(&self, names: &[&str], what: &str, scheme: &str) -> Result<()> {
        match names.iter().find(|name| self.is_given(name)) {
            Some(name) => Err(Error::new(format!("--{name} goes with {what}, not with {scheme}"))),
            None => Ok(()),
        }
    }
}

fn exec(written: &str, timeout: Option<Duration>, env: Lookup<'_>) -> Result<Probe> {
    let Uri::Exec(command) = target::parse(written)? else { return Err(Error::new(NO_TARGET)) };
    let words = shlex::split(&command)
        .ok_or_else(|| Error::new(format!("'{written}' has a quote that is not closed")))?;
    if words.first().is_none_or(String::is_empty) {
        return Err(Error::new("exec: has no command; write one such as exec:'redis-cli ping'"));
    }
    if let Some(sign) = shell_sign(&words, &command) {
        return Err(Error::new(format!(
            "'{written}' has '{sign}', which only a shell understands; write exec:\"sh -c '...'\" around it"
        )));
    }
    // A shell expands its script by itself, and knows more forms than hinit.
    let expands = !is_shell(&words[0]);
    let words = words
        .into_iter()
        .map(|word| if expands { expand(&word, Bare::Keep, env) } else { Ok(word) })
        .map(|word| word.map(OsString::from))
        .collect::<Result<_>>()?;
    Ok(Probe { name: written.to_owned(), target: Target::Exec(words), timeout })
}

/// A word that is a shell's and not in quotes: the program would be given it,
/// and `true && false` would be healthy.
fn shell_sign<'a>(words: &'a [String], command: &str) -> Option<&'a str> {
    const SIGNS: [&str; 4] = ["&&", "||", "|", "&"];
    const REDIRECTIONS: [&str; 3] = [">", "2>", "<"];
    let is_sign = |word: &str| {
        SIGNS.contains(&word) || word.ends_with(';') || REDIRECTIONS.iter().any(|sign| word.starts_with(sign))
    };
    let is_bare = |word: &str| command.split_whitespace().any(|bare| bare == word);
    words.iter().map(String::as_str).find(|word| is_sign(word) && is_bare(word))
}

fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    ["sh", "ash", "bash", "dash", "ksh", "zsh", "busybox"].contains(&name)
}

fn grpc(uri: Grpc, scheme: &str, checks: &Checks<'_>) -> Result<Grpc> {
    checks.refuse(&HTTP_ONLY, "an http:// target", scheme)?;
    checks.refuse_stream_only(scheme)?;
    if uri.tls.is_none() {
        checks.refuse_tls_only(scheme)?;
        return Ok(uri);
    }
    Ok(Grpc { tls: Some(http::tls(checks)?), ..uri })
}

fn stream(endpoint: Endpoint, checks: &Checks<'_>) -> Result<Stream> {
    let bytes = |name: &str| {
        let text = checks.one(name)?;
        text.map(|text| unescape(&text).map_err(|error| error.at(&format!("--{name}")))).transpose()
    };
    let (send, expect) = (bytes("send")?.unwrap_or_default(), bytes("expect")?);
    if expect.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::new("--expect: the text is empty; write what the server must say"));
    }
    Ok(Stream { endpoint, send, expect })
}

/// `PING\r\n` as bytes.
fn unescape(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let (byte, after) = escape(&rest[at + 1..]).ok_or_else(|| {
            Error::new(format!(
                "'{text}' has an unknown escape; write \\r \\n \\t \\0 \\xFF, and \\\\ for a backslash"
            ))
        })?;
        bytes.push(byte);
        rest = after;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// The byte that is meant by what follows a backslash, and what follows that.
fn escape(text: &str) -> Option<(u8, &str)> {
    let byte = match text.chars().next()? {
        'r' => b'\r',
        'n' => b'\n',
        't' => b'\t',
        '0' => 0,
        '\\' => b'\\',
        'x' => {
            let hex = text.get(1..3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
            return Some((u8::from_str_radix(hex, 16).ok()?, &text[3..]));
        }
        _ => return None,
    };
    Some((byte, &text[1..]))
}
