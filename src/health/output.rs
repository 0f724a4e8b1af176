//! What a probe process says, bounded as in Docker.

use crate::sys::fds::read_available;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};

/// Docker keeps the first 4096 bytes of a probe's output.
const LIMIT: usize = 4096;
/// A pipe holds 64 KiB: so many reads empty it, and no more are made in one
/// turn of the loop however fast the probe writes.
const READS_AT_ONCE: usize = 16;

/// `text` within the limit of one probe's output, also if several have said it.
pub(super) fn bounded(mut text: String) -> String {
    if text.len() > LIMIT {
        let end = (0..=LIMIT).rfind(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or_default());
        text.push_str("...");
    }
    text
}

/// The reading end of a probe's stdout and stderr, and what came so far.
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

    /// None once it has ended.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Takes in what is there. What is beyond the limit is read all the same,
    /// so that a talkative probe is not stuck.
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

    /// Nothing is wanted any more, even if some process still holds the other end.
    pub(super) fn close(&mut self) {
        self.pipe = None;
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LIMIT - self.kept.len();
        self.kept.extend(&bytes[..bytes.len().min(room)]);
        self.is_cut |= bytes.len() > room;
    }

    /// As text; `...` stands for what was cut off.
    pub(super) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.kept);
        if self.is_cut { format!("{text}...") } else { text.into_owned() }
    }
}
