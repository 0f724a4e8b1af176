//! `grpc://HOST:PORT[/SERVICE]` and `grpcs://`: the standard health service says SERVING.
//!
//! A client of our own for this one call: HTTP/2 by prior knowledge or
//! by TLS, as every gRPC server speaks it, and two messages of one field.
//!
//! <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>

mod call;
mod hpack;
mod huffman;

use super::wire::Wire;
use super::{Look, Outcome};
use crate::plan::probe::Grpc;
use call::{Answer, Call};

const METHOD: &str = "/grpc.health.v1.Health/Check";
/// In bytes: a compression flag and the length of the message.
const PREFIX: usize = 5;

pub(super) fn probe(grpc: &Grpc, look: &mut Look<'_>) -> Outcome {
    let mut wire = Wire::open(&grpc.endpoint, look)?;
    let mut scheme = "http";
    if let Some(tls) = &grpc.tls {
        wire = wire.secure(tls, &grpc.host, &[b"h2"], look)?;
        scheme = "https";
    }
    wire.send(&call::question(scheme, &grpc.authority, METHOD, &request(&grpc.service)), look);
    let (mut call, mut is_heard) = (Call::default(), false);
    loop {
        let mut bytes = Vec::new();
        if let Err(end) = wire.receive(&mut bytes, look) {
            return Err(wire.no_answer(is_heard, &end));
        }
        is_heard = true;
        let mut reply = Vec::new();
        match call.feed(&bytes, &mut reply) {
            Ok(Some(answer)) => return judge(&grpc.service, wire.peer(), &answer),
            Ok(None) => wire.send(&reply, look),
            Err(fault) => return Err(format!("{} {fault}", wire.peer())),
        }
    }
}

/// What a server that sends these bytes, so many at a time, is told to have
/// said; none if it has not said enough. For the fuzz target.
#[cfg(fuzzing)]
pub fn heard(bytes: &[u8], size: usize) -> Option<Outcome> {
    let (mut call, mut replied) = (Call::default(), Vec::new());
    for piece in bytes.chunks(size) {
        match call.feed(piece, &mut replied) {
            Ok(Some(answer)) => return Some(judge("a", "h", &answer)),
            Ok(None) => assert!(replied.len() <= bytes.len(), "more was replied than said"),
            Err(fault) => return Some(Err(fault)),
        }
    }
    None
}

/// `HealthCheckRequest { string service = 1; }`
fn request(service: &str) -> Vec<u8> {
    const FIELD: u8 = 0x0a;
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(FIELD);
        let mut length = service.len();
        while length >= 0x80 {
            message.push(length.to_le_bytes()[0] | 0x80);
            length >>= 7;
        }
        message.push(length.to_le_bytes()[0]);
        message.extend_from_slice(service.as_bytes());
    }
    message
}

fn judge(service: &str, peer: &str, answer: &Answer) -> Outcome {
    let what = if service.is_empty() { String::new() } else { format!(" of {service}") };
    match answer.grpc_status.as_deref() {
        Some("0") => {}
        Some("5") => return Err(format!("{peer} knows no service {service}")),
        Some("12") => {
            return Err(format!("{peer} has no health service (grpc.health.v1): add it to the server"));
        }
        Some(code) => {
            return Err(format!("{peer} answered {}{}", code_name(code), said(&answer.grpc_message)));
        }
        None if answer.http_status == "200" => {
            return Err(format!("{peer} ended its answer without a grpc-status"));
        }
        None => return Err(format!("{peer} answered HTTP {} and not gRPC", answer.http_status)),
    }
    match answer.body.get(PREFIX..).and_then(status) {
        Some(1) => Ok(format!("{peer} says SERVING{what}")),
        Some(0) => Err(format!("{peer} says UNKNOWN{what}")),
        Some(2) => Err(format!("{peer} says NOT_SERVING{what}")),
        Some(3) => Err(format!("{peer} says SERVICE_UNKNOWN{what}")),
        _ => Err(format!("{peer} answered what is no health status")),
    }
}

/// `HealthCheckResponse { ServingStatus status = 1; }`; a 0 may be left out.
fn status(message: &[u8]) -> Option<u8> {
    match message {
        [] => Some(0),
        [0x08, status] if *status < 0x80 => Some(*status),
        _ => None,
    }
}

fn code_name(code: &str) -> String {
    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    let name = code.parse().ok().and_then(|number: usize| NAMES.get(number));
    name.map_or_else(|| format!("grpc-status {code}"), |name| (*name).to_owned())
}

/// The message is percent-encoded where it is not plain; it is shown as it came.
fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
