//! `--chown`: changes the owner of a path and all that is in it to the user, as
//! `chown -R` in an entrypoint script does, but safely: a process that can write
//! there cannot redirect it to other files.
//!
//! - No symbolic link is followed, neither on the way to the path nor below it.
//!   Each step is relative to an open directory, so that nothing can be swapped
//!   between a check and a change. (Planted hard links are prevented by the
//!   kernel's `fs.protected_hardlinks`.)
//! - It stays on the path's own mount. Another volume that is mounted below it
//!   has its own owner and may be read-only; it can be named too.
//! - Files that the user already owns are not touched: a start with nothing to
//!   do writes nothing, also on a read-only mount.
//! - A directory is changed after its contents.
//! - However deep the tree is, one directory is open at a time. The way back is
//!   `..`, and what is there must be the directory that the walk came from, as
//!   fts(3) does it.

use crate::error::{Error, Result};
use crate::identity::Account;
use log::{info, warn};
use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};
use nix::unistd::{Gid, Uid, fchownat, geteuid};
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Changes the owner of `path` and all in it to the account's user and group.
///
/// Without root hinit cannot do that. It then only warns if the owner is another
/// one, since the volume may be writable all the same (`fsGroup`).
///
/// # Errors
/// The path does not exist, leads through a symbolic link, is the root
/// directory, or something in it cannot be changed.
pub(crate) fn change_tree(path: &Path, account: &Account) -> Result<()> {
    let walk = Walk { path, owner: Uid::from_raw(account.uid), group: Gid::from_raw(account.gid) };
    let (fd, stat) = walk.find()?;
    if geteuid().is_root() {
        return walk.change_all(&fd, &stat);
    }
    if !walk.is_theirs(&stat) {
        warn!(
            "--chown {}: it belongs to {}:{}, and hinit was not started as root",
            path.display(),
            stat.st_uid,
            stat.st_gid
        );
    }
    Ok(())
}

struct Walk<'a> {
    path: &'a Path,
    owner: Uid,
    group: Gid,
}

/// A directory whose files are done, and the directories in it that are not.
struct Level {
    stat: FileStat,
    remaining: Vec<CString>,
}

/// Where the walk is: an open directory, its path, and the levels down to it.
struct Position {
    fd: OwnedFd,
    path: PathBuf,
    levels: Vec<Level>,
}

