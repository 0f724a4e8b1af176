//! `--send` and `--expect`, with their escapes.

use super::checks::Checks;
use super::table;
use crate::error::{Error, Result};
use crate::options::OptionName;
use crate::plan::probe::{Endpoint, Stream};

pub(super) fn stream(endpoint: Endpoint, checks: &Checks<'_>) -> Result<Stream> {
    let (send, expect) = (bytes(table::SEND, checks)?.unwrap_or_default(), bytes(table::EXPECT, checks)?);
    if expect.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::new("--expect: the text is empty; write what the server must send"));
    }
    Ok(Stream { endpoint, send, expect })
}

fn bytes(name: OptionName, checks: &Checks<'_>) -> Result<Option<Vec<u8>>> {
    let text = checks.one(name)?;
    text.map(|text| unescape(&text).map_err(|error| error.at(&format!("--{name}")))).transpose()
}

/// `PING\r\n` as bytes.
fn unescape(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let (byte, after) = escape(&rest[at + 1..]).ok_or_else(|| {
            Error::new(format!(
                "'{text}' has an unknown escape; write \\r \\n \\t \\0 \\xFF, and \\\\ for a backslash"
            ))
        })?;
        bytes.push(byte);
        rest = after;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// The byte that stands for what follows a backslash, and the rest of the text.
fn escape(text: &str) -> Option<(u8, &str)> {
    let byte = match text.chars().next()? {
        'r' => b'\r',
        'n' => b'\n',
        't' => b'\t',
        '0' => 0,
        '\\' => b'\\',
        'x' => {
            let hex = text.get(1..3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
            return Some((u8::from_str_radix(hex, 16).ok()?, &text[3..]));
        }
        _ => return None,
    };
    Some((byte, &text[1..]))
}
