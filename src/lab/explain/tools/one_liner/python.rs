//! `python -c "import urllib.request as u; u.urlopen('http://...')"`.

use super::tokens::{Dialect, Tokens, split};
use super::{BODY, READS_BODY, foreign, script};
use crate::lab::explain::mistakes::add;
use crate::lab::explain::probe::Probe;
use crate::lab::explain::shell::Simple;
use crate::lab::explain::shell::word::Why;
use crate::lab::explain::tools::{seconds, url_probe};

const OWN_WAY: &str = "its python compares the status in its own way";
/// What a call can be given besides the URL, and changes what is asked.
const GIVEN: [&str; 6] = ["headers", "params", "auth", "cookies", "cert", "proxies"];

/// The script's probe, or the script as it is with the reason.
pub(in crate::lab::explain::tools) fn read(simple: &Simple, notes: &mut Vec<String>) -> Result<Probe, Why> {
    let Some(script) = script(simple, &["-c"])? else {
        return Ok(foreign::probe(simple, foreign::SCRIPT));
    };
    let tokens = split(&script).ok_or("its python has a string that is not closed")?;
    let found = socket(&tokens).unwrap_or_else(|| client(&tokens, notes));
    Ok(found.unwrap_or_else(|why| foreign::probe(simple, &why)))
}

fn client(tokens: &Tokens, notes: &mut Vec<String>) -> Result<Probe, Why> {
    let urllib = tokens.call(&["urlopen"]);
    let requests = tokens.call(&["get", "head"]).filter(|_| tokens.has_word(&["requests", "httpx"]));
    let call = urllib.or(requests).ok_or("its python asks no server in a way explain knows")?;
    if tokens.has_word(&BODY) {
        return Err(READS_BODY.into());
    }
    let url =
        tokens.text_at(call + 2, Dialect::Python).ok_or("its python makes up the URL in its own way")?;
    let mut probe = url_probe(&url.0)?;
    if tokens.word(call) == Some("head") {
        probe.set("method", "HEAD");
    }
    if let Some(name) = GIVEN.iter().find(|name| tokens.find(&[name, "="]).is_some()) {
        return Err(format!("its python sets {name} in its own way"));
    }
    // urllib and requests follow redirects, httpx does not.
    if !tokens.has_word(&["httpx"]) && tokens.find(&["allow_redirects", "=", "False"]).is_none() {
        probe.flag("follow");
    }
    if tokens.find(&["verify", "=", "False"]).is_some() || tokens.has_word(&["_create_unverified_context"]) {
        probe.flag("insecure");
        probe.drop_idle_tls();
    } else if tokens.has_word(&["verify", "context"]) {
        return Err("its python believes certificates in its own way".into());
    }
    let raises = urllib.is_some() || tokens.has_word(&["raise_for_status", "ok"]);
    verdict(&mut probe, tokens, raises, notes)?;
    if let Some(limit) = timeout(tokens) {
        probe.set("timeout", limit);
    }
    Ok(probe)
}

/// `timeout=5`, in seconds.
fn timeout(tokens: &Tokens) -> Option<String> {
    seconds(tokens.number(tokens.find(&["timeout", "="])? + 2)?)
}

fn verdict(probe: &mut Probe, tokens: &Tokens, raises: bool, notes: &mut Vec<String>) -> Result<(), Why> {
    // What it does if the comparison holds: `exit(1 if`, `exit(1) if`, `if ...: exit(1)`.
    let is_turned = tokens.find(&["1", "if"]).is_some() || tokens.find(&["1", ")", "if"]).is_some();
    let sign = if is_turned { "!=" } else { "==" };
    let forms: [&[&str]; 4] =
        [&["status_code", sign], &["status", sign], &["code", sign], &["getcode", "(", ")", sign]];
    let status = forms.iter().find_map(|form| Some(tokens.find(form)? + form.len()));
    // `sys.exit(status == 200)` exits with 1 if it holds.
    let says = tokens.has_word(&["if", "assert", "not", "or"]);
    match status.map(|at| tokens.number(at).filter(|_| says && !tokens.is_sign(at + 1, ":"))) {
        Some(Some(code)) => probe.set("status", code),
        Some(None) => return Err(OWN_WAY.into()),
        None if tokens.has_word(&["status_code", "status", "getcode"]) => return Err(OWN_WAY.into()),
        None if raises => {}
        None => add(notes, "its get without raise_for_status() succeeds for a 500; hinit wants 200-399"),
    }
    Ok(())
}

/// `socket.create_connection(('localhost', 8080))`.
fn socket(tokens: &Tokens) -> Option<Result<Probe, Why>> {
    let call = tokens.call(&["create_connection", "connect"]).filter(|_| tokens.has_word(&["socket"]))?;
    let place = address(tokens, call + 2);
    let probe = |place| match timeout(tokens) {
        Some(limit) => Probe::new(place).with("timeout", limit),
        None => Probe::new(place),
    };
    Some(place.map(probe).ok_or_else(|| "its python makes up the address in its own way".to_owned()))
}

fn address(tokens: &Tokens, at: usize) -> Option<String> {
    tokens.is_sign(at, "(").then_some(())?;
    let (host, end) = tokens.text_at(at + 1, Dialect::Python)?;
    tokens.is_sign(end, ",").then_some(())?;
    let (port, _) = tokens.text_at(end + 1, Dialect::Python)?;
    Some(format!("tcp://{host}:{port}"))
}
