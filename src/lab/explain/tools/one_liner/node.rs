//! `node -e "fetch('http://...').then(r => process.exit(r.ok ? 0 : 1))"`.

use super::tokens::{Dialect, Token, Tokens, split};
use super::{BODY, READS_BODY, foreign, script};
use crate::lab::explain::mistakes::add;
use crate::lab::explain::probe::Probe;
use crate::lab::explain::shell::Simple;
use crate::lab::explain::shell::word::Why;
use crate::lab::explain::tools::url_probe;
use crate::time::GoDuration;
use std::time::Duration;

const PLACE: &str = "its script makes up where it asks in its own way";
const HEADERS: &str = "its script makes up headers in its own way";
const STATUS: &str = "its script compares the status in its own way";

/// The script's probe, or the script as it is with the reason.
pub(in crate::lab::explain::tools) fn read(simple: &Simple, notes: &mut Vec<String>) -> Result<Probe, Why> {
    let Some(script) = script(simple, &["-e", "--eval", "-p", "eval"])? else {
        return Ok(foreign::probe(simple, foreign::SCRIPT));
    };
    let tokens = split(&script).ok_or("its script has a string that is not closed")?;
    Ok(client(&tokens, notes).unwrap_or_else(|why| foreign::probe(simple, &why)))
}

fn client(tokens: &Tokens, notes: &mut Vec<String>) -> Result<Probe, Why> {
    let mut probe = if let Some(at) = tokens.call(&["connect", "createConnection"]) {
        socket(tokens, at + 2)?
    } else {
        http(tokens, notes)?
    };
    headers(&mut probe, tokens)?;
    if let Some(limit) = timeout(tokens) {
        probe.set("timeout", limit);
    }
    Ok(probe)
}

fn http(tokens: &Tokens, notes: &mut Vec<String>) -> Result<Probe, Why> {
    let mut probe = match (tokens.call(&["fetch"]), tokens.call(&["get", "request"])) {
        (Some(at), _) => {
            let mut probe = url(tokens, at + 2)?;
            if property(tokens, at, "redirect").is_some() {
                return Err("its script takes redirects in its own way".into());
            }
            probe.flag("follow");
            probe
        }
        (None, Some(at)) => url(tokens, at + 2).or_else(|_| options(tokens, at + 2))?,
        (None, None) => return Err("its script asks no server in a way explain knows".into()),
    };
    if let Some(method) = property(tokens, 0, "method").filter(|method| method != "GET") {
        probe.set("method", method);
    }
    if tokens.find(&["rejectUnauthorized", ":", "false"]).is_some() {
        probe.flag("insecure");
        probe.drop_idle_tls();
    }
    verdict(&mut probe, tokens, notes)?;
    Ok(probe)
}

fn url(tokens: &Tokens, at: usize) -> Result<Probe, Why> {
    let (url, _) = tokens.text_at(at, Dialect::JavaScript).ok_or(PLACE)?;
    url_probe(&url)
}

/// `{host: '127.0.0.1', port: 6060, path: '/readyz'}`, there or in a variable.
fn options(tokens: &Tokens, at: usize) -> Result<Probe, Why> {
    let start = match tokens.word(at) {
        Some(name) => tokens.find(&[name, "=", "{"]).ok_or(PLACE)? + 2,
        None => at,
    };
    if !tokens.is_sign(start, "{") {
        return Err(PLACE.into());
    }
    let of = |names: &[&str]| names.iter().find_map(|name| property(tokens, start, name));
    let host = of(&["host", "hostname"]).unwrap_or_else(|| "localhost".into());
    let port = of(&["port"]).map(|port| format!(":{port}")).unwrap_or_default();
    let path = of(&["path"]).unwrap_or_else(|| "/".into());
    // `require('https')`.
    let is_https = |token: &Token| matches!(token, Token::Text(text) if ["https", "node:https", "https:"].contains(&text.as_str()));
    let scheme = if tokens.0.iter().any(is_https) { "https" } else { "http" };
    url_probe(&format!("{scheme}://{host}{port}{path}"))
}

