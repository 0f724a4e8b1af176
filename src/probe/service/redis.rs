//! Redis and Valkey: PING.
//!
//! One that requires a password answers NOAUTH before anything else, so that
//! only a client with the password learns whether the data is loaded. NOAUTH
//! and NOPERM count as ready, like PONG. Any other error does not: LOADING,
//! MASTERDOWN, BUSY, MISCONF, too many clients, protected mode.

use super::bytes::{line_end, may_become, text};
use super::readiness::Readiness;
use crate::plan::probe::Service;

/// In bytes.
const LONGEST_LINE: usize = 1024;

pub(super) fn ping(service: &Service) -> Vec<u8> {
    let Some(password) = &service.password else { return b"PING\r\n".to_vec() };
    let login: Vec<&str> =
        ["AUTH"].into_iter().chain(service.user.as_deref()).chain([password.as_str()]).collect();
    let mut request = command(&login);
    request.extend(command(&["PING"]));
    request
}

fn command(arguments: &[&str]) -> Vec<u8> {
    let each = arguments.iter().map(|argument| format!("${}\r\n{argument}\r\n", argument.len()));
    format!("*{}\r\n{}", arguments.len(), each.collect::<String>()).into_bytes()
}

pub(super) fn read_reply(service: &Service, received: &[u8]) -> Option<Readiness> {
    let (first, rest) = line(received)?;
    if service.password.is_none() || rejects_all_clients(first) {
        return Some(pong(first));
    }
    // Without a password set, it rejects AUTH but still answers the PING after it.
    if first.starts_with(b"+") || first.starts_with(b"-ERR") {
        return line(rest).map(|(second, _)| pong(second));
    }
    Some(error(first))
}

/// After this error it closes the connection.
fn rejects_all_clients(line: &[u8]) -> bool {
    line.starts_with(b"-ERR max number of clients")
}

fn pong(line: &[u8]) -> Readiness {
    if line.trim_ascii_end() == b"+PONG" {
        return Readiness::Ready(String::new());
    }
    if line.starts_with(b"-NOAUTH ") || line.starts_with(b"-NOPERM ") {
        return Readiness::Ready("it requires a password".into());
    }
    error(line)
}

fn error(line: &[u8]) -> Readiness {
    line.strip_prefix(b"-").map_or(Readiness::OtherProtocol, |message| Readiness::NotReady(text(message)))
}

/// The first line and what follows it, as soon as it is complete; an empty one
/// for what is not a line of Redis.
fn line(received: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_line = may_become(received, b"+") || may_become(received, b"-");
    match line_end(received, LONGEST_LINE) {
        Some(end) if is_line => Some((&received[..end], &received[end + 1..])),
        None if is_line && received.len() <= LONGEST_LINE => None,
        _ => Some((&[], &[])),
    }
}
