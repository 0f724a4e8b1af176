//! MySQL and MariaDB: the greeting, which comes unasked, or the error in its
//! place (too many connections, a blocked host).
//!
//! Whoever leaves after the greeting has not shaken hands, and a server that
//! looks up names blocks the whole host after 100 of these
//! (max_connect_errors). So hinit goes on to a login without a password; that
//! it is denied does the host no harm.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use super::Answer;
use super::bytes::{Bytes, text};
use crate::plan::probe::Service;
use crate::probe::Look;
use crate::probe::wire::{End, Wire};

/// In bytes, of the first packet.
const LONGEST: usize = 2048;
const ERROR: u8 = 0xff;
const PROTOCOL: u8 = 10;
const SWITCH: u8 = 0xfe;
const OK: u8 = 0;
/// CLIENT_LONG_PASSWORD, _PROTOCOL_41, _SECURE_CONNECTION and _PLUGIN_AUTH.
const ABILITIES: u32 = 1 | 0x200 | 0x8000 | 0x8_0000;
const LONGEST_PACKET: u32 = 1 << 24;
const UTF8: u8 = 33;
/// Of a server's packets until a login without a password has failed or not.
const MOST_PACKETS: usize = 4;

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

/// Logs in without a password and waits for the answer, whatever it is.
///
/// # Errors
/// There was none in time.
pub(super) fn leave(service: &Service, wire: &mut Wire, look: &mut Look<'_>) -> Result<(), String> {
    wire.send(&login(service.user.as_deref().unwrap_or("hinit")), look);
    for _ in 0..MOST_PACKETS {
        let mut heard = Vec::new();
        match wire.receive(&mut heard, look) {
            Err(end @ End::TimedOut) => return Err(wire.no_answer(true, &end)),
            Err(_) => return Ok(()),
            Ok(()) => {}
        }
        match reply(&heard) {
            Some(bytes) => wire.send(&bytes, look),
            None => return Ok(()),
        }
    }
    Ok(())
}

/// What to say to an answer to the login; nothing if it was denied.
fn reply(heard: &[u8]) -> Option<Vec<u8>> {
    const QUIT: u8 = 1;
    let mut bytes = Bytes(heard);
    let [_, _, _, number] = bytes.array()?;
    match bytes.byte()? {
        // Another way to prove oneself: by nothing, again.
        SWITCH => Some(packet(number.wrapping_add(1), &[])),
        OK => Some(packet(0, &[QUIT])),
        _ => None,
    }
}

fn login(user: &str) -> Vec<u8> {
    let mut body = [ABILITIES.to_le_bytes(), LONGEST_PACKET.to_le_bytes()].concat();
    body.push(UTF8);
    body.extend_from_slice(&[0; 23]);
    body.extend_from_slice(user.as_bytes());
    // The user's end, and a password of no length.
    body.extend_from_slice(b"\0\0mysql_native_password\0");
    packet(1, &body)
}

fn packet(number: u8, body: &[u8]) -> Vec<u8> {
    let [low, middle, high, ..] = u32::try_from(body.len()).unwrap_or(0).to_le_bytes();
    [&[low, middle, high, number], body].concat()
}
