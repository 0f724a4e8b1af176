//! `http://HOST:PORT/PATH`, `https://` and `http+unix://`: one request, and
//! checks of its answer.
//!
//! hinit has its own client because of measurements: over 3,000 probes on
//! loopback, ureq 3.5 (default features off, its own resolver, no TLS) took
//! 90 us of user time each where this takes 2, and 214 KB more of the binary.
//! Its thread for name resolution could end a container at its pids limit, and
//! a probe needs none of the features of a general client: no pool, no cookies,
//! no proxies.

mod body;
mod checks;
mod chunked;
mod exchange;
mod fault;
mod header_buffer;
mod headers;
mod redirect;
mod request;
mod response;

pub(crate) use exchange::Exchange;
pub(crate) use fault::Fault;
pub(crate) use redirect::{BadRedirect, normal_path, redirect};
pub(crate) use response::{Answer, Limits};

use super::connection::End;
use super::context::ProbeContext;
use super::verdict::Outcome;
use crate::plan::probe::{BodyTest, Http, Request};
use body::{BODY_LIMIT, JSON_LIMIT};
use exchange::BodyError;
use header_buffer::{KEPT_HEADERS, MAX_HEADERS};

/// In bytes: how much is quoted of the body of an unhealthy answer.
const QUOTED: usize = 200;
/// As many as a Kubernetes probe follows.
const MAX_REDIRECTS: usize = 10;

pub(super) fn probe(http: &Http, context: &mut ProbeContext<'_>) -> Outcome {
    let mut request = http.request.clone();
    for _ in 0..=MAX_REDIRECTS {
        let mut exchange = Exchange::start(&request, limits(http), context)?;
        while exchange.answer().is_none() && exchange.receive(context) {}
        match next(http, &request, exchange.answer()) {
            Ok(None) => return judge(http, exchange, context),
            Ok(Some(next)) => {
                exchange.drain(context);
                request = next;
            }
            Err(why) => {
                exchange.drain(context);
                return Err(format!("{} {why}", exchange.url()));
            }
        }
    }
    Err(format!("{} redirects endlessly: no answer after {MAX_REDIRECTS} redirects", http.request.url()))
}

fn limits(http: &Http) -> Limits {
    let has_json = http.body.iter().any(|check| matches!(check.test, BodyTest::Json(_)));
    Limits {
        kept_headers: KEPT_HEADERS,
        headers: MAX_HEADERS,
        body: Some(if has_json { JSON_LIMIT } else { BODY_LIMIT }),
    }
}

/// The request to follow; none if the answer is to be judged.
///
/// # Errors
/// It leads where hinit cannot go, or does not.
fn next(http: &Http, request: &Request, answer: Option<&Answer>) -> Result<Option<Request>, String> {
    let Some(answer) = answer.filter(|_| http.follow) else { return Ok(None) };
    let answered = format!("answered {}, a redirect", answer.status_text());
    match redirect(request, answer) {
        Ok(None) => Ok(None),
        Ok(Some(redirect)) if redirect.to_same_host => Ok(Some(redirect.request)),
        Ok(Some(redirect)) => {
            Err(format!("{answered} to another host ({}), which is not followed", redirect.request.host))
        }
        Err(bad) => Err(format!("{answered} {bad}")),
    }
}

/// The verdict on an answer. It falls as soon as the status and the checks are
/// decided; only then the rest of the body is read, for the server's sake.
fn judge(http: &Http, mut exchange: Exchange, context: &mut ProbeContext<'_>) -> Outcome {
    while !is_decided(http, exchange.answer()) && exchange.receive(context) {}
    let is_decided = is_decided(http, exchange.answer());
    exchange.drain(context);
    let url = exchange.url().to_owned();
    let (answer, error) = exchange.into_answer()?;
    let answered = format!("{url} answered {}", answer.status_text());
    if !http.status.contains(answer.status) {
        return Err(format!("{answered}, expected {}{}", http.status, quoted(answer.body.bytes())));
    }
    match error {
        _ if is_decided => Ok(answered),
        None => {
            context.report(&[&answered, ", but its body was still being checked"]);
            check_body(http, &answer).map_err(|why| format!("{answered}, but {why}"))?;
            Ok(answered)
        }
        Some(BodyError::Fault(fault)) => Err(format!("{answered}, but {fault}")),
        Some(BodyError::End(End::TimedOut)) => {
            Err(format!("{answered}, but its body had not ended after {}", context.deadline))
        }
        Some(BodyError::End(End::Closed)) => {
            Err(format!("{answered}, but closed the connection in the middle of its body"))
        }
        Some(BodyError::End(End::Broken(error))) => {
            Err(format!("{answered}, but the connection broke in the middle of its body: {error}"))
        }
    }
}

/// Whether the rest of the body makes no difference to the verdict.
fn is_decided(http: &Http, answer: Option<&Answer>) -> bool {
    answer.is_some_and(|answer| {
        !http.status.contains(answer.status) || checks::are_decided(&http.body, &answer.body)
    })
}

fn check_body(http: &Http, answer: &Answer) -> Result<(), String> {
    match http.body.iter().find_map(|check| checks::failure(check, &answer.body)) {
        None => Ok(()),
        Some(why) => Err(format!("{why}{}", quoted(answer.body.bytes()))),
    }
}

/// The beginning of a body, to see at once what is wrong.
fn quoted(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(QUOTED)]);
    let text = text.trim();
    let dots = if body.len() > QUOTED { "..." } else { "" };
    if text.is_empty() { String::new() } else { format!(": {text}{dots}") }
}

/// What is read from these bytes in pieces of `size`: the status, the headers
/// and the body. For the fuzz target.
#[cfg(fuzzing)]
pub fn read_http(method: &str, bytes: &[u8], size: usize) -> Result<Option<(u16, Vec<u8>, Vec<u8>)>, String> {
    let limits = Limits { kept_headers: KEPT_HEADERS, headers: MAX_HEADERS, body: Some(BODY_LIMIT) };
    let mut response = response::Response::to(method, limits);
    bytes.chunks(size).for_each(|piece| response.feed(piece));
    response.close();
    let (answer, fault) = response.into_parts();
    if let Some(fault) = fault {
        return Err(fault.to_string());
    }
    Ok(answer.map(|answer| (answer.status, answer.heads, answer.body.bytes().to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::probe::options::CHECKS;

    #[test]
    fn the_help_has_the_limits_that_hold() {
        let texts = [
            format!("the first {} KiB of the body", BODY_LIMIT / 1024),
            format!("up to {MAX_REDIRECTS} redirects"),
            format!("(default {})", crate::plan::probe::StatusSet::default()),
        ];
        for text in texts {
            assert!(CHECKS.contains(&text), "{text}");
        }
    }
}
