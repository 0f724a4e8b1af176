//! AMQP 0-9-1: a broker that answers the protocol's header with
//! Connection.Start takes logins. RabbitMQ opens its port last of all.
//!
//! <https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf>, 4.2

use super::Answer;
use super::bytes::{Bytes, begins_as, text};
use crate::plan::probe::Service;

pub(super) const HEADER: &[u8] = b"AMQP\0\0\x09\x01";
const METHOD_FRAME: u8 = 1;
const CONNECTION: u16 = 10;
const START: u16 = 10;
const CLOSE: u16 = 50;
/// In bytes, of a frame; Start has the server's properties and mechanisms.
const LONGEST: u32 = 12 * 1024;

pub(super) fn read(_: &Service, heard: &[u8]) -> Option<Answer> {
    if begins_as(heard, b"AMQP") {
        // The first of these four is the protocol's number: 0, or 3 with SASL.
        return heard.get(4..8).map(|header| other_version(&header[1..]));
    }
    let mut bytes = Bytes(heard);
    let (kind, _channel) = (bytes.byte()?, bytes.array::<2>());
    if kind != METHOD_FRAME {
        return Some(Answer::Foreign);
    }
    let size = u32::from_be_bytes(bytes.array()?);
    if !(4..=LONGEST).contains(&size) {
        return Some(Answer::Foreign);
    }
    let mut method = Bytes(bytes.take(size as usize)?);
    let class = u16::from_be_bytes(method.array()?);
    Some(match (class, u16::from_be_bytes(method.array()?)) {
        (CONNECTION, START) => Answer::Ready(String::new()),
        (CONNECTION, CLOSE) => close(method).unwrap_or(Answer::Foreign),
        _ => Answer::Foreign,
    })
}

/// The header that a broker sends to a client of a version it does not speak.
fn other_version(version: &[u8]) -> Answer {
    let numbers: Vec<String> = version.iter().map(ToString::to_string).collect();
    Answer::NotReady(format!("it speaks AMQP {}, not 0-9-1", numbers.join("-")))
}

fn close(mut method: Bytes<'_>) -> Option<Answer> {
    let code = u16::from_be_bytes(method.array()?);
    let length = method.byte()?.into();
    Some(Answer::NotReady(format!("{} ({code})", text(method.take(length)?))))
}
