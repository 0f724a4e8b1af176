//! Reads one file and decides whether it is a document to trust.
//!
//! Any user may be able to put a file at its location, and a killed hinit leaves
//! one behind. It is trusted only if its writer lives in this pid namespace, and if
//! nobody but root, the reader, or whoever the location belongs to can have put it
//! there.

use super::document::{Document, Supervisor};
use super::namespace;
use crate::sys::files::{self, Lock};
use crate::sys::{Pid, process, procfs};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Five outputs of 4 KiB, each byte escaped to six, are 120 KiB.
const MAX_SIZE: u64 = 256 * 1024;
const ROOT: u32 = 0;
/// A locked document is being overwritten, and so has already been replaced.
const TRIES: u32 = 3;

/// A document that is trusted and whose writer lives.
#[derive(Debug)]
pub struct Found {
    /// What it says.
    pub document: Document,
    /// Where it is.
    pub(crate) path: PathBuf,
    file: File,
}

impl Found {
    /// The document in the same file, which may have lost its name. None if it
    /// cannot be read.
    pub(crate) fn read_again(&self) -> Option<Document> {
        (&self.file).rewind().ok()?;
        parse(&self.file)
    }

    /// Whether a living hinit has claimed this file.
    pub(crate) fn is_claimed(&self) -> bool {
        files::claimant(&self.file).is_some()
    }
}

/// Why a file is not trusted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    /// The hinit that wrote it is gone.
    Stale(String),
    /// It has nothing to do with a hinit of this reader.
    Foreign(String),
}

impl Rejected {
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Stale(reason) | Self::Foreign(reason) => reason,
        }
    }
}

/// The document in this file. None if there is no file.
pub(super) fn examine(path: &Path) -> Result<Option<Found>, Rejected> {
    let foreign = |error: io::Error| Rejected::Foreign(error.to_string());
    let (file, claimant) = match open_to_read(path) {
        Ok(opened) => opened,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(foreign(error)),
    };
    let metadata = file.metadata().map_err(foreign)?;
    if !metadata.is_file() {
        return Err(Rejected::Foreign("it is not a regular file".into()));
    }
    let document = parse(&file);
    files::unlock(&file);
    let document = document.ok_or_else(|| Rejected::Foreign("it is not a status document".into()))?;
    check_writer(document.supervisor, claimant)?;
    check_owner(path, metadata.uid(), document.supervisor.pid)?;
    Ok(Some(Found { document, path: path.to_path_buf(), file }))
}

/// The other hinit that writes to this path now, for an error.
pub(super) fn other_writer(path: &Path) -> Option<String> {
    let (file, claimant) = open_to_read(path).ok()?;
    let by_pid = |pid: Pid| format!("the hinit with pid {pid} writes there");
    match claimant {
        Some(0) => Some("the hinit of another container writes there".into()),
        Some(pid) => Some(by_pid(pid)),
        // The file system may have no locks.
        None => parse(&file)
            .map(|document| document.supervisor)
            .filter(|other| other.pid != process::own_pid() && check_writer(*other, None).is_ok())
            .map(|other| by_pid(other.pid)),
    }
}

/// Opens the visible document and locks it, since hinit overwrites one that it has
/// replaced. Also returns the process that has claimed it.
fn open_to_read(path: &Path) -> io::Result<(File, Option<Pid>)> {
    let mut file = open_locked(path)?;
    for _ in 0..TRIES {
        let claimant = files::claimant(&file);
        if claimant.is_some() || is_visible(&file, path) {
            return Ok((file, claimant));
        }
        // Replaced before the look at its claim, which has moved on with the name.
        file = open_locked(path)?;
    }
    Ok((file, None))
}

fn is_visible(file: &File, path: &Path) -> bool {
    let inode = |metadata: io::Result<fs::Metadata>| metadata.map(|found| (found.dev(), found.ino())).ok();
    inode(file.metadata()) == inode(fs::symlink_metadata(path))
}

/// After some tries the lock must be another program's, and the file is read
/// without.
fn open_locked(path: &Path) -> io::Result<File> {
    let mut file = open(path)?;
    for _ in 0..TRIES {
        match files::lock(&file, Lock::Shared) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => file = open(path)?,
            _ => break,
        }
    }
    Ok(file)
}

/// Does not block on a FIFO.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}

fn parse(file: &File) -> Option<Document> {
    let mut bytes = Vec::new();
    let length = file.take(MAX_SIZE + 1).read_to_end(&mut bytes).ok()?;
    if length as u64 > MAX_SIZE { None } else { Document::from_json(&bytes) }
}

/// Whether the process that the document names lives, and in this pid namespace.
///
/// The claim decides if the kernel shows that process as the one that holds it: under
/// gVisor the inode of a namespace changes at each look, and qemu-user makes up the
/// start times of its own processes.
fn check_writer(named: Supervisor, claimant: Option<Pid>) -> Result<(), Rejected> {
    if claimant == Some(named.pid) {
        return Ok(());
    }
    let namespaces = named.namespace.zip(namespace::inode(namespace::PID));
    if namespaces.map_or(claimant == Some(0), |(theirs, ours)| theirs != ours) {
        return Err(Rejected::Foreign("it belongs to a hinit in another container".into()));
    }
    if !is_alive(named) {
        return Err(Rejected::Stale(format!("the hinit that wrote it (pid {}) is gone", named.pid)));
    }
    Ok(())
}

fn is_alive(supervisor: Supervisor) -> bool {
    match (supervisor.start_time, procfs::stat(supervisor.pid)) {
        (_, Ok(stat)) if stat.is_dead() => false,
        (Some(start_time), Ok(stat)) => start_time == stat.start_time,
        // Without /proc, or if it hides other users' processes (hidepid in proc(5)),
        // the kernel still tells whether the pid exists.
        _ => process::exists(supervisor.pid),
    }
}

/// Whether nobody but its writer can have put the document there. A process of any
/// user can name itself as the writer of a document in /tmp or /dev/shm; PID 1 is
/// chosen by whoever starts the container.
fn check_owner(path: &Path, owner: u32, writer: Pid) -> Result<(), Rejected> {
    if owner == ROOT {
        return Ok(());
    }
    if owner != procfs::effective_user(writer).unwrap_or_else(process::own_user) {
        let why = format!("it belongs to user {owner}, not to hinit's user, so it is not trusted");
        return Err(Rejected::Foreign(why));
    }
    if owner == process::own_user() || writer == 1 || is_private(path, owner) {
        return Ok(());
    }
    Err(Rejected::Foreign(format!(
        "it belongs to user {owner}, and its hinit (pid {writer}) is not PID 1, so it is not trusted where any user can write; run 'hinit status' as that user"
    )))
}

/// Whether only root and `owner` can put files there, and move the directories on
/// the way, so that the location itself is theirs.
fn is_private(path: &Path, owner: u32) -> bool {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let Ok(directory) = fs::canonicalize(directory.unwrap_or(Path::new("."))) else { return false };
    directory.ancestors().all(|directory| {
        fs::symlink_metadata(directory)
            .is_ok_and(|found| [ROOT, owner].contains(&found.uid()) && found.mode() & 0o022 == 0)
    })
}

#[cfg(test)]
#[allow(clippy::print_stdout)]
mod tests;
