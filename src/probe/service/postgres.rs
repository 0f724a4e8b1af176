//! PostgreSQL: the verdict of pg_isready (libpq's PQping). Whoever is asked
//! for a password, or refused for any reason but 57P03, has met a server that
//! accepts connections; 57P03 is one that starts, stops or recovers.
//!
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use super::Answer;
use super::bytes::{Bytes, text};
use crate::plan::probe::Service;

const VERSION_3: i32 = 196_608;
/// Of the role and the database: exists unless somebody removed it. A server
/// that trusts its own host logs an error for each visit of an unknown role.
const USUAL_NAME: &str = "postgres";
/// In bytes: no answer to a startup packet has a longer message.
const LONGEST: usize = 8192;
/// The error of a server that starts, stops or recovers.
const CANNOT_CONNECT_NOW: &str = "57P03";

pub(super) fn startup(service: &Service) -> Vec<u8> {
    let user = service.user.as_deref().unwrap_or(USUAL_NAME);
    let database = service.database.as_deref().or(service.user.as_deref()).unwrap_or(USUAL_NAME);
    let mut body = VERSION_3.to_be_bytes().to_vec();
    for word in ["user", user, "database", database, "application_name", "hinit"] {
        body.extend_from_slice(word.as_bytes());
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), body.as_slice()].concat()
}

pub(super) fn read(_: &Service, heard: &[u8]) -> Option<Answer> {
    let mut bytes = Bytes(heard);
    let mut is_let_in = false;
    loop {
        let kind = bytes.byte()?;
        if !is_let_in && !matches!(kind, b'R' | b'E' | b'N' | b'v') {
            return Some(Answer::Foreign);
        }
        let length = u32::from_be_bytes(bytes.array()?) as usize;
        match (kind, length) {
            (b'E', length) if !(8..=LONGEST).contains(&length) => return old_error(&heard[1..]),
            (_, length) if !(4..=LONGEST).contains(&length) => return Some(Answer::Foreign),
            _ => {}
        }
        let body = bytes.take(length - 4)?;
        match kind {
            // Let in without a password: whether the session starts is to come.
            b'R' if body == [0; 4] => is_let_in = true,
            b'R' | b'Z' => return Some(Answer::Ready(String::new())),
            b'E' => return Some(error(body)),
            _ => {}
        }
    }
}

/// A server that cannot even fork says so in the way of protocol 2: text and a NUL.
fn old_error(bytes: &[u8]) -> Option<Answer> {
    let is_text = |byte: &u8| *byte >= b' ' || byte.is_ascii_whitespace();
    let end = bytes.iter().position(|byte| *byte == 0);
    let said = &bytes[..end.unwrap_or(bytes.len())];
    if !said.iter().all(is_text) || said.len() > LONGEST {
        return Some(Answer::Foreign);
    }
    end.map(|_| Answer::NotReady(text(said)))
}

fn error(body: &[u8]) -> Answer {
    let mut fields = Bytes(body);
    let (mut code, mut message) = (String::new(), String::new());
    while let Some(kind @ 1..) = fields.byte() {
        let Some(value) = fields.c_string() else { break };
        match kind {
            b'C' => code = value,
            b'M' => message = value,
            _ => {}
        }
    }
    let said = format!("{message} ({code})");
    match code.as_str() {
        CANNOT_CONNECT_NOW => Answer::NotReady(said),
        code if code.len() == 5 => Answer::Ready(format!("it refuses this login, {said}")),
        _ => Answer::Foreign,
    }
}
