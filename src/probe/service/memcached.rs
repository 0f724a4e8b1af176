//! memcached: its version, in the text protocol. One that requires a login is
//! ready; one with too many connections is not.

use super::bytes::{line_end, may_become, text};
use super::readiness::Readiness;
use crate::plan::probe::Service;

pub(super) const VERSION_REQUEST: &[u8] = b"version\r\n";
/// In bytes.
const LONGEST_LINE: usize = 1024;
const VERSION: &[u8] = b"VERSION ";
const UNAUTHENTICATED: &[u8] = b"CLIENT_ERROR unauthenticated";
const FAILURES: [&[u8]; 2] = [b"ERROR", b"SERVER_ERROR "];

pub(super) fn read_reply(_: &Service, received: &[u8]) -> Option<Readiness> {
    let known = FAILURES.into_iter().chain([VERSION, UNAUTHENTICATED]);
    if !known.into_iter().any(|start| may_become(received, start)) {
        return Some(Readiness::OtherProtocol);
    }
    let Some(end) = line_end(received, LONGEST_LINE) else {
        return (received.len() > LONGEST_LINE).then_some(Readiness::OtherProtocol);
    };
    let line = &received[..end];
    Some(match line.strip_prefix(VERSION) {
        Some(version) if version.trim_ascii().is_empty() => Readiness::OtherProtocol,
        Some(version) => Readiness::Ready(format!("version {}", text(version))),
        None if line.starts_with(UNAUTHENTICATED) => Readiness::Ready("it requires a password".into()),
        None => Readiness::NotReady(text(line)),
    })
}