impl Walk<'_> {
    /// Opens the path one component after the other.
    fn find(&self) -> Result<(OwnedFd, FileStat)> {
        let start = if self.path.is_absolute() { "/" } else { "." };
        let mut fd = open_component(AT_FDCWD, start).map_err(|errno| self.not_found(errno))?;
        for component in self.path.components() {
            let name = match component {
                Component::Normal(name) => name,
                Component::ParentDir => OsStr::new(".."),
                Component::RootDir | Component::CurDir | Component::Prefix(_) => continue,
            };
            fd = open_component(fd.as_fd(), name).map_err(|errno| self.not_found(errno))?;
            if is(&self.stat(fd.as_fd())?, SFlag::S_IFLNK) {
                return Err(self.is_a_link());
            }
        }
        let stat = self.stat(fd.as_fd())?;
        let root = fstatat(AT_FDCWD, "/", AtFlags::empty()).map_err(|errno| self.not_found(errno))?;
        if (stat.st_dev, stat.st_ino) == (root.st_dev, root.st_ino) {
            return Err(self.error("it is the root directory", "write the volumes that the app writes to"));
        }
        Ok((fd, stat))
    }

    fn change_all(&self, fd: &OwnedFd, stat: &FileStat) -> Result<()> {
        if !is(stat, SFlag::S_IFDIR) {
            return self.change_one(fd.as_fd(), c"", stat, self.path);
        }
        let top =
            openat(fd, c".", DIRECTORY, Mode::empty()).map_err(|errno| self.failed(self.path, errno))?;
        let levels = vec![self.list(&top, self.path)?];
        let mut position = Position { fd: top, path: self.path.to_owned(), levels };
        while let Some(level) = position.levels.last_mut() {
            match level.remaining.pop() {
                Some(name) => self.enter(&mut position, &name)?,
                None => self.leave(&mut position)?,
            }
        }
        Ok(())
    }

    /// Goes down, except into another mount and into a directory that is gone by now.
    fn enter(&self, position: &mut Position, name: &CStr) -> Result<()> {
        let Some(above) = position.levels.last() else { return Ok(()) };
        let path = position.path.join(OsStr::from_bytes(name.to_bytes()));
        match open_below(position.fd.as_fd(), name, above.stat.st_dev) {
            Ok(fd) => {
                position.levels.push(self.list(&fd, &path)?);
                (position.fd, position.path) = (fd, path);
            }
            Err(Errno::EXDEV) => {
                info!("--chown {}: skipping {}, which is another mount", self.path.display(), path.display());
            }
            // Removed or replaced meanwhile: whoever did that owns what is there.
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => {}
            Err(errno) => return Err(self.failed(&path, errno)),
        }
        Ok(())
    }

    /// Changes a directory whose contents are done, and goes up.
    fn leave(&self, position: &mut Position) -> Result<()> {
        let Some(done) = position.levels.pop() else { return Ok(()) };
        self.change_one(position.fd.as_fd(), c"", &done.stat, &position.path)?;
        if let Some(above) = position.levels.last() {
            position.fd = self.parent(position.fd.as_fd(), &above.stat, &position.path)?;
            position.path.pop();
        }
        Ok(())
    }

    /// The directory that the walk came from, which `..` is unless somebody has moved
    /// the directory.
    fn parent(&self, fd: BorrowedFd<'_>, expected: &FileStat, path: &Path) -> Result<OwnedFd> {
        let parent = open_below(fd, c"..", expected.st_dev).map_err(|errno| self.failed(path, errno))?;
        let found = self.stat(parent.as_fd())?;
        if (found.st_dev, found.st_ino) == (expected.st_dev, expected.st_ino) {
            return Ok(parent);
        }
        let why = format!("{}: it was moved meanwhile", path.display());
        Err(self.error(&why, "start the container when nobody else changes the volume"))
    }

    /// Changes everything in a directory except its directories, which it returns
    /// as remaining.
    fn list(&self, fd: &OwnedFd, path: &Path) -> Result<Level> {
        let stat = self.stat(fd.as_fd())?;
        // A descriptor of its own, so that `fd` can be used during the reading.
        let copy = openat(fd, c".", DIRECTORY, Mode::empty());
        let mut entries = copy.and_then(Dir::from_fd).map_err(|errno| self.failed(path, errno))?;
        let mut remaining = Vec::new();
        for entry in entries.iter() {
            let entry = entry.map_err(|errno| self.failed(path, errno))?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            if entry.file_type() == Some(Type::Directory)
                || self.change_file(fd.as_fd(), name, &stat, path)?
            {
                remaining.push(name.to_owned());
            }
        }
        Ok(Level { stat, remaining })
    }

    /// Whether it is a directory after all, and so remaining.
    fn change_file(
        &self,
        at: BorrowedFd<'_>,
        name: &CStr,
        directory: &FileStat,
        path: &Path,
    ) -> Result<bool> {
        let path = path.join(OsStr::from_bytes(name.to_bytes()));
        let stat = match fstatat(at, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Err(Errno::ENOENT) => return Ok(false),
            stat => stat.map_err(|errno| self.failed(&path, errno))?,
        };
        if is(&stat, SFlag::S_IFDIR) {
            return Ok(true);
        }
        if !self.is_theirs(&stat) && !is_mounted(at, name, &stat, directory) {
            self.change_one(at, name, &stat, &path)?;
        }
        Ok(false)
    }

    /// `name` in `at`, or `at` itself if that is empty.
    fn change_one(&self, at: BorrowedFd<'_>, name: &CStr, stat: &FileStat, path: &Path) -> Result<()> {
        if self.is_theirs(stat) {
            return Ok(());
        }
        let flags = AtFlags::AT_SYMLINK_NOFOLLOW | AtFlags::AT_EMPTY_PATH;
        match fchownat(at, name, Some(self.owner), Some(self.group), flags) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(self.failed(path, errno)),
        }
    }

    fn is_theirs(&self, stat: &FileStat) -> bool {
        (stat.st_uid, stat.st_gid) == (self.owner.as_raw(), self.group.as_raw())
    }

    fn stat(&self, fd: BorrowedFd<'_>) -> Result<FileStat> {
        fstat(fd).map_err(|errno| self.failed(self.path, errno))
    }

    fn not_found(&self, errno: Errno) -> Error {
        self.error(errno.desc(), "make it in the image (mkdir), or mount a volume there")
    }

    fn is_a_link(&self) -> Error {
        let real = std::fs::canonicalize(self.path).map(|real| real.display().to_string());
        let real = real.unwrap_or_else(|_| "a path without links".to_owned());
        self.error("it leads through a symbolic link, which is not followed", &format!("write {real}"))
    }

    fn failed(&self, path: &Path, errno: Errno) -> Error {
        let next = match errno {
            Errno::EROFS => "mount it writable, or leave --chown out if the user only reads it",
            Errno::EPERM | Errno::EACCES => {
                "add CHOWN and DAC_OVERRIDE to the container's capabilities, or set the owner of the volume outside"
            }
            Errno::EINVAL => "this user namespace does not map the user; write one that it maps",
            Errno::EMFILE => "raise the limit on open files (docker run --ulimit nofile=1024)",
            _ => "set its owner outside of the container and leave --chown out",
        };
        let inside = if path == self.path { String::new() } else { format!("{}: ", path.display()) };
        self.error(&format!("{inside}{}", errno.desc()), next)
    }

    fn error(&self, why: &str, next: &str) -> Error {
        Error::with_fix(&format!("--chown {}", self.path.display()), why, next)
    }
}

