//! `postgres://`, `redis://` and other servers that report in their own
//! protocol whether they are ready.
//!
//! One file a protocol. Each has a request whose bytes are known beforehand,
//! and reads the reply with a pure function of everything received so far.

mod amqp;
mod bytes;
mod memcached;
mod mongodb;
mod mysql;
mod postgres;
mod readiness;
mod redis;

use super::connection::Connection;
use super::context::ProbeContext;
use super::verdict::Outcome;
use crate::plan::probe::{Protocol, Service};
use readiness::{ReadReply, Readiness};

/// In bytes: longer than any of these replies.
const REPLY_LIMIT: usize = 16 * 1024;
/// In bytes: how much is quoted of a reply in another protocol.
const QUOTED: usize = 60;

pub(super) fn probe(service: &Service, context: &mut ProbeContext<'_>) -> Outcome {
    let (request, read) = protocol(service);
    let mut connection = Connection::open(&service.endpoint, context)?;
    connection.send(&request, context);
    let mut received = Vec::new();
    loop {
        if let Err(end) = connection.receive(&mut received, context) {
            let partial = (!received.is_empty()).then_some("answer");
            return Err(connection.no_answer(partial, &end));
        }
        if let Some(readiness) = read_limited(service, read, &received) {
            if service.protocol == Protocol::Mysql && matches!(readiness, Readiness::Ready(_)) {
                mysql::finish_login(service, &mut connection, context)?;
            }
            return outcome(service.protocol, connection.peer(), readiness, &received);
        }
    }
}

/// What to send, and what reads the reply.
fn protocol(service: &Service) -> (Vec<u8>, ReadReply) {
    match service.protocol {
        Protocol::Postgres => (postgres::startup(service), postgres::read_reply),
        Protocol::Redis => (redis::ping(service), redis::read_reply),
        Protocol::Mysql => (Vec::new(), mysql::read_reply),
        Protocol::Memcached => (memcached::VERSION_REQUEST.to_vec(), memcached::read_reply),
        Protocol::Amqp => (amqp::HEADER.to_vec(), amqp::read_reply),
        Protocol::Mongodb => (mongodb::hello(), mongodb::read_reply),
    }
}

fn read_limited(service: &Service, read: ReadReply, received: &[u8]) -> Option<Readiness> {
    let reply = &received[..received.len().min(REPLY_LIMIT)];
    read(service, reply).or_else(|| (received.len() > REPLY_LIMIT).then_some(Readiness::OtherProtocol))
}

/// The outcome for a server that sends these bytes in pieces of `size`; none if
/// they are not a whole reply. For the fuzz target.
#[cfg(fuzzing)]
pub fn read_service(service: &Service, bytes: &[u8], size: usize) -> Option<Outcome> {
    let read = protocol(service).1;
    let so_far = (1..=bytes.len().div_ceil(size)).map(|pieces| &bytes[..bytes.len().min(pieces * size)]);
    let mut outcomes = so_far.filter_map(|received| {
        Some(outcome(service.protocol, "h", read_limited(service, read, received)?, received))
    });
    outcomes.next()
}

fn outcome(protocol: Protocol, peer: &str, readiness: Readiness, received: &[u8]) -> Outcome {
    match readiness {
        Readiness::Ready(detail) if detail.is_empty() => Ok(format!("{protocol} at {peer} is ready")),
        Readiness::Ready(detail) => Ok(format!("{protocol} at {peer} is ready: {detail}")),
        Readiness::NotReady(why) => Err(format!("{protocol} at {peer} is not ready: {why}")),
        Readiness::OtherProtocol => Err(format!(
            "{peer} does not speak the protocol of {protocol}: '{}'",
            String::from_utf8_lossy(&received[..received.len().min(QUOTED)]).trim_end()
        )),
    }
}

#[cfg(test)]
mod tests;
