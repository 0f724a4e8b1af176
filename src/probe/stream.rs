//! `tcp://HOST:PORT` and `unix:///PATH`: healthy if the connection is
//! accepted, and the other side says what is expected.

use super::wire::Wire;
use super::{Look, Outcome};
use crate::plan::probe::Stream;

/// In bytes; the same as for the body of an HTTP answer.
const MOST: usize = 10 * 1024;
/// So much is quoted of what came instead, in bytes.
const QUOTED: usize = 200;

pub(super) fn probe(stream: &Stream, look: &mut Look<'_>) -> Outcome {
    let mut wire = Wire::open(&stream.endpoint, look)?;
    wire.send(&stream.send, look);
    match &stream.expect {
        Some(expected) => expect(&mut wire, expected, look),
        None => Ok(format!("{} accepts connections", wire.peer())),
    }
}

fn expect(wire: &mut Wire, expected: &[u8], look: &mut Look<'_>) -> Outcome {
    let mut heard = Vec::new();
    let end = loop {
        let window = &heard[..heard.len().min(MOST)];
        if holds(window, expected) {
            return Ok(format!("{} said '{}'", wire.peer(), quoted(expected)));
        }
        if heard.len() >= MOST {
            break None;
        }
        if let Err(end) = wire.receive(&mut heard, look) {
            break Some(end);
        }
    };
    let wanted = quoted(expected);
    match end {
        None => Err(format!(
            "{} did not say '{wanted}' in its first 10 KiB, but '{}'",
            wire.peer(),
            quoted(&heard)
        )),
        Some(end) if heard.is_empty() => Err(wire.no_answer(false, &end)),
        Some(_) => Err(format!("{} did not say '{wanted}', but '{}'", wire.peer(), quoted(&heard))),
    }
}

fn holds(heard: &[u8], expected: &[u8]) -> bool {
    heard.windows(expected.len()).any(|window| window == expected)
}

fn quoted(bytes: &[u8]) -> String {
    let dots = if bytes.len() > QUOTED { "..." } else { "" };
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(QUOTED)]);
    format!("{}{dots}", text.trim_end_matches(['\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_text_anywhere_in_what_was_said() {
        assert!(holds(b"220 mail ESMTP\r\n", b"220 "));
        assert!(holds(b"+PONG\r\n", b"PONG\r\n"));
        assert!(!holds(b"+PON", b"PONG"));
    }

    #[test]
    fn quotes_little_of_what_was_said() {
        assert_eq!(quoted(b"+OK\r\n"), "+OK");
        assert_eq!(quoted(&[b'x'; 300]).len(), QUOTED + 3);
    }
}
