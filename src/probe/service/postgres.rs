//! PostgreSQL: the verdict of pg_isready (libpq's PQping). A server that asks
//! for a password, or rejects the login with any error but 57P03, accepts
//! connections; 57P03 means that it is starting, stopping or recovering.
//!
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use super::bytes::{Bytes, text};
use super::readiness::Readiness;
use crate::plan::probe::Service;

const VERSION_3: i32 = 196_608;
/// The default role and database: it exists unless somebody removed it. A server
/// that trusts local connections logs an error for each login of an unknown role.
const DEFAULT_NAME: &str = "postgres";
/// In bytes: no reply to a startup packet has a longer message.
const LONGEST: usize = 8192;
/// The error of a server that is starting, stopping or recovering.
const CANNOT_CONNECT_NOW: &str = "57P03";

pub(super) fn startup(service: &Service) -> Vec<u8> {
    let user = service.user.as_deref().unwrap_or(DEFAULT_NAME);
    let database = service.database.as_deref().or(service.user.as_deref()).unwrap_or(DEFAULT_NAME);
    let mut body = VERSION_3.to_be_bytes().to_vec();
    for text in ["user", user, "database", database, "application_name", "hinit"] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), body.as_slice()].concat()
}

pub(super) fn read_reply(_: &Service, received: &[u8]) -> Option<Readiness> {
    let mut bytes = Bytes(received);
    let mut is_accepted = false;
    loop {
        let kind = bytes.byte()?;
        if !is_accepted && !matches!(kind, b'R' | b'E' | b'N' | b'v') {
            return Some(Readiness::OtherProtocol);
        }
        let length = u32::from_be_bytes(bytes.array()?) as usize;
        match (kind, length) {
            (b'E', length) if !(8..=LONGEST).contains(&length) => return old_error(&received[1..]),
            (_, length) if !(4..=LONGEST).contains(&length) => return Some(Readiness::OtherProtocol),
            _ => {}
        }
        let body = bytes.take(length - 4)?;
        match kind {
            // Accepted without a password; the session has not started yet.
            b'R' if body == [0; 4] => is_accepted = true,
            b'R' if asks_for_login(body) => return Some(Readiness::Ready(String::new())),
            b'Z' if body.len() == 1 => return Some(Readiness::Ready(String::new())),
            b'R' | b'Z' => return Some(Readiness::OtherProtocol),
            b'E' => return Some(error(body).unwrap_or(Readiness::OtherProtocol)),
            _ => {}
        }
    }
}

/// Kerberos, a password in clear text or MD5, GSS, SSPI, SASL.
fn asks_for_login(body: &[u8]) -> bool {
    let method = body.first_chunk().map(|method| i32::from_be_bytes(*method));
    match method {
        Some(5) => body.len() == 8,
        Some(10) => body.ends_with(b"\0\0"),
        Some(2 | 3 | 7 | 9) => body.len() == 4,
        _ => false,
    }
}

/// A server that cannot even fork sends an error of protocol 2: text and a NUL.
fn old_error(bytes: &[u8]) -> Option<Readiness> {
    let is_text = |byte: &u8| *byte >= b' ' || byte.is_ascii_whitespace();
    let end = bytes.iter().position(|byte| *byte == 0);
    let message = &bytes[..end.unwrap_or(bytes.len())];
    if !message.iter().all(is_text) || message.len() > LONGEST {
        return Some(Readiness::OtherProtocol);
    }
    end.map(|_| Readiness::NotReady(text(message)))
}

/// What an error means; none if it is not complete.
fn error(body: &[u8]) -> Option<Readiness> {
    let mut fields = Bytes(body);
    let (mut code, mut message) = (String::new(), String::new());
    loop {
        let kind = fields.byte()?;
        if kind == 0 {
            break;
        }
        let value = fields.c_string()?;
        match kind {
            b'C' => code = value,
            b'M' => message = value,
            _ => {}
        }
    }
    let described = format!("{message} ({code})");
    Some(match code.as_str() {
        CANNOT_CONNECT_NOW => Readiness::NotReady(described),
        code if code.len() == 5 => Readiness::Ready(format!("it rejected the login, {described}")),
        _ => Readiness::OtherProtocol,
    })
}
