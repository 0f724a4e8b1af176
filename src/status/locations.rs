//! The locations of the status document, for its writer and its readers, and the
//! directory that hinit makes for it.

use super::namespace;
use crate::sys::process;
use nix::dir::Dir;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// hinit's own directory.
const RUNTIME_DIRECTORY: &str = "/run/hinit";
/// Any user may read the status.
const MODE: u32 = 0o755;

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
/// called before the drop. An existing one is given to that user only if it is an
/// empty directory of this user, usually root: whoever can write to /run may have
/// moved another directory there.
///
/// # Errors
/// A read-only root, no /run, no permission, or another file of that name.
pub(crate) fn make_runtime_directory(uid: u32, gid: u32) -> io::Result<()> {
    make_directory(Path::new(RUNTIME_DIRECTORY), uid, gid)
}

fn make_directory(path: &Path, uid: u32, gid: u32) -> io::Result<()> {
    let made = match fs::DirBuilder::new().mode(MODE).create(path) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let directory = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let found = directory.metadata()?;
    if made && found.mode() & 0o777 != MODE {
        directory.set_permissions(Permissions::from_mode(MODE))?;
    }
    if found.uid() == uid {
        return Ok(());
    }
    if found.uid() != process::own_user() || !is_empty(&directory)? {
        let why =
            format!("it is not an empty directory of user {}, so it keeps its owner", process::own_user());
        return Err(io::Error::new(ErrorKind::AlreadyExists, why));
    }
    fchown(&directory, Some(uid), Some(gid))
}

/// By the descriptor, since the name may lead elsewhere by now.
fn is_empty(directory: &File) -> io::Result<bool> {
    let mut entries = Dir::from_fd(OwnedFd::from(directory.try_clone()?))?;
    Ok(entries.iter().flatten().all(|entry| [c".", c".."].contains(&entry.file_name())))
}

#[cfg(test)]
#[allow(clippy::print_stdout)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A path in a directory of its own for one test, if this test runs as root.
    fn path(name: &str) -> Option<PathBuf> {
        if process::own_user() != 0 {
            crate::skipped::skip("the owner of hinit's directory", "only root can give one away");
            return None;
        }
        let directory = std::env::temp_dir().join(format!("hinit-locations-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir(&directory).unwrap();
        Some(directory.join("hinit"))
    }

    fn owner(path: &Path) -> (u32, u32, u32) {
        let found = fs::symlink_metadata(path).unwrap();
        (found.uid(), found.gid(), found.mode() & 0o777)
    }

    #[test]
    fn a_new_directory_and_an_empty_one_of_root_belong_to_the_user() {
        let Some(path) = path("given") else { return };
        make_directory(&path, 10_001, 10_002).unwrap();
        assert_eq!(owner(&path), (10_001, 10_002, 0o755));
        make_directory(&path, 10_001, 10_002).unwrap();
        fs::remove_dir(&path).unwrap();
        fs::create_dir(&path).unwrap();
        make_directory(&path, 10_001, 10_002).unwrap();
        assert_eq!(owner(&path).0, 10_001);
    }

    /// The app of an earlier run can have moved any directory to that name.
    #[test]
    fn nothing_else_changes_its_owner() {
        let Some(path) = path("kept") else { return };
        fs::create_dir(&path).unwrap();
        fs::write(path.join("secret"), "").unwrap();
        assert!(make_directory(&path, 10_001, 10_001).unwrap_err().to_string().contains("empty directory"));
        assert_eq!(owner(&path).0, 0);
        fs::remove_file(path.join("secret")).unwrap();
        std::os::unix::fs::chown(&path, Some(10_002), None).unwrap();
        make_directory(&path, 10_001, 10_001).unwrap_err();
        assert_eq!(owner(&path).0, 10_002);
        fs::rename(&path, path.with_file_name("other")).unwrap();
        std::os::unix::fs::symlink("other", &path).unwrap();
        make_directory(&path, 10_002, 10_001).unwrap_err();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "").unwrap();
        make_directory(&path, 10_001, 10_001).unwrap_err();
        assert_eq!(owner(&path).0, 0);
    }
}
