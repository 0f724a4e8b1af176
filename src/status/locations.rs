//! The locations of the status document, for its writer and its readers, and the
//! directory that hinit makes for it.

use super::namespace;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

/// hinit's own directory.
const RUNTIME_DIRECTORY: &str = "/run/hinit";

/// Where a reader searches for the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locations {
    /// The file that was requested. A document there answers for the app.
    pub(super) requested: Option<PathBuf>,
    /// Where else it may be.
    pub(super) others: Vec<PathBuf>,
}

impl Locations {
    /// This file and no other: another hinit of this machine must not answer for it.
    pub(crate) fn only(path: PathBuf) -> Self {
        Self { requested: Some(path), others: Vec::new() }
    }
}

/// The locations in the order in which they are tried: `requested` by
/// `$HINIT_STATUS_FILE`, then the default ones.
pub fn locations(requested: Option<&Path>) -> Locations {
    Locations { requested: requested.map(Path::to_path_buf), others: default_locations().into() }
}

/// The locations known to writer and reader.
///
/// /dev/shm is writable even with a read-only root. Several containers may share
/// it; the inode of the mount namespace in the name distinguishes them.
pub(crate) fn default_locations() -> [PathBuf; 3] {
    let namespace = namespace::inode(namespace::MOUNT).unwrap_or(0);
    [
        format!("{RUNTIME_DIRECTORY}/status.json"),
        format!("/dev/shm/hinit.{namespace}.json"),
        format!("/tmp/hinit.{namespace}.json"),
    ]
    .map(PathBuf::from)
}

/// Makes hinit's own directory for the user that hinit is about to become. To be
/// called as root, before the drop.
///
/// # Errors
/// A read-only root, no /run, or another file of that name.
pub(crate) fn make_runtime_directory(uid: u32, gid: u32) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o755).create(RUNTIME_DIRECTORY) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let directory = OpenOptions::new().read(true).custom_flags(flags).open(RUNTIME_DIRECTORY)?;
    fchown(&directory, Some(uid), Some(gid))
}
