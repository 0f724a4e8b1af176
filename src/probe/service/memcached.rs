//! memcached: its version, by the text protocol. One that wants a login first
//! is ready; one with too many connections is not.

use super::Answer;
use super::bytes::{begins_as, line_end, text};
use crate::plan::probe::Service;

/// In bytes.
const LONGEST_LINE: usize = 1024;
const VERSION: &[u8] = b"VERSION ";
const UNAUTHENTICATED: &[u8] = b"CLIENT_ERROR unauthenticated";
const FAILURES: [&[u8]; 2] = [b"ERROR", b"SERVER_ERROR "];

pub(super) fn read(_: &Service, heard: &[u8]) -> Option<Answer> {
    let known = FAILURES.into_iter().chain([VERSION, UNAUTHENTICATED]);
    if !known.into_iter().any(|start| begins_as(heard, start)) {
        return Some(Answer::Foreign);
    }
    let Some(end) = line_end(heard, LONGEST_LINE) else {
        return (heard.len() > LONGEST_LINE).then_some(Answer::Foreign);
    };
    let said = &heard[..end];
    Some(match said.strip_prefix(VERSION) {
        Some(version) => Answer::Ready(format!("version {}", text(version))),
        None if said.starts_with(UNAUTHENTICATED) => Answer::Ready("it wants a password".into()),
        None => Answer::NotReady(text(said)),
    })
}
