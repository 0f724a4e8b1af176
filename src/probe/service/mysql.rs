//! MySQL and MariaDB: the greeting that the server sends first, or the error in
//! its place (too many connections, a blocked host).
//!
//! A client that disconnects after the greeting has not finished the handshake,
//! and a server that resolves names blocks the whole host after 100 of these
//! (max_connect_errors). So hinit continues with a login without a password; a
//! rejected login does not count.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use super::bytes::{Bytes, text};
use super::readiness::Readiness;
use crate::plan::probe::Service;
use crate::probe::connection::{Connection, End};
use crate::probe::context::ProbeContext;

/// In bytes, of the first packet.
const LONGEST: usize = 2048;
const ERROR: u8 = 0xff;
const PROTOCOL: u8 = 10;
const AUTH_SWITCH: u8 = 0xfe;
const OK: u8 = 0;
/// CLIENT_LONG_PASSWORD, _PROTOCOL_41, _SECURE_CONNECTION and _PLUGIN_AUTH.
const CAPABILITIES: u32 = 1 | 0x200 | 0x8000 | 0x8_0000;
const LONGEST_PACKET: u32 = 1 << 24;
const UTF8: u8 = 33;
/// How many packets a server may send until the login is decided.
const MAX_PACKETS: usize = 4;

pub(super) fn read_reply(_: &Service, received: &[u8]) -> Option<Readiness> {
    let mut bytes = Bytes(received);
    let [low, middle, high, number] = bytes.array()?;
    let length = u32::from_le_bytes([low, middle, high, 0]) as usize;
    let is_first = number == 0;
    if !is_first || !(3..=LONGEST).contains(&length) {
        return Some(Readiness::OtherProtocol);
    }
    let kind = *bytes.0.first()?;
    if kind != PROTOCOL && kind != ERROR {
        return Some(Readiness::OtherProtocol);
    }
    let mut packet = Bytes(bytes.take(length)?);
    packet.byte()?;
    Some(if kind == ERROR { error(packet) } else { greeting(packet) })
}

fn greeting(mut packet: Bytes<'_>) -> Readiness {
    match packet.c_string() {
        // MariaDB has this prefix for replicas that only know versions up to 5.
        Some(version) => {
            Readiness::Ready(format!("version {}", version.strip_prefix("5.5.5-").unwrap_or(&version)))
        }
        None => Readiness::OtherProtocol,
    }
}

fn error(mut packet: Bytes<'_>) -> Readiness {
    let Some(code) = packet.array().map(u16::from_le_bytes) else { return Readiness::OtherProtocol };
    // There is an SQL state only after the client has announced protocol 4.1.
    let message = match packet.0.strip_prefix(b"#") {
        Some(rest) => rest.get(5..).unwrap_or_default(),
        None => packet.0,
    };
    Readiness::NotReady(format!("{} ({code})", text(message)))
}

/// Logs in without a password and waits for the reply, whatever it is.
///
/// # Errors
/// There was no reply in time.
pub(super) fn finish_login(
    service: &Service,
    connection: &mut Connection,
    context: &mut ProbeContext<'_>,
) -> Result<(), String> {
    connection.send(&login(service.user.as_deref().unwrap_or("hinit")), context);
    for _ in 0..MAX_PACKETS {
        let mut received = Vec::new();
        match connection.receive(&mut received, context) {
            Err(end @ End::TimedOut) => return Err(connection.no_answer(Some("answer"), &end)),
            Err(_) => return Ok(()),
            Ok(()) => {}
        }
        match reply(&received) {
            Some(bytes) => connection.send(&bytes, context),
            None => return Ok(()),
        }
    }
    Ok(())
}

/// What to send next; nothing if the login was rejected.
fn reply(received: &[u8]) -> Option<Vec<u8>> {
    const QUIT: u8 = 1;
    let mut bytes = Bytes(received);
    let [_, _, _, number] = bytes.array()?;
    match bytes.byte()? {
        // Another method of authentication: an empty password again.
        AUTH_SWITCH => Some(packet(number.wrapping_add(1), &[])),
        OK => Some(packet(0, &[QUIT])),
        _ => None,
    }
}

fn login(user: &str) -> Vec<u8> {
    let mut body = [CAPABILITIES.to_le_bytes(), LONGEST_PACKET.to_le_bytes()].concat();
    body.push(UTF8);
    body.extend_from_slice(&[0; 23]);
    body.extend_from_slice(user.as_bytes());
    // The end of the user, an empty password, and the method.
    body.extend_from_slice(b"\0\0mysql_native_password\0");
    packet(1, &body)
}

fn packet(number: u8, body: &[u8]) -> Vec<u8> {
    let [low, middle, high, ..] = u32::try_from(body.len()).unwrap_or(0).to_le_bytes();
    [&[low, middle, high, number], body].concat()
}
