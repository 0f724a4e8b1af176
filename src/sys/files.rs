//! Files: locks, and names that change places.

use super::{check, check_long};
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// With whom a lock is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// With nobody.
    Only,
    /// With others that read.
    Reader,
}

/// Locks a file, without waiting, for as long as it is open (flock(2)).
///
/// # Errors
/// `WouldBlock`: somebody holds it. Else: the file system knows no locks.
pub fn lock(file: &File, how: Lock) -> io::Result<()> {
    let how = if how == Lock::Only { libc::LOCK_EX } else { libc::LOCK_SH };
    // SAFETY: touches no memory of ours.
    check(unsafe { libc::flock(file.as_raw_fd(), how | libc::LOCK_NB) }).map(drop)
}

/// Lets go of a lock; one that is not held is no matter.
pub fn unlock(file: &File) {
    // SAFETY: touches no memory of ours.
    unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_UN) };
}

/// F_WRLCK in the type of the field it is for (fcntl.h).
const WRITING: libc::c_short = 1;

/// Marks a file as this process's for as long as it lives, by a lock that its
/// children do not have (fcntl(2), `F_SETLK`): a sign of life that can be seen
/// from another pid namespace. Closing any descriptor of the file ends it.
///
/// # Errors
/// EAGAIN: somebody else has it. ENOLCK and others: no such locks there.
pub fn claim(file: &File) -> io::Result<()> {
    let lock = whole_file();
    // SAFETY: `lock` is valid to read.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const lock) }).map(drop)
}

/// Whether another living process has this file by [`claim`]. A lock to read is
/// none: whoever may read the file can have one.
pub fn is_claimed(file: &File) -> bool {
    let mut lock = whole_file();
    // SAFETY: `lock` is valid to read and write.
    let asked = check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETLK, &raw mut lock) });
    asked.is_ok() && lock.l_type == WRITING
}

fn whole_file() -> libc::flock {
    // SAFETY: a structure of numbers, for all of which zero has a meaning: from
    // the start of the file to its end, however long it gets.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = WRITING;
    lock
}

/// Lets two files of one directory change names (renameat2(2)): both stay.
///
/// # Errors
/// One is not there; the kernel or the file system cannot do it (EINVAL, ENOSYS).
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    let word = |path: &Path| CString::new(path.as_os_str().as_bytes());
    let (one, other) = (word(one)?, word(other)?);
    let here = libc::AT_FDCWD;
    let how = libc::RENAME_EXCHANGE;
    // SAFETY: both are C strings that outlive the call.
    let result = unsafe { libc::syscall(libc::SYS_renameat2, here, one.as_ptr(), here, other.as_ptr(), how) };
    check_long(result).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_lock_of_somebody_who_may_only_read_claims_nothing() {
        use crate::sys::process::{Side, leave, wait_for};
        use crate::sys::signals::Inherited;
        let path = std::env::temp_dir().join(format!("hinit-claimed-{}", std::process::id()));
        fs::write(&path, "").unwrap();
        let seen_by_another = || match Inherited::of_a_test().fork().unwrap() {
            Side::Child => leave(File::open(&path).map_or(2, |file| i32::from(is_claimed(&file)))),
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
    fn two_files_change_names_and_both_stay() {
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
