//! `http://HOST:PORT/PATH` and its kin: one request, one answer, one verdict.
//!
//! A client of our own, because it was measured: over 3,000 probes on
//! loopback ureq 3.5 (default features off, its own resolver, no TLS) took
//! 90 us of user time each where this takes 2, and 214 KB more of the binary.
//! Its thread for name lookups could end a container at its pids limit, and
//! a probe needs nothing of what a general client has: no pool, no cookies,
//! no proxies.

mod checks;
mod exchange;
mod redirect;
mod response;

use super::wire::End;
use super::{Look, Outcome};
use crate::plan::probe::{BodyTest, Http, Request};
pub(crate) use exchange::Exchange;
use redirect::Redirect;
pub(crate) use redirect::{normal_path, redirect};
pub(crate) use response::{Answer, Fault, Limits};
use std::io::ErrorKind;

/// So much of an unhealthy answer's body is quoted, in bytes.
const QUOTED: usize = 200;
/// So many redirects are followed, as by a Kubernetes probe.
const MOST_REDIRECTS: usize = 10;
/// In bytes: so much of a body is looked at.
const BODY: usize = 10 * 1024;
/// In bytes: headers, and a body.
const LIMITS: Limits = Limits { head: 8 * 1024, body: Some(BODY) };
/// Half a JSON document says nothing, so more of it is looked at.
const JSON_LIMITS: Limits = Limits { body: Some(1024 * 1024), ..LIMITS };

pub(super) fn probe(http: &Http, look: &mut Look<'_>) -> Outcome {
    let mut request = http.request.clone();
    for _ in 0..=MOST_REDIRECTS {
        let exchange = fetch(&request, limits(http), look)?;
        match next(http, &request, exchange.answer()) {
            Some(redirect) if redirect.to_same_host => request = redirect.request,
            elsewhere => return judge(http, exchange, elsewhere.as_ref(), look),
        }
    }
    Err(format!("{} redirects for ever: {MOST_REDIRECTS} redirects led to no answer", http.request.shown()))
}

fn limits(http: &Http) -> Limits {
    let has_json = http.body.iter().any(|check| matches!(check.test, BodyTest::Json(_)));
    if has_json { JSON_LIMITS } else { LIMITS }
}

fn next(http: &Http, request: &Request, answer: Option<&Answer>) -> Option<Redirect> {
    let answer = answer.filter(|_| http.follow)?;
    redirect(request, answer.status, answer.field("location")?)
}

fn fetch(request: &Request, limits: Limits, look: &mut Look<'_>) -> Result<Exchange, String> {
    let mut exchange = Exchange::start(request, limits, look)?;
    while exchange.more(look) {}
    Ok(exchange)
}

fn judge(http: &Http, exchange: Exchange, elsewhere: Option<&Redirect>, look: &mut Look<'_>) -> Outcome {
    let (url, heard) = (exchange.url().to_owned(), exchange.has_begun());
    let (answer, end) = exchange.into_parts();
    let answer = match answer {
        Err(fault) => return Err(format!("{url} {fault}")),
        Ok(None) => return Err(format!("{url} {}", no_answer(heard, end.as_ref(), look))),
        Ok(Some(answer)) => answer,
    };
    let aside = elsewhere.map_or_else(String::new, |redirect| {
        format!(" to another host, {}, which is not asked", redirect.request.host)
    });
    let said = format!("{url} answered {}{aside}", answer.status_text());
    if !http.status.contains(answer.status) {
        return Err(format!("{said}, wanted {}{}", http.status, quoted(&answer.body)));
    }
    match end {
        None => {
            look.note(&[&said, ", but its body was still being searched"]);
            match http.body.iter().find_map(|check| checks::fault(check, &answer)) {
                None => Ok(said),
                Some(fault) => Err(format!("{said}, but {fault}{}", quoted(&answer.body))),
            }
        }
        Some(End::TimedOut) => Err(format!("{said}, but its body had not ended after {}", look.deadline)),
        Some(End::Closed) => Err(format!("{said}, but closed the connection in the middle of its body")),
        Some(End::Broken(error)) => Err(format!("{said}, but the connection broke in its body: {error}")),
    }
}

/// What to say when not even the headers came.
fn no_answer(heard: bool, end: Option<&End>, look: &Look<'_>) -> String {
    let deadline = look.deadline;
    match (end, heard) {
        (Some(End::TimedOut), false) => format!("took the connection and did not answer within {deadline}"),
        (Some(End::TimedOut), true) => format!("had not finished its headers after {deadline}"),
        (Some(End::Broken(error)), _) if error.kind() == ErrorKind::ConnectionReset => {
            "reset the connection without an answer".into()
        }
        (Some(End::Broken(error)), _) => error.to_string(),
        (Some(End::Closed) | None, false) => "closed the connection without an answer".into(),
        (Some(End::Closed) | None, true) => "closed the connection in the middle of its headers".into(),
    }
}

/// The beginning of a body, to see at once what is wrong.
fn quoted(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(QUOTED)]);
    let text = text.trim();
    let dots = if body.len() > QUOTED { "..." } else { "" };
    if text.is_empty() { String::new() } else { format!(": {text}{dots}") }
}

impl Answer {
    /// `503 Service Unavailable`
    pub(crate) fn status_text(&self) -> String {
        format!("{} {}", self.status, self.phrase).trim_end().to_owned()
    }
}
