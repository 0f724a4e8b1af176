//! `python -c "import urllib.request as u; u.urlopen('http://...')"`.

use super::duration;
use super::inline_script::tokens::{Language, Tokens, tokenize};
use super::inline_script::{self, BODY_NAMES, PROCESSES_BODY};
use super::url::library_probe;
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::probe_command::{Lenient, ProbeCommand};
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::unsupported;

const STATUS: &str = "explain cannot determine which statuses its script accepts";
/// Arguments besides the URL that change the request.
const REQUEST_ARGUMENTS: [&str; 6] = ["headers", "params", "auth", "cookies", "cert", "proxies"];

/// The probe of the script; an unsupported script is executed.
pub(super) fn translate(command: &SimpleCommand, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    let Some(script) = inline_script::after_option(command, &["-c"])? else {
        return Ok(unsupported::probe(command, unsupported::SCRIPT));
    };
    let tokens = tokenize(&script).ok_or("its script has an unclosed string")?;
    let found = socket(&tokens).unwrap_or_else(|| client(&tokens, notes));
    Ok(found.unwrap_or_else(|reason| unsupported::probe(command, &reason)))
}

fn client(tokens: &Tokens, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    let urllib = tokens.call(&["urlopen"]);
    let requests = tokens.call(&["get", "head"]).filter(|_| tokens.has_name(&["requests", "httpx"]));
    let call = urllib.or(requests).ok_or("its script has no client call that explain supports")?;
    if tokens.has_name(&BODY_NAMES) {
        return Err(PROCESSES_BODY.into());
    }
    let url = tokens
        .text_at(call + 2, Language::Python)
        .ok_or("explain cannot determine which URL its script requests")?;
    let mut probe = library_probe(&url.0)?;
    if tokens.name(call) == Some("head") {
        probe.set("method", "HEAD");
    }
    if let Some(name) = REQUEST_ARGUMENTS.iter().find(|name| tokens.find(&[name, "="]).is_some()) {
        return Err(format!("its script sets {name}, which explain does not support"));
    }
    // urllib and requests follow redirects, httpx does not.
    if !tokens.has_name(&["httpx"]) && tokens.find(&["allow_redirects", "=", "False"]).is_none() {
        probe.flag("follow");
    }
    if tokens.find(&["verify", "=", "False"]).is_some() || tokens.has_name(&["_create_unverified_context"]) {
        probe.flag("insecure");
        probe.drop_unused_tls_options();
    } else if tokens.has_name(&["verify", "context"]) {
        return Err("its script configures certificate verification itself".into());
    }
    let raises = urllib.is_some() || tokens.has_name(&["raise_for_status", "ok"]);
    status(&mut probe, tokens, raises, notes)?;
    Ok(probe.with_timeout(timeout(tokens)))
}

/// `timeout=5`, in seconds.
fn timeout(tokens: &Tokens) -> Option<String> {
    duration::from_seconds(tokens.number(tokens.find(&["timeout", "="])? + 2)?)
}

fn status(probe: &mut ProbeCommand, tokens: &Tokens, raises: bool, notes: &mut Notes) -> Result<(), Reason> {
    // Whether it fails if the comparison is true: `exit(1 if`, `exit(1) if`.
    let is_inverted = tokens.find(&["1", "if"]).is_some() || tokens.find(&["1", ")", "if"]).is_some();
    let operator = if is_inverted { "!=" } else { "==" };
    let forms: [&[&str]; 4] = [
        &["status_code", operator],
        &["status", operator],
        &["code", operator],
        &["getcode", "(", ")", operator],
    ];
    let status = forms.iter().find_map(|form| Some(tokens.find(form)? + form.len()));
    // `sys.exit(status == 200)` exits with 1 if it is true.
    let is_condition = tokens.has_name(&["if", "assert", "not", "or"]);
    match status.map(|at| tokens.number(at).filter(|_| is_condition && !tokens.is_punctuator(at + 1, ":"))) {
        Some(Some(code)) => probe.set("status", code),
        Some(None) => return Err(STATUS.into()),
        None if tokens.has_name(&["status_code", "status", "getcode"]) => return Err(STATUS.into()),
        None if raises => {}
        None => Lenient::ErrorStatus("get() without raise_for_status()").add_note(notes),
    }
    Ok(())
}

/// `socket.create_connection(('localhost', 8080))`.
fn socket(tokens: &Tokens) -> Option<Result<ProbeCommand, Reason>> {
    let call = tokens.call(&["create_connection", "connect"]).filter(|_| tokens.has_name(&["socket"]))?;
    let probe = |target| ProbeCommand::new(target).with_timeout(timeout(tokens));
    let unknown = || "explain cannot determine which address its script connects to".to_owned();
    Some(address(tokens, call + 2).map(probe).ok_or_else(unknown))
}

fn address(tokens: &Tokens, at: usize) -> Option<String> {
    tokens.is_punctuator(at, "(").then_some(())?;
    let (host, end) = tokens.text_at(at + 1, Language::Python)?;
    tokens.is_punctuator(end, ",").then_some(())?;
    let (port, _) = tokens.text_at(end + 1, Language::Python)?;
    Some(format!("tcp://{host}:{port}"))
}
