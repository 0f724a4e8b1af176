//! Reads numbers and texts from what a server sent, never past its end.

/// The bytes that are not read yet.
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

/// Where the first line ends, if it is no longer than `longest`. What follows
/// it makes no difference.
pub(super) fn line_end(received: &[u8], longest: usize) -> Option<usize> {
    received.iter().take(longest).position(|byte| *byte == b'\n')
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// Whether what has been received so far can still become `wanted`.
pub(super) fn may_become(received: &[u8], wanted: &[u8]) -> bool {
    let common = received.len().min(wanted.len());
    received[..common] == wanted[..common]
}
