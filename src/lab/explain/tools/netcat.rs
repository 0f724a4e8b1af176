//! nc, in all its variants.

use super::seconds;
use crate::lab::explain::probe::Probe;
use crate::lab::explain::shell::Simple;
use crate::lab::explain::shell::word::Why;

/// Letters that take a value; `-q 1` and `-w 1` are times.
const WITH_VALUE: &str = "wqipsxX";

pub(crate) fn is(simple: &Simple) -> bool {
    simple.program().is_some_and(|program| ["nc", "ncat", "netcat"].contains(&program.as_str()))
}

/// `nc -z localhost 9000`, `nc -zU /run/app.sock`.
pub(super) fn read(words: &[String]) -> Result<Probe, Why> {
    let (mut places, mut limit, mut unix) = (Vec::new(), None, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-') else {
            places.push(word.as_str());
            continue;
        };
        unix |= letters.contains('U');
        if letters.contains(['u', 'l', 'e']) {
            return Err(format!("nc's {word} is not a TCP connection to a server"));
        }
        let Some(at) = letters.find(|c| WITH_VALUE.contains(c)) else { continue };
        let inside = &letters[at + 1..];
        let value = if inside.is_empty() { words.next().map_or("", String::as_str) } else { inside };
        if letters[at..].starts_with('w') {
            limit = seconds(value);
        }
    }
    let target = match places.as_slice() {
        [path] if unix => format!("unix://{path}"),
        [host, port] => format!("tcp://{host}:{port}"),
        _ => return Err("nc is not given one host and one port".into()),
    };
    Ok(match limit {
        Some(limit) => Probe::new(target).with("timeout", limit),
        None => Probe::new(target),
    })
}
