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
    fd: OwnedFd,
    stat: FileStat,
    path: PathBuf,
    remaining: Vec<CString>,
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
        let mut levels = vec![self.enter(fd.as_fd(), c".", self.path.to_owned())?];
        while let Some(level) = levels.last_mut() {
            if let Some(name) = level.remaining.pop() {
                let path = level.path.join(OsStr::from_bytes(name.to_bytes()));
                let below = self.enter_below(level, &name, &path)?;
                levels.extend(below);
            } else {
                self.change_one(level.fd.as_fd(), c"", &level.stat, &level.path)?;
                levels.pop();
            }
        }
        Ok(())
    }

    /// None for another mount, and for a directory that is gone by now.
    fn enter_below(&self, level: &Level, name: &CStr, path: &Path) -> Result<Option<Level>> {
        match open_below(level.fd.as_fd(), name, level.stat.st_dev) {
            Ok(fd) => self.list(fd, path.to_owned()).map(Some),
            Err(Errno::EXDEV) => {
                info!("--chown {}: skipping {}, which is another mount", self.path.display(), path.display());
                Ok(None)
            }
            // Removed or replaced meanwhile: whoever did that owns what is there.
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => Ok(None),
            Err(errno) => Err(self.failed(path, errno)),
        }
    }

    fn enter(&self, at: BorrowedFd<'_>, name: &CStr, path: PathBuf) -> Result<Level> {
        let fd = openat(at, name, DIRECTORY, Mode::empty()).map_err(|errno| self.failed(&path, errno))?;
        self.list(fd, path)
    }

    /// Changes everything in a directory except its directories, which it returns
    /// as remaining.
    fn list(&self, fd: OwnedFd, path: PathBuf) -> Result<Level> {
        let stat = self.stat(fd.as_fd())?;
        // A descriptor of its own, so that `fd` can be used during the reading.
        let copy = openat(&fd, c".", DIRECTORY, Mode::empty());
        let mut entries = copy.and_then(Dir::from_fd).map_err(|errno| self.failed(&path, errno))?;
        let mut remaining = Vec::new();
        for entry in entries.iter() {
            let entry = entry.map_err(|errno| self.failed(&path, errno))?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            if entry.file_type() == Some(Type::Directory)
                || self.change_file(fd.as_fd(), name, &stat, &path)?
            {
                remaining.push(name.to_owned());
            }
        }
        Ok(Level { fd, stat, path, remaining })
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
            Errno::EMFILE => "directories are nested deeper than the limit on open files; raise nofile",
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
