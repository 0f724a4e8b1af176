//! Redis and Valkey: PING.
//!
//! One that wants a password says NOAUTH before anything else, so that
//! whether it has loaded its data is only told to who has the password.
//! Everything but PONG and the two refusals of a stranger is not ready:
//! LOADING, MASTERDOWN, BUSY, MISCONF, too many clients, protected mode.

use super::Answer;
use super::bytes::{begins_as, line_end, text};
use crate::plan::probe::Service;

/// In bytes.
const LONGEST_LINE: usize = 1024;

pub(super) fn ping(service: &Service) -> Vec<u8> {
    let Some(password) = &service.password else { return b"PING\r\n".to_vec() };
    let login: Vec<&str> =
        ["AUTH"].into_iter().chain(service.user.as_deref()).chain([password.as_str()]).collect();
    let mut question = command(&login);
    question.extend(command(&["PING"]));
    question
}

fn command(words: &[&str]) -> Vec<u8> {
    let each = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    format!("*{}\r\n{}", words.len(), each.collect::<String>()).into_bytes()
}

pub(super) fn read(service: &Service, heard: &[u8]) -> Option<Answer> {
    let (first, rest) = line(heard)?;
    if service.password.is_none() || is_refusal_of_all(first) {
        return Some(pong(first));
    }
    // Where it wants no password, the ping that follows is heard all the same.
    if first.starts_with(b"+") || first.starts_with(b"-ERR") {
        return line(rest).map(|(second, _)| pong(second));
    }
    Some(error(first))
}

/// This error is the only line there will be.
fn is_refusal_of_all(said: &[u8]) -> bool {
    said.starts_with(b"-ERR max number of clients")
}

fn pong(said: &[u8]) -> Answer {
    if said.starts_with(b"+PONG") {
        return Answer::Ready(String::new());
    }
    if said.starts_with(b"-NOAUTH ") || said.starts_with(b"-NOPERM ") {
        return Answer::Ready("it wants a password".into());
    }
    error(said)
}

fn error(said: &[u8]) -> Answer {
    said.strip_prefix(b"-").map_or(Answer::Foreign, |words| Answer::NotReady(text(words)))
}

/// The first line and what follows it, as soon as it is whole. What is no
/// line of Redis is not waited for.
fn line(heard: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_line = begins_as(heard, b"+") || begins_as(heard, b"-");
    match line_end(heard, LONGEST_LINE) {
        Some(end) if is_line => Some((&heard[..end], &heard[end + 1..])),
        None if is_line && heard.len() <= LONGEST_LINE => None,
        _ => Some((&[], &[])),
    }
}