const DIRECTORY: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_NONBLOCK)
    .union(OFlag::O_CLOEXEC);

/// Opens a component of the path without following it if it is a link, and
/// without reading it.
fn open_component<N: ?Sized + nix::NixPath>(at: BorrowedFd<'_>, name: &N) -> nix::Result<OwnedFd> {
    openat(at, name, OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC, Mode::empty())
}

/// Opens a directory on the same mount; EXDEV for one on another.
fn open_below(at: BorrowedFd<'_>, name: &CStr, device: u64) -> nix::Result<OwnedFd> {
    let how = OpenHow::new().flags(DIRECTORY).resolve(ResolveFlag::RESOLVE_NO_XDEV);
    match openat2(at, name, how) {
        // Before Linux 5.6, or with a seccomp filter: compare the device, which
        // does not distinguish two mounts of the same one.
        Err(Errno::ENOSYS | Errno::EPERM) => {
            let fd = openat(at, name, DIRECTORY, Mode::empty())?;
            if fstat(&fd)?.st_dev == device { Ok(fd) } else { Err(Errno::EXDEV) }
        }
        opened => opened,
    }
}

/// Whether a file is itself a mount point, as a secret or a socket may be.
fn is_mounted(at: BorrowedFd<'_>, name: &CStr, stat: &FileStat, directory: &FileStat) -> bool {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_NO_XDEV);
    match openat2(at, name, how) {
        Err(Errno::EXDEV) => true,
        Err(Errno::ENOSYS | Errno::EPERM) => stat.st_dev != directory.st_dev,
        Ok(_) | Err(_) => false,
    }
}

fn is(stat: &FileStat, kind: SFlag) -> bool {
    stat.st_mode & SFlag::S_IFMT.bits() == kind.bits()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Somebody who moves a directory during the walk must not lead it elsewhere.
    #[test]
    fn the_way_up_is_only_the_directory_that_the_walk_came_from() {
        let root = std::env::temp_dir().join(format!("hinit-chown-up-{}", std::process::id()));
        fs::create_dir_all(root.join("data/below")).unwrap();
        fs::create_dir(root.join("outside")).unwrap();
        let walk = Walk { path: &root, owner: Uid::from_raw(1), group: Gid::from_raw(1) };
        let open = |name: &str| openat(AT_FDCWD, &root.join(name), DIRECTORY, Mode::empty()).unwrap();
        let (data, below) = (fstat(open("data")).unwrap(), open("data/below"));
        let up = || walk.parent(below.as_fd(), &data, &root.join("data/below"));
        assert!(up().is_ok());
        fs::rename(root.join("data/below"), root.join("outside/below")).unwrap();
        let error = up().unwrap_err().to_string();
        assert!(error.contains("below: it was moved meanwhile; "), "{error}");
        fs::remove_dir_all(&root).unwrap();
    }
}
