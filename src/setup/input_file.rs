//! Reads a file that an option names, before there is a loop that takes signals.
//!
//! It may be a FIFO or a pipe (`--env-file <(sops -d secrets.env)`), which has no end
//! before its writer has come and gone. A stop request ends the wait.

use crate::signal::Signal;
use crate::sys::{fds, signals};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

const STOP_REQUESTS: [Signal; 2] = [Signal::TERM, Signal::INT];
/// Where no descriptor tells of a stop request (a seccomp filter).
const LOOK_FOR_STOP: Duration = Duration::from_millis(100);

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum Failure {
    /// It cannot be opened or read.
    Unreadable(io::Error),
    /// It is longer than allowed.
    TooLarge,
    /// A stop request came before its end.
    Stopped(Signal),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// The content of a file of at most `most` bytes.
///
/// # Errors
/// It cannot be read, is larger, or a stop request comes first.
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    // Without O_NONBLOCK the opening of a FIFO would wait for a writer.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let stop = signals::watch(&STOP_REQUESTS).ok();
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    while bytes.len() <= most {
        wait(&file, stop.as_ref())?;
        match fds::read_available(&mut file, &mut buffer)? {
            Some(0) => return Ok(bytes),
            Some(length) => bytes.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            None => {}
        }
    }
    Err(Failure::TooLarge)
}

/// Waits until there is something to read, or the end. The read alone would not do:
/// it finds the end where no writer has come yet.
fn wait(file: &File, stop: Option<&OwnedFd>) -> Result<(), Failure> {
    let limit = if stop.is_some() { None } else { Some(LOOK_FOR_STOP) };
    loop {
        let mut polled = vec![fds::input(file.as_fd())];
        polled.extend(stop.map(|stop| fds::input(stop.as_fd())));
        fds::wait_for_input(&mut polled, limit)?;
        if polled.first().is_some_and(|file| file.revents != 0) {
            return Ok(());
        }
        if let Some(signal) = STOP_REQUESTS.into_iter().find(|signal| signals::is_pending(*signal)) {
            return Err(Failure::Stopped(signal));
        }
    }
}
