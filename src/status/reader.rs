//! Reads the status document and decides whether to trust it.
//!
//! Any user may be able to put a file at its location. It is trusted only if it
//! belongs to root, or to the user of the living process that it names as its
//! writer.

use super::document::{Document, Supervisor};
use crate::sys::files::{self, Lock};
use crate::sys::{process, procfs};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Five outputs of 4 KiB, each byte escaped to six, are 120 KiB.
const MAX_SIZE: u64 = 256 * 1024;
const ROOT: u32 = 0;
/// A locked document is being overwritten, and so has already been replaced.
const TRIES: u32 = 3;

/// The first document of `locations` that is trusted and whose writer lives.
///
/// # Errors
/// Why there is none, in one line.
pub fn read(locations: &[PathBuf]) -> Result<Document, String> {
    let mut why = None;
    for path in locations {
        match examine(path) {
            Ok(Some(document)) => return Ok(document),
            Ok(None) => {}
            Err(reason) => {
                why.get_or_insert_with(|| format!("{}: {reason}", path.display()));
            }
        }
    }
    Err(why.unwrap_or_else(|| no_document(locations)))
}

fn no_document(locations: &[PathBuf]) -> String {
    match locations {
        [only] => format!(
            "{}: there is no status document; was hinit started with this --status-file?",
            only.display()
        ),
        _ => "no status document found; hinit is not running here, or its log says why it cannot write one"
            .into(),
    }
}

/// The other hinit that writes to this path now, for an error.
pub(super) fn other_writer(path: &Path, own: Supervisor) -> Option<String> {
    match examine(path) {
        Ok(None) => None,
        Ok(Some(Document { supervisor, .. })) if supervisor != own => {
            Some(format!("the hinit with pid {} writes there", supervisor.pid))
        }
        _ => is_claimed(path).then(|| "the hinit of another container writes there".into()),
    }
}

/// Whether a living process has claimed this document.
fn is_claimed(path: &Path) -> bool {
    open(path).is_ok_and(|file| files::is_claimed(&file))
}

/// Does not block on a FIFO.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}

/// The same, locked: hinit overwrites a document that it has replaced. After some
/// tries the lock must be another program's, and the file is read without.
fn open_to_read(path: &Path) -> io::Result<File> {
    let mut file = open(path)?;
    for _ in 0..TRIES {
        match files::lock(&file, Lock::Shared) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => file = open(path)?,
            _ => break,
        }
    }
    Ok(file)
}

/// None if the file does not exist.
fn examine(path: &Path) -> Result<Option<Document>, String> {
    let file = match open_to_read(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error.to_string()),
    };
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".into());
    }
    let document = parse(file).ok_or("it is not a status document")?;
    let supervisor = document.supervisor;
    if is_in_other_namespace(supervisor) {
        return Err("it belongs to a hinit in another container".into());
    }
    if !is_alive(supervisor) {
        return Err(format!("the hinit that wrote it (pid {}) is gone", supervisor.pid));
    }
    let owner = metadata.uid();
    if owner != ROOT && owner != procfs::effective_user(supervisor.pid).unwrap_or_else(process::own_user) {
        return Err(format!("it belongs to user {owner}, not to hinit's user, so it is not trusted"));
    }
    Ok(Some(document))
}

fn parse(file: File) -> Option<Document> {
    let mut bytes = Vec::new();
    let length = file.take(MAX_SIZE + 1).read_to_end(&mut bytes).ok()?;
    if length as u64 > MAX_SIZE { None } else { Document::from_json(&bytes) }
}

/// This process as the writer of a document.
pub fn this_process() -> Supervisor {
    Supervisor {
        pid: process::own_pid(),
        start_time: procfs::own_stat().ok().map(|stat| stat.start_time),
        namespace: own_namespace(),
    }
}

fn own_namespace() -> Option<u64> {
    fs::metadata("/proc/self/ns/pid").ok().map(|metadata| metadata.ino())
}

/// Whether its pid belongs to another pid namespace than this process's.
fn is_in_other_namespace(supervisor: Supervisor) -> bool {
    let namespaces = supervisor.namespace.zip(own_namespace());
    namespaces.is_some_and(|(theirs, ours)| theirs != ours)
}

/// Whether it is stopped (SIGSTOP, `^Z`) and so does nothing for its app. A stop
/// by a debugger does not count.
pub(crate) fn is_stopped(supervisor: Supervisor) -> bool {
    procfs::stat(supervisor.pid).is_ok_and(|stat| stat.is_stopped())
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

#[cfg(test)]
#[allow(clippy::print_stdout)]
mod tests;
