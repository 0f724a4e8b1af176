//! AMQP 0-9-1: a broker that answers the protocol header with Connection.Start
//! accepts logins. RabbitMQ opens its port last of all.
//!
//! <https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf>, 4.2

use super::bytes::{Bytes, may_become, text};
use super::readiness::Readiness;
use crate::plan::probe::Service;

pub(super) const HEADER: &[u8] = b"AMQP\0\0\x09\x01";
const METHOD_FRAME: u8 = 1;
const FRAME_END: u8 = 0xce;
const CONNECTION: u16 = 10;
const START: u16 = 10;
const CLOSE: u16 = 50;
/// In bytes, of a frame; Start lists the properties and mechanisms of the server.
const LONGEST: u32 = 12 * 1024;

pub(super) fn read_reply(_: &Service, received: &[u8]) -> Option<Readiness> {
    if may_become(received, b"AMQP") {
        return received.get(..8).map(other_version);
    }
    let mut bytes = Bytes(received);
    let (kind, _channel) = (bytes.byte()?, bytes.array::<2>());
    if kind != METHOD_FRAME {
        return Some(Readiness::OtherProtocol);
    }
    let size = u32::from_be_bytes(bytes.array()?);
    if !(4..=LONGEST).contains(&size) {
        return Some(Readiness::OtherProtocol);
    }
    let method = bytes.take(size as usize)?;
    let is_whole = bytes.byte()? == FRAME_END;
    Some(read_method(Bytes(method)).filter(|_| is_whole).unwrap_or(Readiness::OtherProtocol))
}

/// What a method means; none if it is another one, or not complete.
fn read_method(mut method: Bytes<'_>) -> Option<Readiness> {
    let (class, id) = (method.array().map(u16::from_be_bytes)?, method.array().map(u16::from_be_bytes)?);
    match (class, id) {
        (CONNECTION, START) => start(method),
        (CONNECTION, CLOSE) => close(method),
        _ => None,
    }
}

/// The version, the properties of the server, its mechanisms and its locales.
fn start(mut method: Bytes<'_>) -> Option<Readiness> {
    method.array::<2>()?;
    for _ in 0..3 {
        let length = u32::from_be_bytes(method.array()?);
        method.take(length as usize)?;
    }
    method.0.is_empty().then(|| Readiness::Ready(String::new()))
}

/// The header that a broker sends to a client whose version it does not support.
fn other_version(header: &[u8]) -> Readiness {
    if header == HEADER {
        return Readiness::NotReady("it sent the header of AMQP 0-9-1 back and did not start".into());
    }
    // The number before them is that of the protocol: 0, or 3 with SASL.
    let numbers: Vec<String> = header[5..].iter().map(ToString::to_string).collect();
    Readiness::NotReady(format!("it speaks AMQP {}, not 0-9-1", numbers.join("-")))
}

fn close(mut method: Bytes<'_>) -> Option<Readiness> {
    let code = u16::from_be_bytes(method.array()?);
    let length = method.byte()?.into();
    let message = text(method.take(length)?);
    // The class and the method that caused it.
    method.array::<4>()?;
    Some(Readiness::NotReady(format!("{message} ({code})")))
}
