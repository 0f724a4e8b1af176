//! Reading the status document, and whether to trust it.
//!
//! Anybody may put a file where the document is looked for. It is trusted
//! only if root owns it, or the user of the living process that it names as
//! its writer.

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
/// A document is being written over only when the next one is there already.
const TRIES: u32 = 3;

/// The first document of `places` that can be trusted and whose writer lives.
///
/// # Errors
/// Why there is none, in one line.
pub fn read(places: &[PathBuf]) -> Result<Document, String> {
    let mut why = None;
    for path in places {
        match examine(path) {
            Ok(Some(document)) => return Ok(document),
            Ok(None) => {}
            Err(reason) => {
                why.get_or_insert_with(|| format!("{}: {reason}", path.display()));
            }
        }
    }
    Err(why.unwrap_or_else(|| no_document(places)))
}

fn no_document(places: &[PathBuf]) -> String {
    match places {
        [only] => format!(
            "{}: there is no status document; was the running hinit told --status-file with this path?",
            only.display()
        ),
        _ => "no hinit runs here (there is no status document; if one does, its log says why)".into(),
    }
}

/// Who else writes to this path now, in words.
pub(super) fn other_writer(path: &Path, own: Supervisor) -> Option<String> {
    match examine(path) {
        Ok(None) => None,
        Ok(Some(Document { supervisor, .. })) if supervisor != own => {
            Some(format!("the hinit with pid {} writes there", supervisor.pid))
        }
        _ => is_held(path).then(|| "the hinit of another container writes there".into()),
    }
}

/// Whether a living process has this document.
fn is_held(path: &Path) -> bool {
    open(path).is_ok_and(|file| files::is_claimed(&file))
}

/// Without blocking, should it be a FIFO.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}

/// The same, locked against being written over: hinit does that to a document
/// that it has replaced. Who is not lucky in some tries has met a stranger's lock.
fn open_to_read(path: &Path) -> io::Result<File> {
    let mut file = open(path)?;
    for _ in 0..TRIES {
        match files::lock(&file, Lock::Reader) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => file = open(path)?,
            _ => break,
        }
    }
    Ok(file)
}

/// None if there is no file.
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
        return Err("it is no regular file".into());
    }
    let document = parse(file).ok_or("it is no status document")?;
    let supervisor = document.supervisor;
    if is_elsewhere(supervisor) {
        return Err("it is of a hinit in another container".into());
    }
    if !is_alive(supervisor) {
        return Err(format!("the hinit that wrote it (pid {}) is gone", supervisor.pid));
    }
    let owner = metadata.uid();
    if owner != ROOT && owner != procfs::effective_user(supervisor.pid).unwrap_or_else(process::own_user) {
        return Err(format!("it is owned by user {owner}, who is not hinit's, and so not trusted"));
    }
    Ok(Some(document))
}

fn parse(file: File) -> Option<Document> {
    let mut bytes = Vec::new();
    let length = file.take(MAX_SIZE + 1).read_to_end(&mut bytes).ok()?;
    if length as u64 > MAX_SIZE { None } else { Document::from_json(&bytes) }
}

/// How this process is named in a document that it writes.
pub fn own_name() -> Supervisor {
    Supervisor {
        pid: process::own_pid(),
        start_time: procfs::own_stat().ok().map(|stat| stat.start_time),
        namespace: own_namespace(),
    }
}

fn own_namespace() -> Option<u64> {
    fs::metadata("/proc/self/ns/pid").ok().map(|metadata| metadata.ino())
}

/// Whether its pid means another process here, or none.
fn is_elsewhere(supervisor: Supervisor) -> bool {
    let namespaces = supervisor.namespace.zip(own_namespace());
    namespaces.is_some_and(|(theirs, ours)| theirs != ours)
}

/// Whether it stands still (SIGSTOP, `^Z`) and so does nothing for its app. One
/// that a debugger looks at is not meant.
pub fn is_stopped(supervisor: Supervisor) -> bool {
    procfs::stat(supervisor.pid).is_ok_and(|stat| stat.is_stopped())
}

fn is_alive(supervisor: Supervisor) -> bool {
    match (supervisor.start_time, procfs::stat(supervisor.pid)) {
        (_, Ok(stat)) if stat.is_dead() => false,
        (Some(start_time), Ok(stat)) => start_time == stat.start_time,
        // Without a /proc, or one that hides other users' processes (hidepid in
        // proc(5)), the kernel still tells.
        _ => process::exists(supervisor.pid),
    }
}

#[cfg(test)]
#[allow(clippy::print_stdout)]
mod tests;
