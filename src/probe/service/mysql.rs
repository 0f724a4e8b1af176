//! MySQL and MariaDB: the greeting that the server sends first, or the error in
//! its place (too many connections, a blocked host).
//!
//! A client that disconnects after the greeting has not finished the handshake,
//! and a server that resolves names blocks the whole host after 100 of these
//! (max_connect_errors). So hinit continues with a login without a password; a
//! rejected login does not count. A server that closes the connection instead of
//! a reply is not ready.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use super::bytes::{Bytes, text};
use super::readiness::Readiness;
use crate::plan::probe::Service;
use crate::probe::connection::Connection;
use crate::probe::context::ProbeContext;

/// In bytes, of the first packet.
const LONGEST: usize = 2048;
const ERROR: u8 = 0xff;
const PROTOCOL: u8 = 10;
const AUTH_SWITCH: u8 = 0xfe;
const OK: u8 = 0;
const MORE_DATA: u8 = 1;
const PROTOCOL_41: u16 = 0x200;
const SECURE_CONNECTION: u16 = 0x8000;
/// Errors after the login that are those of the server and not of the login:
/// too many connections, shutting down, offline mode.
const NOT_READY: [u16; 3] = [1040, 1053, 3032];
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

/// A server without protocol 4.1 is older than 2004, and no greeting is shorter than that one's.
fn greeting(packet: Bytes<'_>) -> Readiness {
    match version(packet) {
        // MariaDB has this prefix for replicas that only know versions up to 5.
        Some(version) => {
            Readiness::Ready(format!("version {}", version.strip_prefix("5.5.5-").unwrap_or(&version)))
        }
        None => Readiness::OtherProtocol,
    }
}

/// The version in a greeting of protocol 4.1, if all of it is there.
fn version(mut packet: Bytes<'_>) -> Option<String> {
    const CONNECTION_ID: usize = 4;
    const SALT: usize = 8;
    /// The character set, the status, the rest of the capabilities, the salt's length, and ten zeros.
    const MIDDLE: usize = 1 + 2 + 2 + 1 + 10;
    const MORE_SALT: usize = 12;
    let version = packet.c_string()?;
    packet.take(CONNECTION_ID + SALT + 1)?;
    let capabilities = u16::from_le_bytes(packet.array()?);
    packet.take(MIDDLE)?;
    if capabilities & SECURE_CONNECTION != 0 {
        packet.take(MORE_SALT)?;
    }
    Some(version).filter(|_| capabilities & PROTOCOL_41 != 0)
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

/// Logs in without a password. A server that rejects it is ready; one that
/// closes the connection instead is not.
pub(super) fn finish_login(
    service: &Service,
    connection: &mut Connection,
    context: &mut ProbeContext<'_>,
) -> Result<(), String> {
    connection.send(&login(service.user.as_deref().unwrap_or("hinit")), context);
    for _ in 0..MAX_PACKETS {
        let mut received = Vec::new();
        let reply = loop {
            connection
                .receive(&mut received, context)
                .map_err(|end| connection.no_answer(Some("answer to the login"), &end))?;
            if let Some(reply) = read_login_reply(&received) {
                break reply;
            }
        };
        match reply {
            LoginReply::Continue(bytes) => connection.send(&bytes, context),
            LoginReply::Decided(bytes) => {
                connection.send(&bytes, context);
                return Ok(());
            }
            LoginReply::NotReady(why) => {
                return Err(format!("MySQL at {} is not ready: {why}", connection.peer()));
            }
            LoginReply::Invalid => {
                return Err(format!("{} sent an invalid answer to the login", connection.peer()));
            }
        }
    }
    Ok(())
}

/// What a server's reply to the login means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LoginReply {
    /// To go on, this has to be sent.
    Continue(Vec<u8>),
    /// The server is ready, whether it accepted the login or not; this is sent last.
    Decided(Vec<u8>),
    NotReady(String),
    Invalid,
}

/// Reads everything received since the last packet was sent; none if the reply is not complete.
pub(super) fn read_login_reply(received: &[u8]) -> Option<LoginReply> {
    const QUIT: u8 = 1;
    let mut bytes = Bytes(received);
    let [low, middle, high, number] = bytes.array()?;
    let length = u32::from_le_bytes([low, middle, high, 0]) as usize;
    if !(1..=LONGEST).contains(&length) {
        return Some(LoginReply::Invalid);
    }
    let mut body = Bytes(bytes.take(length)?);
    Some(match body.byte()? {
        // Another method of authentication: an empty password again.
        AUTH_SWITCH => LoginReply::Continue(packet(number.wrapping_add(1), &[])),
        OK => LoginReply::Decided(packet(0, &[QUIT])),
        MORE_DATA => LoginReply::Decided(Vec::new()),
        ERROR => rejected(body),
        _ => LoginReply::Invalid,
    })
}

fn rejected(body: Bytes<'_>) -> LoginReply {
    let has_text = body.0.len() > 2;
    let code = body.0.first_chunk().filter(|_| has_text).map(|code| u16::from_le_bytes(*code));
    match (code, error(body)) {
        (Some(code), Readiness::NotReady(why)) if NOT_READY.contains(&code) => LoginReply::NotReady(why),
        (Some(_), _) => LoginReply::Decided(Vec::new()),
        (None, _) => LoginReply::Invalid,
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
