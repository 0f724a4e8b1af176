//! Reading numbers and texts out of what a server sent, never past its end.

/// The bytes that have not been read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next `count` bytes, if all of them are there.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// A text that ends in a NUL.
    pub(super) fn c_string(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = text(&self.0[..end]);
        self.0 = &self.0[end + 1..];
        Some(text)
    }
}

/// Where the first line ends, if it is no longer than that: the same however
/// much came behind it.
pub(super) fn line_end(heard: &[u8], longest: usize) -> Option<usize> {
    heard.iter().take(longest).position(|byte| *byte == b'\n')
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// Whether what has come so far can still become `wanted`.
pub(super) fn begins_as(heard: &[u8], wanted: &[u8]) -> bool {
    let common = heard.len().min(wanted.len());
    heard[..common] == wanted[..common]
}
