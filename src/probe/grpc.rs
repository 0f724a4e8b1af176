//! `grpc://HOST:PORT[/SERVICE]` and `grpcs://`: the standard health service must
//! report SERVING.
//!
//! hinit has its own client for this one call: HTTP/2 by prior knowledge or over
//! TLS, which every gRPC server supports, and two messages of one field.
//!
//! <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>

mod call;
mod hpack;
mod huffman;

use super::connection::Connection;
use super::context::ProbeContext;
use super::verdict::Outcome;
use crate::plan::probe::Grpc;
use call::{Answer, Call};

const METHOD: &str = "/grpc.health.v1.Health/Check";

pub(super) fn probe(grpc: &Grpc, context: &mut ProbeContext<'_>) -> Outcome {
    let mut connection = Connection::open(&grpc.endpoint, context)?;
    let mut scheme = "http";
    if let Some(tls) = &grpc.tls {
        connection = connection.secure(tls, &grpc.host, &[b"h2"], context)?;
        scheme = "https";
    }
    connection.send(&call::request(scheme, &grpc.authority, METHOD, &message(&grpc.service)), context);
    let (mut call, mut partial) = (Call::default(), None);
    loop {
        let mut bytes = Vec::new();
        if let Err(end) = connection.receive(&mut bytes, context) {
            return Err(connection.no_answer(partial, &end));
        }
        partial = Some("answer");
        let mut reply = Vec::new();
        match call.feed(&bytes, &mut reply) {
            Ok(Some(answer)) => return judge(&grpc.service, connection.peer(), &answer),
            Ok(None) => connection.send(&reply, context),
            Err(fault) => return Err(format!("{} {fault}", connection.peer())),
        }
    }
}

/// The outcome for a server that sends these bytes in pieces of `size`; none if
/// they are not a whole answer. For the fuzz target.
#[cfg(fuzzing)]
pub fn read_grpc(bytes: &[u8], size: usize) -> Option<Outcome> {
    let (mut call, mut replied) = (Call::default(), Vec::new());
    for piece in bytes.chunks(size) {
        match call.feed(piece, &mut replied) {
            Ok(Some(answer)) => return Some(judge("a", "h", &answer)),
            Ok(None) => assert!(replied.len() <= bytes.len(), "more was sent than received"),
            Err(fault) => return Some(Err(fault)),
        }
    }
    None
}

/// `HealthCheckRequest { string service = 1; }`
fn message(service: &str) -> Vec<u8> {
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
    check_grpc_status(service, peer, answer)?;
    let of_service = if service.is_empty() { String::new() } else { format!(" for {service}") };
    match body_message(&answer.body).and_then(health_status) {
        Some(1) => Ok(format!("{peer} reports SERVING{of_service}")),
        Some(0) => Err(format!("{peer} reports UNKNOWN{of_service}")),
        Some(2) => Err(format!("{peer} reports NOT_SERVING{of_service}")),
        Some(3) => Err(format!("{peer} reports SERVICE_UNKNOWN{of_service}")),
        _ => Err(format!("{peer} sent an invalid health status")),
    }
}

/// Fails unless the call itself succeeded.
fn check_grpc_status(service: &str, peer: &str, answer: &Answer) -> Result<(), String> {
    Err(match answer.grpc_status.as_deref() {
        Some("0") => return Ok(()),
        Some("5") if service.is_empty() => format!(
            "{peer} has no status for the whole server; name one of its services: grpc://HOST:PORT/SERVICE"
        ),
        Some("5") => format!("{peer} has no service {service}"),
        Some("12") => format!("{peer} has no health service (grpc.health.v1): add it to the server"),
        Some(code) => format!("{peer} answered {}{}", code_name(code), detail(&answer.grpc_message)),
        None if answer.http_status == "200" => format!("{peer} ended its answer without a grpc-status"),
        None => format!("{peer} answered HTTP {} and not gRPC", answer.http_status),
    })
}

/// The one message of a body. It has to be complete, and not compressed: the
/// request did not offer compression.
fn body_message(body: &[u8]) -> Option<&[u8]> {
    let ([is_compressed, length @ ..], message) = body.split_first_chunk::<5>()?;
    let is_whole = u32::from_be_bytes(*length) as usize == message.len();
    (*is_compressed == 0 && is_whole).then_some(message)
}

/// `HealthCheckResponse { ServingStatus status = 1; }`. A 0 may be left out, and
/// unknown fields are skipped.
///
/// <https://protobuf.dev/programming-guides/encoding/>
fn health_status(mut message: &[u8]) -> Option<u64> {
    const STATUS: u64 = 1;
    let mut status = 0;
    while !message.is_empty() {
        let tag = varint(&mut message)?;
        let length = match tag & 7 {
            0 => {
                let value = varint(&mut message)?;
                if tag >> 3 == STATUS {
                    status = value;
                }
                0
            }
            1 => 8,
            2 => usize::try_from(varint(&mut message)?).ok()?,
            5 => 4,
            _ => return None,
        };
        message = message.get(length..)?;
    }
    Some(status)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
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

/// The message as it came, percent-encoded.
fn detail(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(service: &str, status: &str, body: &[u8]) -> Outcome {
        let (http_status, grpc_status) = ("200".into(), Some(status.into()));
        judge(service, "h:1", &Answer { http_status, grpc_status, body: body.to_vec(), ..Answer::default() })
    }

    #[test]
    fn skips_unknown_fields() {
        let table: [&[u8]; 5] = [
            b"\0\0\0\0\x02\x08\x01",
            b"\0\0\0\0\x03\x08\x81\0",
            b"\0\0\0\0\x06\x12\x02hi\x08\x01",
            b"\0\0\0\0\x0b\x08\x01\x19abcdefgh",
            b"\0\0\0\0\x09\x08\x01\x25abcd\x28\x07",
        ];
        for body in table {
            assert_eq!(outcome("", "0", body), Ok("h:1 reports SERVING".into()), "{body:?}");
        }
    }

    #[test]
    fn an_answer_that_is_not_one_whole_message_is_invalid() {
        let table: [&[u8]; 8] = [
            b"",
            b"\0\0\0\0",
            b"\0\0\0\0\x05\x08\x01",
            b"\x01\0\0\0\x02\x08\x01",
            b"\0\0\0\0\x02\x08\x01\0\0\0\0\x02\x08\x01",
            b"\0\0\0\0\x01\x08",
            b"\0\0\0\0\x03\x12\x7fx",
            b"\0\0\0\0\x0c\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ];
        for body in table {
            assert_eq!(outcome("", "0", body), Err("h:1 sent an invalid health status".into()), "{body:?}");
        }
    }

    #[test]
    fn a_server_without_a_status_of_its_own_asks_for_a_service() {
        assert_eq!(outcome("a.B", "5", b""), Err("h:1 has no service a.B".into()));
        let why = outcome("", "5", b"").unwrap_err();
        assert!(why.contains("name one of its services: grpc://HOST:PORT/SERVICE"), "{why}");
    }
}
