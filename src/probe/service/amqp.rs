//! AMQP 0-9-1: a broker that answers the protocol header with Connection.Start
//! accepts logins. RabbitMQ opens its port last of all.
//!
//! <https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf>, 4.2

use super::bytes::{Bytes, may_become, text};
use super::readiness::Readiness;
use crate::plan::probe::Service;

pub(super) const HEADER: &[u8] = b"AMQP\0\0\x09\x01";
const METHOD_FRAME: u8 = 1;
const CONNECTION: u16 = 10;
const START: u16 = 10;
const CLOSE: u16 = 50;
/// In bytes, of a frame; Start lists the properties and mechanisms of the server.
const LONGEST: u32 = 12 * 1024;

pub(super) fn read_reply(_: &Service, received: &[u8]) -> Option<Readiness> {
    if may_become(received, b"AMQP") {
        // The first of these four is the number of the protocol: 0, or 3 with SASL.
        return received.get(4..8).map(|header| other_version(&header[1..]));
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
    let mut method = Bytes(bytes.take(size as usize)?);
    let class = u16::from_be_bytes(method.array()?);
    Some(match (class, u16::from_be_bytes(method.array()?)) {
        (CONNECTION, START) => Readiness::Ready(String::new()),
        (CONNECTION, CLOSE) => close(method).unwrap_or(Readiness::OtherProtocol),
        _ => Readiness::OtherProtocol,
    })
}

/// The header that a broker sends to a client whose version it does not support.
fn other_version(version: &[u8]) -> Readiness {
    let numbers: Vec<String> = version.iter().map(ToString::to_string).collect();
    Readiness::NotReady(format!("it speaks AMQP {}, not 0-9-1", numbers.join("-")))
}

fn close(mut method: Bytes<'_>) -> Option<Readiness> {
    let code = u16::from_be_bytes(method.array()?);
    let length = method.byte()?.into();
    Some(Readiness::NotReady(format!("{} ({code})", text(method.take(length)?))))
}
