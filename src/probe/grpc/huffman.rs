//! The Huffman code of HPACK (RFC 7541, appendix B).

/// In bits, of each byte's code. The code is canonical: codes of one length
/// follow each other in the order of their bytes, so that lengths are enough.
#[rustfmt::skip]
const LENGTHS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7,
    7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
    23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
    21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];
const SHORTEST: usize = 5;
const LONGEST: usize = 30;
/// In bits: ones fill up the last byte.
const LONGEST_PADDING: usize = 7;

/// Decodes a text; none if this is not an encoding.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let counts = counts();
    let mut text = Vec::with_capacity(bytes.len() * 8 / SHORTEST);
    let mut code = Code::default();
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1)) {
        code.push(bit, &counts)?;
        if let Some(place) = code.place(&counts) {
            text.push(symbol(code.length, place)?);
            code = Code::default();
        }
    }
    let is_padding = code.length <= LONGEST_PADDING && code.bits == (1 << code.length) - 1;
    is_padding.then_some(text)
}

/// The bits since the last whole code.
#[derive(Debug, Default)]
struct Code {
    bits: u32,
    length: usize,
    /// The first code of this length.
    first: u32,
}

impl Code {
    /// None if no code is that long.
    fn push(&mut self, bit: u8, counts: &Counts) -> Option<()> {
        self.first = (self.first + counts[self.length]) << 1;
        self.bits = self.bits << 1 | u32::from(bit);
        self.length += 1;
        (self.length < counts.len()).then_some(())
    }

    /// Its place among the codes of its length, if it is one of them.
    fn place(&self, counts: &Counts) -> Option<usize> {
        let place = self.bits.checked_sub(self.first).filter(|place| *place < counts[self.length])?;
        usize::try_from(place).ok()
    }
}

/// How many codes there are of each length.
type Counts = [u32; LONGEST + 1];

fn counts() -> Counts {
    let mut counts = [0; LONGEST + 1];
    for length in LENGTHS {
        counts[usize::from(length)] += 1;
    }
    counts
}

fn symbol(length: usize, place: usize) -> Option<u8> {
    (0..=u8::MAX).filter(|byte| usize::from(LENGTHS[usize::from(*byte)]) == length).nth(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_the_examples_of_the_rfc() {
        let table: [(&[u8], &str); 4] = [
            (b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff", "www.example.com"),
            (b"\xa8\xeb\x10\x64\x9c\xbf", "no-cache"),
            (b"\x64\x02", "302"),
            (b"\x10\x01", "200"),
        ];
        for (code, text) in table.into_iter().chain([(&b""[..], "")]) {
            assert_eq!(decode(code), Some(text.as_bytes().to_vec()), "{text}");
        }
    }

    #[test]
    fn has_every_byte() {
        // The longest codes: 30 bits each, then padding.
        assert_eq!(decode(&[0xff, 0xff, 0xff, 0xf3]), Some(vec![b'\n']));
        assert_eq!(decode(&[0xff, 0xff, 0xff, 0xf7]), Some(vec![b'\r']));
    }

    #[test]
    fn refuses_what_is_no_code() {
        for bytes in [&b"\xff\xff\xff\xff"[..], b"\x00", b"\x10\x00", b"\x64\x02\xff"] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
    }
}
