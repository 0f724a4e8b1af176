//! The output of a probe process, limited as in Docker.

use crate::sys::fds::read_available;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};

/// Docker keeps the first 4096 bytes of a probe's output.
const LIMIT: usize = 4096;
/// Reads in one turn of the loop, however fast the probe writes. They empty a
/// full pipe (64 KiB).
const READS_AT_ONCE: usize = 16;

/// `text`, cut at the limit for the output of one probe.
pub(super) fn bounded(mut text: String) -> String {
    if text.len() > LIMIT {
        let end = (0..=LIMIT).rfind(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or_default());
        text.push_str("...");
    }
    text
}

/// The read end of a probe's stdout and stderr, and the output so far.
#[derive(Debug)]
pub(super) struct Output {
    pipe: Option<File>,
    kept: Vec<u8>,
    is_cut: bool,
}

impl Output {
    pub(super) fn from(pipe: File) -> Self {
        Self { pipe: Some(pipe), kept: Vec::new(), is_cut: false }
    }

    /// None after the end of the output.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads what is available. Output beyond the limit is read and discarded, so
    /// that the probe does not block.
    pub(super) fn read(&mut self) {
        let mut buffer = [0; LIMIT];
        for _ in 0..READS_AT_ONCE {
            let Some(pipe) = &mut self.pipe else { return };
            match read_available(pipe, &mut buffer) {
                Ok(None) => return,
                Ok(Some(0)) | Err(_) => self.pipe = None,
                Ok(Some(count)) => self.keep(&buffer[..count]),
            }
        }
    }

    /// Stops reading, even if some process still holds the write end.
    pub(super) fn close(&mut self) {
        self.pipe = None;
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LIMIT - self.kept.len();
        self.kept.extend(&bytes[..bytes.len().min(room)]);
        self.is_cut |= bytes.len() > room;
    }

    /// As text; `...` marks output that was cut off.
    pub(super) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.kept);
        if self.is_cut { format!("{text}...") } else { text.into_owned() }
    }
}