/// The value of `name: value`, after `start`.
fn property(tokens: &Tokens, start: usize, name: &str) -> Option<String> {
    let at = (start..tokens.0.len()).find(|at| tokens.matches(*at, &[name, ":"]))?;
    tokens.text_at(at + 2, Dialect::JavaScript).map(|(value, _)| value)
}

/// `headers: {authorization: process.env.PASSWORD || ''}`.
fn headers(probe: &mut Probe, tokens: &Tokens) -> Result<(), Why> {
    let Some(start) = tokens.find(&["headers", ":", "{"]) else { return Ok(()) };
    let mut at = start + 3;
    while !tokens.is_sign(at, "}") {
        let name = tokens.word(at).or_else(|| tokens.text(at)).ok_or(HEADERS)?;
        let value = Some(at + 2).filter(|_| tokens.is_sign(at + 1, ":"));
        let (value, end) = value.and_then(|at| tokens.text_at(at, Dialect::JavaScript)).ok_or(HEADERS)?;
        probe.checks.push(("header", Some(format!("{name}: {value}"))));
        at = if tokens.is_sign(end, ",") { end + 1 } else { end };
    }
    Ok(())
}

/// `timeout: 2000`, `setTimeout(2000)` and `AbortSignal.timeout(2000)`, in milliseconds.
fn timeout(tokens: &Tokens) -> Option<String> {
    let property = tokens.find(&["timeout", ":"]).map(|at| at + 2);
    let call = |pattern: &[&str]| tokens.find(pattern).map(|at| at + pattern.len());
    let signal = || call(&["AbortSignal", ".", "timeout", "("]);
    let at = property.or_else(|| call(&["setTimeout", "("])).or_else(signal)?;
    let millis = tokens.number(at)?.parse().ok().filter(|millis| *millis > 0)?;
    Some(GoDuration(Duration::from_millis(millis)).to_string())
}

/// `connect(PORT, HOST, ...)` and `connect({port: 1, host: 'h'})`.
fn socket(tokens: &Tokens, at: usize) -> Result<Probe, Why> {
    let (port, host) = if tokens.is_sign(at, "{") {
        (property(tokens, at, "port").ok_or(PLACE)?, property(tokens, at, "host"))
    } else {
        let (port, end) = tokens.text_at(at, Dialect::JavaScript).ok_or(PLACE)?;
        let host = Some(end).filter(|end| tokens.is_sign(*end, ","));
        (port, host.and_then(|end| tokens.text_at(end + 1, Dialect::JavaScript)).map(|(host, _)| host))
    };
    if port.starts_with('/') {
        return Err("it connects to a unix socket".into());
    }
    Ok(Probe::new(format!("tcp://{}:{port}", host.as_deref().unwrap_or("localhost"))))
}

fn verdict(probe: &mut Probe, tokens: &Tokens, notes: &mut Vec<String>) -> Result<(), Why> {
    if tokens.has_word(&BODY) {
        return Err(READS_BODY.into());
    }
    if let Some((statuses, end)) = comparison(tokens) {
        let passes =
            polarity(tokens, end).ok_or("what its script does after comparing the status is unclear")?;
        probe.set("status", if passes { statuses.these() } else { statuses.others() });
        return Ok(());
    }
    // console.log(res.statusCode) compares nothing.
    if tokens.has_word(&["statusCode", "status", "ok"]) {
        return Err(STATUS.into());
    }
    add(notes, "its script succeeds for an answer of any status; hinit wants 200-399");
    Ok(())
}

/// The statuses from one to another; negated, all others.
struct Statuses {
    low: u16,
    high: u16,
    negated: bool,
}

impl Statuses {
    fn these(&self) -> String {
        if self.negated { self.outside() } else { self.inside() }
    }

