//! `tcp://HOST:PORT` and `unix:///PATH`: healthy if the connection is
//! accepted and the server sends what is expected.

use super::connection::Connection;
use super::context::ProbeContext;
use super::verdict::Outcome;
use crate::plan::probe::Stream;

/// In bytes; the same as for the body of an HTTP answer.
const LIMIT: usize = 10 * 1024;
/// In bytes: how much is quoted of what came instead.
const QUOTED: usize = 200;

pub(super) fn probe(stream: &Stream, context: &mut ProbeContext<'_>) -> Outcome {
    let mut connection = Connection::open(&stream.endpoint, context)?;
    connection.send(&stream.send, context);
    match &stream.expect {
        Some(expected) => expect(&mut connection, expected, context),
        None => Ok(format!("{} accepts connections", connection.peer())),
    }
}

fn expect(connection: &mut Connection, expected: &[u8], context: &mut ProbeContext<'_>) -> Outcome {
    let mut received = Vec::new();
    let end = loop {
        let window = &received[..received.len().min(LIMIT)];
        if holds(window, expected) {
            return Ok(format!("{} sent '{}'", connection.peer(), quoted(expected)));
        }
        if received.len() >= LIMIT {
            break None;
        }
        if let Err(end) = connection.receive(&mut received, context) {
            break Some(end);
        }
    };
    let wanted = quoted(expected);
    match end {
        None => Err(format!(
            "{} did not send '{wanted}' in the first {} KiB, but '{}'",
            connection.peer(),
            LIMIT / 1024,
            quoted(&received)
        )),
        Some(end) if received.is_empty() => Err(connection.no_answer(None, &end)),
        Some(_) => Err(format!("{} did not send '{wanted}', but '{}'", connection.peer(), quoted(&received))),
    }
}

fn holds(received: &[u8], expected: &[u8]) -> bool {
    received.windows(expected.len()).any(|window| window == expected)
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
    fn finds_the_text_anywhere() {
        assert!(holds(b"220 mail ESMTP\r\n", b"220 "));
        assert!(holds(b"+PONG\r\n", b"PONG\r\n"));
        assert!(!holds(b"+PON", b"PONG"));
    }

    #[test]
    fn quotes_only_the_beginning() {
        assert_eq!(quoted(b"+OK\r\n"), "+OK");
        assert_eq!(quoted(&[b'x'; 300]).len(), QUOTED + 3);
    }
}
