//! Where curl and wget write: a response body to a file or stdout, messages to
//! stderr.

use crate::text::printable;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// The destination of a response. A file is created by the first write.
#[derive(Debug)]
pub(super) enum Output {
    /// `-o /dev/null`: an image made from scratch has no such file.
    Discard,
    Stdout,
    File(String, Option<File>),
}

impl Output {
    /// `-` is stdout.
    pub(super) fn from_name(name: &str) -> Self {
        match name {
            "-" => Self::Stdout,
            "/dev/null" => Self::Discard,
            _ => Self::File(name.to_owned(), None),
        }
    }

    /// The name in wget's messages.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Discard => "/dev/null",
            Self::Stdout => "-",
            Self::File(name, _) => name,
        }
    }

    /// Creates the file, if it is one.
    pub(super) fn open(&mut self) -> io::Result<()> {
        if let Self::File(name, file @ None) = self {
            *file = Some(File::create(Path::new(name))?);
        }
        Ok(())
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.open()?;
        match self {
            Self::Discard | Self::File(_, None) => Ok(()),
            Self::Stdout => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()),
            Self::File(_, Some(file)) => file.write_all(bytes),
        }
    }
}

/// Writes a line to stderr.
pub(super) fn print_message(line: &str) {
    print_part(&format!("{line}\n"));
}

/// Writes a part of a line to stderr. A closed stderr is not an error. It may quote
/// what a server sent, unlike a body or headers that were requested, which are
/// passed on as they are.
pub(super) fn print_part(text: &str) {
    let _ = io::stderr().write_all(printable(text).as_bytes());
}

/// The text of an error without `(os error N)`.
pub(super) fn without_errno(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
