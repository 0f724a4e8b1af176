//! The locations of the status document, for its writer and its readers, and the
//! directory that hinit makes for it.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

/// hinit's own directory.
const RUNTIME_DIRECTORY: &str = "/run/hinit";
const NAMESPACE: &str = "/proc/self/ns/mnt";

/// The locations in the order in which they are tried: `requested` by
/// `--status-file`, then the default ones.
pub fn locations(requested: Option<&Path>) -> Vec<PathBuf> {
    requested.map(Path::to_path_buf).into_iter().chain(default_locations()).collect()
}

/// The locations known to writer and reader.
///
/// /dev/shm is writable even with a read-only root. Several containers may share
/// it; the inode of the mount namespace in the name distinguishes them.
pub(crate) fn default_locations() -> [PathBuf; 3] {
    let namespace = fs::metadata(NAMESPACE).map_or(0, |metadata| metadata.ino());
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
