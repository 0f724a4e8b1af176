//! `node -e "fetch('http://...').then(r => process.exit(r.ok ? 0 : 1))"`.

use super::inline_script::tokens::{Language, Token, Tokens, tokenize};
use super::inline_script::{self, BODY_NAMES, PROCESSES_BODY};
use super::url::library_probe;
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::probe_command::{Lenient, ProbeCommand};
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::unsupported;
use crate::time::GoDuration;
use std::time::Duration;

const TARGET: &str = "explain cannot determine which target its script connects to";
const HEADERS: &str = "explain cannot determine which headers its script sends";
const STATUS: &str = "explain cannot determine which statuses its script accepts";

/// The probe of the script; an unsupported script is executed.
pub(super) fn translate(command: &SimpleCommand, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    let Some(script) = inline_script::after_option(command, &["-e", "--eval", "-p", "eval"])? else {
        return Ok(unsupported::probe(command, unsupported::SCRIPT));
    };
    let tokens = tokenize(&script).ok_or("its script has an unclosed string")?;
    Ok(client(&tokens, notes).unwrap_or_else(|reason| unsupported::probe(command, &reason)))
}

fn client(tokens: &Tokens, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    let mut probe = if let Some(at) = tokens.call(&["connect", "createConnection"]) {
        socket(tokens, at + 2)?
    } else {
        http(tokens, notes)?
    };
    headers(&mut probe, tokens)?;
    Ok(probe.with_timeout(timeout(tokens)))
}

fn http(tokens: &Tokens, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    let mut probe = match (tokens.call(&["fetch"]), tokens.call(&["get", "request"])) {
        (Some(at), _) => {
            let mut probe = url(tokens, at + 2)?;
            if property(tokens, at, "redirect").is_some() {
                return Err("its script handles redirects itself".into());
            }
            probe.flag("follow");
            probe
        }
        (None, Some(at)) => url(tokens, at + 2).or_else(|_| options(tokens, at + 2))?,
        (None, None) => return Err("its script has no client call that explain supports".into()),
    };
    if let Some(method) = property(tokens, 0, "method").filter(|method| method != "GET") {
        probe.set("method", method);
    }
    if tokens.find(&["rejectUnauthorized", ":", "false"]).is_some() {
        probe.flag("insecure");
        probe.drop_unused_tls_options();
    }
    status(&mut probe, tokens, notes)?;
    Ok(probe)
}

fn url(tokens: &Tokens, at: usize) -> Result<ProbeCommand, Reason> {
    let (url, _) = tokens.text_at(at, Language::JavaScript).ok_or(TARGET)?;
    library_probe(&url)
}

/// `{host: '127.0.0.1', port: 6060, path: '/readyz'}`, as the argument or in a variable.
fn options(tokens: &Tokens, at: usize) -> Result<ProbeCommand, Reason> {
    let start = match tokens.name(at) {
        Some(name) => tokens.find(&[name, "=", "{"]).ok_or(TARGET)? + 2,
        None => at,
    };
    if !tokens.is_punctuator(start, "{") {
        return Err(TARGET.into());
    }
    let of = |names: &[&str]| names.iter().find_map(|name| property(tokens, start, name));
    let host = of(&["host", "hostname"]).unwrap_or_else(|| "localhost".into());
    let port = of(&["port"]).map(|port| format!(":{port}")).unwrap_or_default();
    let path = of(&["path"]).unwrap_or_else(|| "/".into());
    // `require('https')`.
    let is_https = |token: &Token| matches!(token, Token::Str(text) if ["https", "node:https", "https:"].contains(&text.as_str()));
    let scheme = if tokens.0.iter().any(is_https) { "https" } else { "http" };
    library_probe(&format!("{scheme}://{host}{port}{path}"))
}

/// The value of the property `name: value` after `start`.
fn property(tokens: &Tokens, start: usize, name: &str) -> Option<String> {
    let at = (start..tokens.0.len()).find(|at| tokens.matches(*at, &[name, ":"]))?;
    tokens.text_at(at + 2, Language::JavaScript).map(|(value, _)| value)
}

