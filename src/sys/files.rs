//! Files: locks, and exchanging names.

use super::{Pid, check, check_long};
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The kind of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// For one holder.
    Exclusive,
    /// For any number of readers.
    Shared,
}

/// Locks a file, without waiting, for as long as it is open (flock(2)).
///
/// # Errors
/// `WouldBlock`: it is locked. Others: the file system has no locks.
pub(crate) fn lock(file: &File, kind: Lock) -> io::Result<()> {
    let operation = if kind == Lock::Exclusive { libc::LOCK_EX } else { libc::LOCK_SH };
    // SAFETY: touches no memory of ours.
    check(unsafe { libc::flock(file.as_raw_fd(), operation | libc::LOCK_NB) }).map(drop)
}

/// Releases a lock, if it is held.
pub(crate) fn unlock(file: &File) {
    // SAFETY: touches no memory of ours.
    unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_UN) };
}

/// F_WRLCK in the type of its field (fcntl.h).
const WRITE_LOCK: libc::c_short = 1;

/// Claims a file for as long as this process lives, by a lock that its children do
/// not inherit (fcntl(2), `F_SETLK`). It is visible from other pid namespaces.
/// Closing any descriptor of the file releases it.
///
/// # Errors
/// EAGAIN: another process has it. ENOLCK and others: the file system has no such
/// locks.
pub(crate) fn claim(file: &File) -> io::Result<()> {
    let lock = whole_file();
    // SAFETY: `lock` is valid to read.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const lock) }).map(drop)
}

/// The other living process that has claimed this file by [`claim`]: its pid in
/// this pid namespace, or 0 if it is in another one. A read lock does not count: any
/// process that may read the file can take one.
pub(crate) fn claimant(file: &File) -> Option<Pid> {
    let mut lock = whole_file();
    // SAFETY: `lock` is valid to read and write.
    let result = check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETLK, &raw mut lock) });
    (result.is_ok() && lock.l_type == WRITE_LOCK).then_some(lock.l_pid)
}

fn whole_file() -> libc::flock {
    // SAFETY: a structure of numbers, and zero is valid for all of them: from the
    // start of the file to its end, however long it gets.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = WRITE_LOCK;
    lock
}

/// Exchanges the names of two files (renameat2(2)).
///
/// # Errors
/// One does not exist, or the kernel or the file system cannot do it (EINVAL,
/// ENOSYS).
pub(crate) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    let c_path = |path: &Path| CString::new(path.as_os_str().as_bytes());
    let (one, other) = (c_path(one)?, c_path(other)?);
    let here = libc::AT_FDCWD;
    let flags = libc::RENAME_EXCHANGE;
    // SAFETY: both are C strings that outlive the call.
    let result =
        unsafe { libc::syscall(libc::SYS_renameat2, here, one.as_ptr(), here, other.as_ptr(), flags) };
    check_long(result).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_write_lock_is_a_claim_and_a_read_lock_is_none() {
        use crate::sys::process::{Side, leave, own_pid, wait_for};
        use crate::sys::signals::Inherited;
        let path = std::env::temp_dir().join(format!("hinit-claimed-{}", std::process::id()));
        fs::write(&path, "").unwrap();
        let own = own_pid();
        let seen = |file: File| claimant(&file).map_or(0, |pid| if pid == own { 1 } else { 2 });
        let seen_by_another = || match Inherited::of_a_test().fork().unwrap() {
            Side::Child => leave(File::open(&path).map_or(3, seen)),
            Side::Parent(pid) => wait_for(pid).unwrap().code(),
        };
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let mut reading = whole_file();
        reading.l_type = 0;
        // SAFETY: `reading` is valid to read.
        check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const reading) }).unwrap();
        assert_eq!(seen_by_another(), 0);
        claim(&file).unwrap();
        assert_eq!(seen_by_another(), 1);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn exchanges_the_names_of_two_files() {
        let name =
            |which| std::env::temp_dir().join(format!("hinit-exchange-{which}-{}", std::process::id()));
        let (one, other) = (name("one"), name("other"));
        fs::write(&one, "1").unwrap();
        assert_eq!(exchange(&one, &other).unwrap_err().raw_os_error(), Some(libc::ENOENT));
        fs::write(&other, "2").unwrap();
        exchange(&one, &other).unwrap();
        let read = |path| fs::read_to_string(path).unwrap();
        assert_eq!((read(&one), read(&other)), ("2".into(), "1".into()));
        fs::remove_file(one).unwrap();
        fs::remove_file(other).unwrap();
    }
}
