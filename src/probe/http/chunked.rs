//! The chunked transfer coding (RFC 9112, 7.1), byte by byte.

/// Where in a chunked body the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunk {
    /// In the size; whether there was a digit.
    Size(u64, bool),
    /// After the size: an extension, up to the end of the line.
    Extension(u64),
    /// So many bytes of data are left.
    Data(u64),
    /// The end of the line after the data.
    DataEnd,
    /// The trailer; whether its current line is empty so far.
    Trailer(bool),
    /// After the trailer.
    End,
}

impl Chunk {
    pub(super) const START: Self = Self::Size(0, false);

    /// Where the byte after `count` bytes of data is.
    pub(super) fn after_data(left: u64, count: u64) -> Self {
        if left == count { Self::DataEnd } else { Self::Data(left - count) }
    }

    /// Where the byte after this one is; none if this one is invalid here.
    pub(super) fn after(self, byte: u8) -> Option<Self> {
        let digit = char::from(byte).to_digit(16).map(u64::from);
        Some(match (self, byte) {
            (Self::Size(size, _), _) if digit.is_some() => {
                Self::Size(size.checked_mul(16)?.checked_add(digit?)?, true)
            }
            (Self::Size(0, true) | Self::Extension(0), b'\n') => Self::Trailer(true),
            (Self::Size(size, true) | Self::Extension(size), b'\n') => Self::Data(size),
            (Self::Size(size, true), b'\r' | b';' | b' ' | b'\t') | (Self::Extension(size), _) => {
                Self::Extension(size)
            }
            (Self::DataEnd, b'\r') => Self::DataEnd,
            (Self::DataEnd, b'\n') => Self::START,
            (Self::Trailer(true), b'\n') => Self::End,
            (Self::Trailer(is_empty), b'\r') => Self::Trailer(is_empty),
            (Self::Trailer(_), _) => Self::Trailer(byte == b'\n'),
            (Self::Size(..) | Self::DataEnd | Self::Data(_) | Self::End, _) => return None,
        })
    }
}