/// `headers: {authorization: process.env.PASSWORD || ''}`.
fn headers(probe: &mut ProbeCommand, tokens: &Tokens) -> Result<(), Reason> {
    let Some(start) = tokens.find(&["headers", ":", "{"]) else { return Ok(()) };
    let mut at = start + 3;
    while !tokens.is_punctuator(at, "}") {
        let name = tokens.name(at).or_else(|| tokens.string(at)).ok_or(HEADERS)?;
        let value = Some(at + 2).filter(|_| tokens.is_punctuator(at + 1, ":"));
        let (value, end) = value.and_then(|at| tokens.text_at(at, Language::JavaScript)).ok_or(HEADERS)?;
        probe.push("header", format!("{name}: {value}"));
        at = if tokens.is_punctuator(end, ",") { end + 1 } else { end };
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
fn socket(tokens: &Tokens, at: usize) -> Result<ProbeCommand, Reason> {
    let (port, host) = if tokens.is_punctuator(at, "{") {
        (property(tokens, at, "port").ok_or(TARGET)?, property(tokens, at, "host"))
    } else {
        let (port, end) = tokens.text_at(at, Language::JavaScript).ok_or(TARGET)?;
        let host = Some(end).filter(|end| tokens.is_punctuator(*end, ","));
        (port, host.and_then(|end| tokens.text_at(end + 1, Language::JavaScript)).map(|(host, _)| host))
    };
    if port.starts_with('/') {
        return Err("it connects to a unix socket".into());
    }
    Ok(ProbeCommand::new(format!("tcp://{}:{port}", host.as_deref().unwrap_or("localhost"))))
}

fn status(probe: &mut ProbeCommand, tokens: &Tokens, notes: &mut Notes) -> Result<(), Reason> {
    if tokens.has_name(&BODY_NAMES) {
        return Err(PROCESSES_BODY.into());
    }
    if let Some((statuses, end)) = comparison(tokens) {
        let passes = true_succeeds(tokens, end)
            .ok_or("explain cannot determine what its script does after it compares the status")?;
        probe.set("status", if passes { statuses.if_true() } else { statuses.if_false() });
        return Ok(());
    }
    // console.log(res.statusCode) compares nothing.
    if tokens.has_name(&["statusCode", "status", "ok"]) {
        return Err(STATUS.into());
    }
    Lenient::ErrorStatus("its script").add_note(notes);
    Ok(())
}

/// A range of statuses; if negated, all others.
struct Statuses {
    low: u16,
    high: u16,
    negated: bool,
}

impl Statuses {
    fn if_true(&self) -> String {
        if self.negated { self.outside() } else { self.inside() }
    }

    fn if_false(&self) -> String {
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

/// The statuses of the comparison, and the position after it.
fn comparison(tokens: &Tokens) -> Option<(Statuses, usize)> {
    if let Some(at) = (0..tokens.0.len()).find(|at| tokens.name(*at) == Some("ok")) {
        let negated = is_negated(tokens, at);
        return Some((Statuses { low: 200, high: 299, negated }, at + 1));
    }
    let (first, end) = one_comparison(tokens, 0)?;
    if !tokens.is_punctuator(end, "&&") {
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
        .filter(|at| matches!(tokens.name(*at), Some("statusCode" | "status")))
        .find_map(|at| compared(tokens, at))
}

fn compared(tokens: &Tokens, at: usize) -> Option<(Statuses, usize)> {
    let Some(Token::Punctuator(operator)) = tokens.0.get(at + 1) else { return None };
    let number: u16 = tokens.number(at + 2)?.parse().ok().filter(|number| (101..=598).contains(number))?;
    let (low, high, negated) = match operator.as_str() {
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

/// Whether a `!` is before the property at `at`: `!r.ok`, `!(r.ok)`,
/// `!(await fetch(...)).ok`.
fn is_negated(tokens: &Tokens, at: usize) -> bool {
    let mut start = at.saturating_sub(2);
    let mut depth = 0;
    loop {
        depth += i32::from(tokens.is_punctuator(start, ")")) - i32::from(tokens.is_punctuator(start, "("));
        if depth <= 0 || start == 0 {
            break;
        }
        start -= 1;
    }
    while start > 0 && (tokens.is_punctuator(start - 1, "(") || tokens.name(start - 1) == Some("await")) {
        start -= 1;
    }
    start > 0 && tokens.is_punctuator(start - 1, "!")
}

/// Whether the script succeeds if the comparison is true: by `? 0 : 1`, by the
/// `exit` after it, or by `throw`, since an unhandled rejection exits with 1.
fn true_succeeds(tokens: &Tokens, end: usize) -> Option<bool> {
    let mut at = end;
    while tokens.is_punctuator(at, ")") || tokens.is_punctuator(at, "{") {
        at += 1;
    }
    if tokens.is_punctuator(at, "?") {
        return Some(tokens.number(at + 1)? == "0");
    }
    if tokens.name(at) == Some("throw") {
        return Some(false);
    }
    tokens.matches(at, &["process", ".", "exit", "("]).then_some(())?;
    Some(tokens.number(at + 4)? == "0")
}
