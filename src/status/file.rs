//! The file that holds the status document, and how a new document replaces the
//! old one.

use super::document::Document;
use super::examine::other_writer;
use crate::sys::clock;
use crate::sys::files::{self, Lock};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The largest buffer that is kept for the next document, in bytes. Only checks
/// with much output need more.
const MAX_KEPT_CAPACITY: usize = 4096;

/// The file with the document, and the file for the next one. They exchange their
/// names with each document.
#[derive(Debug)]
pub struct StatusFile {
    path: PathBuf,
    next: PathBuf,
    /// The text of the last document. Its memory is reused, which saves two system
    /// calls and a page for each probe.
    text: String,
    /// The visible document.
    current: Option<Written>,
    /// The document before it, if its file can be reused. It is not kept open: a
    /// container may be limited to eight descriptors.
    spare: Option<Spare>,
}

#[derive(Debug)]
struct Written {
    /// Open as long as it is visible: that keeps the claim on it.
    file: File,
    length: usize,
}

#[derive(Debug, Clone, Copy)]
struct Spare {
    identity: Identity,
    length: usize,
}

/// Device and inode: a name may belong to another file by now.
type Identity = (u64, u64);

fn identity(metadata: &fs::Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

impl Spare {
    /// The replaced document, if `path` still is its file.
    fn at(path: &Path, old: &Written) -> Option<Self> {
        let found = identity(&fs::symlink_metadata(path).ok()?);
        let expected = identity(&old.file.metadata().ok()?);
        (found == expected).then_some(Self { identity: found, length: old.length })
    }

    fn open(self, path: &Path) -> Option<File> {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = OpenOptions::new().write(true).custom_flags(flags).open(path).ok()?;
        (identity(&file.metadata().ok()?) == self.identity).then_some(file)
    }
}

/// Checks that hinit may replace what is at `path`: a file, a link, a FIFO or
/// nothing. A device (as root even /dev/null) and a socket must stay.
///
/// # Errors
/// It may not, or the path cannot be examined.
pub(crate) fn check_replaceable(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if kind.is_file() || kind.is_symlink() || kind.is_fifo() {
        return Ok(());
    }
    Err(io::Error::new(
        ErrorKind::AlreadyExists,
        "a device, socket or directory is there; it is not replaced",
    ))
}

fn name_of(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// A location that cannot be used, and why.
pub(crate) type Unusable = (PathBuf, io::Error);

impl StatusFile {
    /// Writes the document to the `requested` location, or to the first of the
    /// others that can be written and is not in use by another hinit. To be called
    /// after the drop, which decides what can be written. Also returns the
    /// locations that were rejected, and why.
    pub fn create(
        requested: Option<&Path>,
        others: &[PathBuf],
        document: &Document,
    ) -> (Option<Self>, Vec<Unusable>) {
        let mut unusable = Vec::new();
        for mut file in requested.into_iter().chain(others.iter().map(PathBuf::as_path)).map(Self::at) {
            match file.claim(document) {
                Ok(()) => return (Some(file), unusable),
                Err(error) => unusable.push((file.path, error)),
            }
        }
        (None, unusable)
    }

    fn at(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            next: path.with_file_name(format!(".{}.new", name_of(path))),
            text: String::new(),
            current: None,
            spare: None,
        }
    }

    fn claim(&mut self, document: &Document) -> io::Result<()> {
        check_replaceable(&self.path)?;
        match other_writer(&self.path) {
            Some(other) => Err(io::Error::new(ErrorKind::ResourceBusy, other)),
            None => self.write(document),
        }
    }

    /// The path of the document.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the document: a reader sees the old or the new one.
    ///
    /// # Errors
    /// Those of the file system; the old document is still there.
    pub fn write(&mut self, document: &Document) -> io::Result<()> {
        self.text.clear();
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{document}");
        let is_shown = self.overwrite_spare().is_some_and(|written| self.show(written).is_ok());
        let shown = if is_shown { Ok(()) } else { self.write_new().and_then(|written| self.show(written)) };
        if self.text.capacity() > MAX_KEPT_CAPACITY {
            self.text = String::new();
        }
        shown.inspect_err(|_| {
            let _ = fs::remove_file(&self.next);
        })
    }

    /// Reuses the spare file: on ext4, creating and removing a file was a fifth of
    /// the cost of a probe. None if a reader still has it locked, since PID 1 does
    /// not wait, or if it is gone.
    fn overwrite_spare(&mut self) -> Option<Written> {
        let spare = self.spare.take()?;
        let file = spare.open(&self.next)?;
        files::lock(&file, Lock::Exclusive).ok()?;
        file.write_all_at(self.text.as_bytes(), 0).ok()?;
        if self.text.len() < spare.length {
            file.set_len(self.text.len() as u64).ok()?;
        }
        files::unlock(&file);
        let _ = files::claim(&file);
        Some(Written { file, length: self.text.len() })
    }

    fn write_new(&mut self) -> io::Result<Written> {
        let mut file = self.create_next().or_else(|_| {
            // In a directory like /tmp another user may hold the name, and only that
            // user can remove it. Then an unpredictable name is used.
            let name = name_of(&self.path);
            self.next = self.path.with_file_name(format!(".{name}.{}.new", clock::now().as_nanos()));
            self.create_next()
        })?;
        // Whatever the umask is, any user may read the status.
        file.set_permissions(Permissions::from_mode(0o644))?;
        file.write_all(self.text.as_bytes())?;
        // A failure is ignored: not every file system has locks.
        let _ = files::claim(&file);
        Ok(Written { file, length: self.text.len() })
    }

    /// Creates the file. An existing one is removed and never written to, and no
    /// link is followed: a killed hinit may have left it, or another user.
    fn create_next(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o644).custom_flags(libc::O_NOFOLLOW);
        match options.open(&self.next) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(&self.next)?;
                options.open(&self.next)
            }
            opened => opened,
        }
    }

    /// Makes the document visible. A rename over an existing file makes ext4 flush
    /// the new one at once (auto_da_alloc in ext4(5)): a millisecond in which PID 1
    /// sees no signal, for each probe. An exchange of names does not.
    fn show(&mut self, written: Written) -> io::Result<()> {
        if self.current.is_none() || files::exchange(&self.next, &self.path).is_err() {
            fs::rename(&self.next, &self.path)?;
            self.current = Some(written);
            return Ok(());
        }
        // Another process may have put its own file there.
        self.spare = self.current.replace(written).and_then(|old| Spare::at(&self.next, &old));
        if self.spare.is_none() {
            let _ = fs::remove_file(&self.next);
        }
        Ok(())
    }

    /// Removes the document, and writes a last one for the readers that have it open
    /// and wait. They have one of the two files: the spare one first, since a reader
    /// looks again when the name is gone, then the visible one, which no other reader
    /// may see half written.
    pub(crate) fn finish(&mut self, last: &Document) {
        self.text.clear();
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{last}");
        if let Some(spare) = self.spare.and_then(|spare| spare.open(&self.next)) {
            self.write_last(&spare);
        }
        self.remove();
        if let Some(current) = &self.current {
            self.write_last(&current.file);
        }
    }

    /// If a reader has the file locked or the disk is full, readers learn less.
    fn write_last(&self, file: &File) {
        if files::lock(file, Lock::Exclusive).is_ok() && file.write_all_at(self.text.as_bytes(), 0).is_ok() {
            let _ = file.set_len(self.text.len() as u64);
        }
    }

    /// Removes the document.
    pub fn remove(&self) {
        let _ = fs::remove_file(&self.path);
        if self.spare.is_some_and(|spare| spare.open(&self.next).is_some()) {
            let _ = fs::remove_file(&self.next);
        }
    }
}
