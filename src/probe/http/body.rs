//! The body of an answer, and how much of it is kept.

use super::chunked::Chunk;
use super::fault::Fault;
use super::headers::BodyLength;

/// In bytes: how much of a body is read and checked.
pub(super) const BODY_LIMIT: usize = 10 * 1024;
/// In bytes, for `--json`: half a JSON document is of no use.
pub(super) const JSON_LIMIT: usize = 1024 * 1024;

/// A body as it arrives, up to its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    rest: Rest,
    /// In bytes; none for no limit.
    limit: Option<usize>,
    bytes: Vec<u8>,
    is_cut: bool,
}

/// What is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    Sized(u64),
    UntilClose,
    Chunked(Chunk),
}

impl Body {
    pub(super) fn new(length: BodyLength, limit: Option<usize>) -> Self {
        let rest = match length {
            BodyLength::Sized(0) => Rest::Nothing,
            BodyLength::Sized(length) => Rest::Sized(length),
            BodyLength::UntilClose => Rest::UntilClose,
            BodyLength::Chunked => Rest::Chunked(Chunk::START),
        };
        Self { rest, limit, bytes: Vec::new(), is_cut: false }
    }

    /// What has come and was not taken, up to the limit.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the body is longer than its limit.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether nothing more of it can come.
    pub(super) fn is_complete(&self) -> bool {
        self.rest == Rest::Nothing
    }

    /// The server closed the connection, which ends some bodies.
    pub(super) fn close(&mut self) {
        if self.rest == Rest::UntilClose {
            self.finish();
        }
    }

    /// Nothing more is expected.
    pub(super) fn finish(&mut self) {
        self.rest = Rest::Nothing;
    }

    /// How much is still to come, if the headers say it.
    pub(super) fn missing(&self) -> Option<u64> {
        match self.rest {
            Rest::Sized(left) => Some(left),
            _ => None,
        }
    }

    /// Takes out what has come.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Takes in the next bytes, of which there is at least one. Returns how
    /// many of them were read.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        match self.rest {
            Rest::Nothing => Ok(bytes.len()),
            Rest::UntilClose => Ok(self.keep(bytes, Rest::UntilClose)),
            Rest::Sized(left) => {
                let data = at_most(bytes, left);
                let left = left - data.len() as u64;
                Ok(self.keep(data, if left == 0 { Rest::Nothing } else { Rest::Sized(left) }))
            }
            Rest::Chunked(Chunk::Data(left)) => {
                let data = at_most(bytes, left);
                Ok(self.keep(data, Rest::Chunked(Chunk::after_data(left, data.len() as u64))))
            }
            Rest::Chunked(chunk) => {
                self.rest = match chunk.after(bytes[0]).ok_or(Fault::BadChunk)? {
                    Chunk::End => Rest::Nothing,
                    next => Rest::Chunked(next),
                };
                Ok(1)
            }
        }
    }

    /// Keeps what is within the limit. `rest` is to come after it.
    fn keep(&mut self, bytes: &[u8], rest: Rest) -> usize {
        let room = self.limit.map_or(usize::MAX, |limit| limit - self.bytes.len());
        self.bytes.extend(&bytes[..bytes.len().min(room)]);
        self.is_cut |= bytes.len() > room;
        self.rest = rest;
        bytes.len()
    }
}

fn at_most(bytes: &[u8], length: u64) -> &[u8] {
    &bytes[..usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len())]
}
