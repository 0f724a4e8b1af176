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
mod headers;
mod redirect;
mod request;
mod response;

pub(crate) use exchange::Exchange;
pub(crate) use fault::Fault;
pub(crate) use redirect::{normal_path, redirect};
pub(crate) use response::{Answer, Limits};

use super::connection::End;
use super::context::ProbeContext;
use super::verdict::Outcome;
use crate::plan::probe::{BodyTest, Http, Request};
use body::{BODY_LIMIT, JSON_LIMIT};
use headers::HEADER_LIMIT;
use redirect::Redirect;

/// In bytes: how much is quoted of the body of an unhealthy answer.
const QUOTED: usize = 200;
/// As many as a Kubernetes probe follows.
const MAX_REDIRECTS: usize = 10;

pub(super) fn probe(http: &Http, context: &mut ProbeContext<'_>) -> Outcome {
    let mut request = http.request.clone();
    for _ in 0..=MAX_REDIRECTS {
        let exchange = fetch(&request, limits(http), context)?;
        match next(http, &request, exchange.answer()) {
            Some(redirect) if redirect.to_same_host => request = redirect.request,
            rejected => return judge(http, exchange, rejected.as_ref(), context),
        }
    }
    Err(format!("{} redirects endlessly: no answer after {MAX_REDIRECTS} redirects", http.request.url()))
}

fn limits(http: &Http) -> Limits {
    let has_json = http.body.iter().any(|check| matches!(check.test, BodyTest::Json(_)));
    Limits { headers: HEADER_LIMIT, body: Some(if has_json { JSON_LIMIT } else { BODY_LIMIT }) }
}

fn next(http: &Http, request: &Request, answer: Option<&Answer>) -> Option<Redirect> {
    let answer = answer.filter(|_| http.follow)?;
    redirect(request, answer.status, answer.field("location")?)
}

fn fetch(request: &Request, limits: Limits, context: &mut ProbeContext<'_>) -> Result<Exchange, String> {
    let mut exchange = Exchange::start(request, limits, context)?;
    while exchange.receive(context) {}
    Ok(exchange)
}

/// The verdict on an answer. `rejected` is where it redirects to, if that is
/// another host.
fn judge(
    http: &Http,
    exchange: Exchange,
    rejected: Option<&Redirect>,
    context: &mut ProbeContext<'_>,
) -> Outcome {
    let url = exchange.url().to_owned();
    let (answer, end) = exchange.into_answer()?;
    let aside = rejected.map_or_else(String::new, |redirect| {
        format!(", a redirect to another host ({}), which is not followed", redirect.request.host)
    });
    let answered = format!("{url} answered {}{aside}", answer.status_text());
    if !http.status.contains(answer.status) {
        return Err(format!("{answered}, expected {}{}", http.status, quoted(answer.body.bytes())));
    }
    match end {
        None => {
            context.report(&[&answered, ", but its body was still being checked"]);
            check_body(http, &answer).map_err(|why| format!("{answered}, but {why}"))?;
            Ok(answered)
        }
        Some(End::TimedOut) => {
            Err(format!("{answered}, but its body had not ended after {}", context.deadline))
        }
        Some(End::Closed) => Err(format!("{answered}, but closed the connection in the middle of its body")),
        Some(End::Broken(error)) => {
            Err(format!("{answered}, but the connection broke in the middle of its body: {error}"))
        }
    }
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
    let mut response =
        response::Response::to(method, Limits { headers: HEADER_LIMIT, body: Some(BODY_LIMIT) });
    bytes.chunks(size).for_each(|piece| response.feed(piece));
    response.close();
    let answer = response.into_answer().map_err(|fault| fault.to_string())?;
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
