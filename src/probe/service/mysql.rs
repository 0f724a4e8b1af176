//! MySQL and MariaDB: the greeting, which comes unasked, or the error in its
//! place (too many connections, a blocked host).
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use super::Answer;
use super::bytes::{Bytes, text};
use crate::plan::probe::Service;

/// In bytes, of the first packet.
const LONGEST: usize = 2048;
const ERROR: u8 = 0xff;
const PROTOCOL: u8 = 10;

pub(super) fn read(_: &Service, heard: &[u8]) -> Option<Answer> {
    let mut bytes = Bytes(heard);
    let [low, middle, high, number] = bytes.array()?;
    let length = u32::from_le_bytes([low, middle, high, 0]) as usize;
    let is_first = number == 0;
    if !is_first || !(3..=LONGEST).contains(&length) {
        return Some(Answer::Foreign);
    }
    let kind = *bytes.0.first()?;
    if kind != PROTOCOL && kind != ERROR {
        return Some(Answer::Foreign);
    }
    let mut packet = Bytes(bytes.take(length)?);
    packet.byte()?;
    Some(if kind == ERROR { error(packet) } else { greeting(packet) })
}

fn greeting(mut packet: Bytes<'_>) -> Answer {
    match packet.c_string() {
        // MariaDB's prefix for replicas that know no number over 5.
        Some(version) => {
            Answer::Ready(format!("version {}", version.strip_prefix("5.5.5-").unwrap_or(&version)))
        }
        None => Answer::Foreign,
    }
}

fn error(mut packet: Bytes<'_>) -> Answer {
    let Some(code) = packet.array().map(u16::from_le_bytes) else { return Answer::Foreign };
    // The state is only there for who has said that it is understood.
    let said = match packet.0.strip_prefix(b"#") {
        Some(rest) => rest.get(5..).unwrap_or_default(),
        None => packet.0,
    };
    Answer::NotReady(format!("{} ({code})", text(said)))
}