    fn others(&self) -> String {
        if self.negated { self.inside() } else { self.outside() }
    }

    fn inside(&self) -> String {
        range(self.low, self.high)
    }

    fn outside(&self) -> String {
        let below = (self.low > 100).then(|| range(100, self.low - 1));
        let above = (self.high < 599).then(|| range(self.high + 1, 599));
        [below, above].into_iter().flatten().collect::<Vec<_>>().join(",")
    }
}

fn range(low: u16, high: u16) -> String {
    if low == high { low.to_string() } else { format!("{low}-{high}") }
}

/// What the status is compared with, and where the comparison ends.
fn comparison(tokens: &Tokens) -> Option<(Statuses, usize)> {
    if let Some(at) = (0..tokens.0.len()).find(|at| tokens.word(*at) == Some("ok")) {
        let negated = is_negated(tokens, at);
        return Some((Statuses { low: 200, high: 299, negated }, at + 1));
    }
    let (first, end) = one_comparison(tokens, 0)?;
    if !tokens.is_sign(end, "&&") {
        return Some((first, end));
    }
    // `x.statusCode >= 200 && x.statusCode < 300`
    let (second, end) = one_comparison(tokens, end)?;
    let (low, high) = (first.low.max(second.low), first.high.min(second.high));
    let plain = !first.negated && !second.negated && low <= high;
    plain.then_some((Statuses { low, high, negated: false }, end))
}

/// The next `statusCode === 200` after `start`.
fn one_comparison(tokens: &Tokens, start: usize) -> Option<(Statuses, usize)> {
    (start..tokens.0.len())
        .filter(|at| matches!(tokens.word(*at), Some("statusCode" | "status")))
        .find_map(|at| compared(tokens, at))
}

fn compared(tokens: &Tokens, at: usize) -> Option<(Statuses, usize)> {
    let Some(Token::Sign(sign)) = tokens.0.get(at + 1) else { return None };
    let number: u16 = tokens.number(at + 2)?.parse().ok().filter(|number| (101..=598).contains(number))?;
    let (low, high, negated) = match sign.as_str() {
        "===" | "==" => (number, number, false),
        "!==" | "!=" => (number, number, true),
        ">=" => (number, 599, false),
        ">" => (number + 1, 599, false),
        "<=" => (100, number, false),
        "<" => (100, number - 1, false),
        _ => return None,
    };
    Some((Statuses { low, high, negated: negated != is_negated(tokens, at) }, at + 3))
}

/// Whether a `!` stands before the property at `at`: `!r.ok`, `!(r.ok)`,
/// `!(await fetch(...)).ok`.
fn is_negated(tokens: &Tokens, at: usize) -> bool {
    let mut start = at.saturating_sub(2);
    let mut depth = 0;
    loop {
        depth += i32::from(tokens.is_sign(start, ")")) - i32::from(tokens.is_sign(start, "("));
        if depth <= 0 || start == 0 {
            break;
        }
        start -= 1;
    }
    while start > 0 && (tokens.is_sign(start - 1, "(") || tokens.word(start - 1) == Some("await")) {
        start -= 1;
    }
    start > 0 && tokens.is_sign(start - 1, "!")
}

/// Whether a comparison that holds makes the script succeed: by `? 0 : 1`,
/// by the `exit` that follows, or by `throw`, since a rejection that nobody
/// handles ends node with 1.
fn polarity(tokens: &Tokens, end: usize) -> Option<bool> {
    let mut at = end;
    while tokens.is_sign(at, ")") || tokens.is_sign(at, "{") {
        at += 1;
    }
    if tokens.is_sign(at, "?") {
        return Some(tokens.number(at + 1)? == "0");
    }
    if tokens.word(at) == Some("throw") {
        return Some(false);
    }
    tokens.matches(at, &["process", ".", "exit", "("]).then_some(())?;
    Some(tokens.number(at + 4)? == "0")
}
