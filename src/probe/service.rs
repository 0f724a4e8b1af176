//! `postgres://`, `redis://` and the like: a question in the server's own
//! protocol, and what its answer says of being ready.
//!
//! One file a protocol. Each asks with bytes that are known beforehand, and
//! reads with a pure function of everything received so far.

mod amqp;
mod bytes;
mod memcached;
mod mongodb;
mod mysql;
mod postgres;
mod redis;

use super::wire::Wire;
use super::{Look, Outcome};
use crate::plan::probe::{Protocol, Service};

/// In bytes: longer than any of these answers gets to be.
const MOST: usize = 16 * 1024;
/// So much is quoted of an answer in another protocol, in bytes.
const QUOTED: usize = 60;

/// What a server's answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// It serves; the text may be empty.
    Ready(String),
    /// It does not, by its own words.
    NotReady(String),
    /// This is no answer in that protocol.
    Foreign,
}

/// Reads all that came so far: none if the answer has not ended.
type Reader = fn(&Service, &[u8]) -> Option<Answer>;

pub(super) fn probe(service: &Service, look: &mut Look<'_>) -> Outcome {
    let (question, read) = dialogue(service);
    let mut wire = Wire::open(&service.endpoint, look)?;
    wire.send(&question, look);
    let mut heard = Vec::new();
    loop {
        if let Err(end) = wire.receive(&mut heard, look) {
            return Err(wire.no_answer(!heard.is_empty(), &end));
        }
        if let Some(answer) = answer(service, read, &heard) {
            if service.protocol == Protocol::Mysql && matches!(answer, Answer::Ready(_)) {
                mysql::leave(service, &mut wire, look)?;
            }
            return tell(service.protocol, wire.peer(), answer, &heard);
        }
    }
}

/// What to ask, and who reads the answer.
fn dialogue(service: &Service) -> (Vec<u8>, Reader) {
    match service.protocol {
        Protocol::Postgres => (postgres::startup(service), postgres::read),
        Protocol::Redis => (redis::ping(service), redis::read),
        Protocol::Mysql => (Vec::new(), mysql::read),
        Protocol::Memcached => (b"version\r\n".to_vec(), memcached::read),
        Protocol::Amqp => (amqp::HEADER.to_vec(), amqp::read),
        Protocol::Mongodb => (mongodb::hello(), mongodb::read),
    }
}

fn answer(service: &Service, read: Reader, heard: &[u8]) -> Option<Answer> {
    let looked_at = &heard[..heard.len().min(MOST)];
    read(service, looked_at).or_else(|| (heard.len() > MOST).then_some(Answer::Foreign))
}

/// What a server that sends these bytes, so many at a time, is told to have
/// said; none if it has not said enough. For the fuzz target.
#[cfg(fuzzing)]
pub fn heard(service: &Service, bytes: &[u8], size: usize) -> Option<Outcome> {
    let read = dialogue(service).1;
    let so_far = (1..=bytes.len().div_ceil(size)).map(|pieces| &bytes[..bytes.len().min(pieces * size)]);
    let mut told =
        so_far.filter_map(|heard| Some(tell(service.protocol, "h", answer(service, read, heard)?, heard)));
    told.next()
}

fn tell(protocol: Protocol, peer: &str, answer: Answer, heard: &[u8]) -> Outcome {
    match answer {
        Answer::Ready(detail) if detail.is_empty() => Ok(format!("{protocol} at {peer} is ready")),
        Answer::Ready(detail) => Ok(format!("{protocol} at {peer} is ready: {detail}")),
        Answer::NotReady(why) => Err(format!("{protocol} at {peer} is not ready: {why}")),
        Answer::Foreign => Err(format!(
            "{peer} does not answer as {protocol} does: '{}'",
            String::from_utf8_lossy(&heard[..heard.len().min(QUOTED)]).trim_end()
        )),
    }
}

#[cfg(test)]
mod tests;
