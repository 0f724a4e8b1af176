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
        Some("5") if service.is_empty() => {
            return Err(format!(
                "{peer} says nothing of the whole server; name one of its services: grpc://HOST:PORT/SERVICE"
            ));
        }
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
    match message(&answer.body).and_then(status) {
        Some(1) => Ok(format!("{peer} says SERVING{what}")),
        Some(0) => Err(format!("{peer} says UNKNOWN{what}")),
        Some(2) => Err(format!("{peer} says NOT_SERVING{what}")),
        Some(3) => Err(format!("{peer} says SERVICE_UNKNOWN{what}")),
        _ => Err(format!("{peer} answered what is no health status")),
    }
}

/// The one message of a body, which is whole and not compressed: a server was
/// told of no compression.
fn message(body: &[u8]) -> Option<&[u8]> {
    let ([is_compressed, length @ ..], message) = body.split_first_chunk::<5>()?;
    let is_whole = u32::from_be_bytes(*length) as usize == message.len();
    (*is_compressed == 0 && is_whole).then_some(message)
}

/// `HealthCheckResponse { ServingStatus status = 1; }`; a 0 may be left out,
/// and fields of later versions are skipped.
///
/// <https://protobuf.dev/programming-guides/encoding/>
fn status(mut message: &[u8]) -> Option<u64> {
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

/// The message is percent-encoded where it is not plain; it is shown as it came.
fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(service: &str, status: &str, body: &[u8]) -> Outcome {
        let (http_status, grpc_status) = ("200".into(), Some(status.into()));
        judge(service, "h:1", &Answer { http_status, grpc_status, body: body.to_vec(), ..Answer::default() })
    }

    #[test]
    fn reads_the_status_among_fields_it_does_not_know() {
        let table: [&[u8]; 5] = [
            b"\0\0\0\0\x02\x08\x01",
            b"\0\0\0\0\x03\x08\x81\0",
            b"\0\0\0\0\x06\x12\x02hi\x08\x01",
            b"\0\0\0\0\x0b\x08\x01\x19abcdefgh",
            b"\0\0\0\0\x09\x08\x01\x25abcd\x28\x07",
        ];
        for body in table {
            assert_eq!(told("", "0", body), Ok("h:1 says SERVING".into()), "{body:?}");
        }
    }

    #[test]
    fn an_answer_that_is_not_one_whole_message_is_none() {
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
            assert_eq!(told("", "0", body), Err("h:1 answered what is no health status".into()), "{body:?}");
        }
    }

    #[test]
    fn a_server_that_knows_its_services_only_is_to_be_asked_for_one() {
        assert_eq!(told("a.B", "5", b""), Err("h:1 knows no service a.B".into()));
        let why = told("", "5", b"").unwrap_err();
        assert!(why.contains("name one of its services: grpc://HOST:PORT/SERVICE"), "{why}");
    }
}
