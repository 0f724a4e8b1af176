//! The file that holds the status document, and how a new document takes the
//! place of the old one.

use super::document::Document;
use super::reader;
use crate::sys::clock;
use crate::sys::files::{self, Lock};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Of the text of a document, in bytes; a longer one has a talkative check.
const MAX_KEPT_CAPACITY: usize = 4096;

/// The file that the document is in, and the one it is written to next: the
/// two change names with each document.
#[derive(Debug)]
pub struct StatusFile {
    path: PathBuf,
    next: PathBuf,
    /// The document as it was written last: its memory is used again, which is
    /// two system calls and a page less for each probe.
    text: String,
    /// What readers see.
    current: Option<Written>,
    /// What they saw before, if that can be written over. It is not kept open: a
    /// container may have eight descriptors.
    spare: Option<Spare>,
}

#[derive(Debug)]
struct Written {
    /// Open as long as it can be seen, for its claim.
    file: File,
    length: usize,
}

#[derive(Debug, Clone, Copy)]
struct Spare {
    identity: Identity,
    length: usize,
}

/// Device and inode: names can be given to other files.
type Identity = (u64, u64);

fn identity(metadata: &fs::Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

impl Spare {
    /// The replaced document, if that is what has this name.
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

/// Whether hinit may put a file in the place of what is there: a file, a link,
/// a FIFO, nothing. A device must stay one, as root even /dev/null, and a socket
/// is somebody's.
///
/// # Errors
/// It may not, or the file system says so.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if kind.is_file() || kind.is_symlink() || kind.is_fifo() {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, "something is there that is no file"))
}

fn name_of(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// A location that cannot be used, and why.
pub type Unusable = (PathBuf, io::Error);

impl StatusFile {
    /// Writes the document to the `requested` location, or to the first of the
    /// others that can be written and that no other living hinit writes to. To
    /// be called after the drop, since only then is it known what can be
    /// written. Gives each location before it too, and why it cannot be used.
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
        match reader::other_writer(&self.path, document.supervisor) {
            Some(other) => Err(io::Error::new(ErrorKind::ResourceBusy, other)),
            None => self.write(document),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the document in the place of the old one: a reader sees one or the other.
    ///
    /// # Errors
    /// What the file system says; the old document is still there.
    pub fn write(&mut self, document: &Document) -> io::Result<()> {
        self.text.clear();
        // A String takes whatever is written.
        let _ = writeln!(self.text, "{document}");
        let is_shown = self.write_over_spare().is_some_and(|written| self.show(written).is_ok());
        let shown = if is_shown { Ok(()) } else { self.write_anew().and_then(|written| self.show(written)) };
        if self.text.capacity() > MAX_KEPT_CAPACITY {
            self.text = String::new();
        }
        shown.inspect_err(|_| {
            let _ = fs::remove_file(&self.next);
        })
    }

    /// Nothing is made and nothing is taken away: on ext4 that was a fifth of
    /// what a probe costs. None if a reader still has that file locked, which
    /// PID 1 does not wait for, or it is not there any more.
    fn write_over_spare(&mut self) -> Option<Written> {
        let spare = self.spare.take()?;
        let file = spare.open(&self.next)?;
        files::lock(&file, Lock::Only).ok()?;
        file.write_all_at(self.text.as_bytes(), 0).ok()?;
        if self.text.len() < spare.length {
            file.set_len(self.text.len() as u64).ok()?;
        }
        files::unlock(&file);
        let _ = files::claim(&file);
        Some(Written { file, length: self.text.len() })
    }

    fn write_anew(&mut self) -> io::Result<Written> {
        let mut file = self.make_next().or_else(|_| {
            // In a directory like /tmp a stranger may hold the name, and only he
            // can take it away: then one that nobody can have foreseen.
            let name = name_of(&self.path);
            self.next = self.path.with_file_name(format!(".{name}.{}.new", clock::now().as_nanos()));
            self.make_next()
        })?;
        // The umask is the app's matter, and any user may read the status.
        file.set_permissions(Permissions::from_mode(0o644))?;
        file.write_all(self.text.as_bytes())?;
        // A file system without locks is no reason to tell nothing.
        let _ = files::claim(&file);
        Ok(Written { file, length: self.text.len() })
    }

    /// A file of that name was left by a hinit that was killed, or laid by
    /// somebody else; it is never written to and no link is followed.
    fn make_next(&self) -> io::Result<File> {
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

    /// A rename over an older file has ext4 write the new one to the disk there
    /// and then (auto_da_alloc in ext4(5)): a millisecond in which PID 1 sees no
    /// signal, for each probe. An exchange has not.
    fn show(&mut self, written: Written) -> io::Result<()> {
        if self.current.is_none() || files::exchange(&self.next, &self.path).is_err() {
            fs::rename(&self.next, &self.path)?;
            self.current = Some(written);
            return Ok(());
        }
        // Somebody else may have put a file of his there.
        self.spare = self.current.replace(written).and_then(|old| Spare::at(&self.next, &old));
        if self.spare.is_none() {
            let _ = fs::remove_file(&self.next);
        }
        Ok(())
    }

    /// Takes the document away when hinit ends.
    pub fn remove(&self) {
        let _ = fs::remove_file(&self.path);
        if self.spare.is_some_and(|spare| spare.open(&self.next).is_some()) {
            let _ = fs::remove_file(&self.next);
        }
    }
}
