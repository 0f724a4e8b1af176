//! Just enough of HPACK (RFC 7541) to read `:status` and the `grpc-` trailers.
//!
//! hinit requests a dynamic table of size 0, so that a server can only refer to
//! the static table. Of that only `:status` matters.

use super::huffman;

/// A header by its name and value; a name that does not matter is empty.
type Header = (Vec<u8>, Vec<u8>);

const STATUS: &[u8] = b":status";
/// The entries of the static table that are a `:status`.
const STATUSES: [&[u8]; 7] = [b"200", b"204", b"206", b"304", b"400", b"404", b"500"];
const FIRST_STATUS: usize = 8;
const STATIC_ENTRIES: usize = 61;

/// The headers of a whole header block; none if it is invalid.
pub(super) fn decode(block: &[u8]) -> Option<Vec<Header>> {
    let mut rest = block;
    let mut headers = Vec::new();
    while let Some(first) = rest.first() {
        match first {
            0x80.. => headers.push(indexed(integer(&mut rest, 7)?)?),
            0x40.. => headers.push(literal(&mut rest, 6)?),
            // The size of the dynamic table, which is not used.
            0x20.. => drop(integer(&mut rest, 5)?),
            _ => headers.push(literal(&mut rest, 4)?),
        }
    }
    Some(headers)
}

fn indexed(index: usize) -> Option<Header> {
    let name = static_name(index)?;
    let value = index.checked_sub(FIRST_STATUS).and_then(|place| STATUSES.get(place));
    Some((name, value.map(|value| value.to_vec()).unwrap_or_default()))
}

fn static_name(index: usize) -> Option<Vec<u8>> {
    let is_status = (FIRST_STATUS..FIRST_STATUS + STATUSES.len()).contains(&index);
    let name = if is_status { STATUS } else { b"" };
    (1..=STATIC_ENTRIES).contains(&index).then(|| name.to_vec())
}

fn literal(rest: &mut &[u8], bits: u8) -> Option<Header> {
    let name = match integer(rest, bits)? {
        0 => string(rest)?,
        index => static_name(index)?,
    };
    Some((name, string(rest)?))
}

/// A number in the lower `bits` of the first byte and in those that follow.
fn integer(rest: &mut &[u8], bits: u8) -> Option<usize> {
    let most = (1 << bits) - 1;
    let mut number = usize::from(byte(rest)?) & most;
    if number < most {
        return Some(number);
    }
    // Four more bytes make 28 bits: longer than any block.
    for shift in [0, 7, 14, 21] {
        let next = usize::from(byte(rest)?);
        number += (next & 0x7f) << shift;
        if next < 0x80 {
            return Some(number);
        }
    }
    None
}

fn string(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let is_huffman = *rest.first()? >= 0x80;
    let length = integer(rest, 7)?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    if is_huffman { huffman::decode(bytes) } else { Some(bytes.to_vec()) }
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    Some(*first)
}

/// Adds a header that is not to be indexed. The name is a text, or an entry of the
/// static table.
pub(super) fn encode(block: &mut Vec<u8>, name: Name<'_>, value: &str) {
    match name {
        Name::Static(index) => encode_integer(block, 0, 4, index),
        Name::Text(name) => {
            block.push(0);
            encode_string(block, name);
        }
    }
    encode_string(block, value);
}

/// The name of a header.
#[derive(Debug, Clone, Copy)]
pub(super) enum Name<'a> {
    Static(usize),
    Text(&'a str),
}

fn encode_string(block: &mut Vec<u8>, text: &str) {
    encode_integer(block, 0, 7, text.len());
    block.extend_from_slice(text.as_bytes());
}

fn encode_integer(block: &mut Vec<u8>, flags: u8, bits: u8, number: usize) {
    let most = (1 << bits) - 1;
    if number < most {
        block.push(flags | low_byte(number));
        return;
    }
    block.push(flags | low_byte(most));
    let mut rest = number - most;
    while rest >= 0x80 {
        block.push(low_byte(rest & 0x7f) | 0x80);
        rest >>= 7;
    }
    block.push(low_byte(rest));
}

fn low_byte(number: usize) -> u8 {
    number.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(block: &[u8]) -> Option<Vec<(String, String)>> {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Some(decode(block)?.into_iter().map(|(name, value)| (text(name), text(value))).collect())
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.into(), value.into())
    }

    #[test]
    fn reads_a_status_however_it_is_said() {
        assert_eq!(read(b"\x88"), Some(vec![pair(":status", "200")]));
        assert_eq!(read(b"\x8d"), Some(vec![pair(":status", "404")]));
        assert_eq!(read(b"\x48\x03503"), Some(vec![pair(":status", "503")]));
        assert_eq!(read(b"\x08\x82\x64\x02"), Some(vec![pair(":status", "302")]));
        assert_eq!(read(b"\x20\x00\x07:status\x03200"), Some(vec![pair(":status", "200")]));
    }

    #[test]
    fn reads_literals_and_passes_over_the_rest() {
        assert_eq!(read(b"\x40\x0bgrpc-status\x010"), Some(vec![pair("grpc-status", "0")]));
        assert_eq!(read(b"\x82\x5f\x01a"), Some(vec![pair("", ""), pair("", "a")]));
    }

    #[test]
    fn refuses_a_broken_block_and_a_dynamic_entry() {
        for block in
            [&b"\x80"[..], b"\xbe", b"\xff\xff\xff\xff\xff\xff", b"\x00\x7f", b"\x00\x01a", b"\x7f\x80"]
        {
            assert_eq!(read(block), None, "{block:?}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        let long = "x".repeat(300);
        let mut block = Vec::new();
        encode(&mut block, Name::Text("te"), "trailers");
        encode(&mut block, Name::Static(8), &long);
        encode(&mut block, Name::Static(58), "hinit");
        assert_eq!(
            read(&block),
            Some(vec![pair("te", "trailers"), pair(":status", &long), pair("", "hinit")])
        );
    }
}
