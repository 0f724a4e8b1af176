//! Capabilities of this thread, by raw calls that nix does not have.
//!
//! Unlike setresuid of a C library they change only the calling thread, so a
//! process that drops privileges with them must have only one.

use super::{check, check_long};
use std::io;
use std::os::fd::BorrowedFd;

/// The sets of capget(2), each a mask with bit N for capability N.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Capabilities {
    /// Those that the kernel checks.
    pub effective: u64,
    /// Those that may be made effective.
    pub permitted: u64,
    /// Those that may survive an exec.
    pub inheritable: u64,
}

/// The kernel's `_LINUX_CAPABILITY_VERSION_3`: 64 capabilities in two halves.
const VERSION_3: u32 = 0x2008_0522;

#[repr(C)]
struct Header {
    version: u32,
    /// 0 is the calling thread.
    pid: libc::c_int,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Half {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// The capabilities of this thread.
///
/// # Errors
/// EPERM or ENOSYS under a seccomp filter only.
pub(crate) fn capabilities() -> io::Result<Capabilities> {
    let mut header = Header { version: VERSION_3, pid: 0 };
    let mut halves = [Half::default(); 2];
    // SAFETY: version 3 makes the kernel write exactly two halves.
    check_long(unsafe { libc::syscall(libc::SYS_capget, &raw mut header, halves.as_mut_ptr()) })?;
    let [low, high] = halves;
    let join = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low);
    Ok(Capabilities {
        effective: join(low.effective, high.effective),
        permitted: join(low.permitted, high.permitted),
        inheritable: join(low.inheritable, high.inheritable),
    })
}

/// Sets the capabilities of this thread; the others are gone for good.
///
/// # Errors
/// EPERM for a capability that this thread may not have (capset(2)), ENOSYS
/// under a seccomp filter.
pub(crate) fn set_capabilities(wanted: Capabilities) -> io::Result<()> {
    let mut header = Header { version: VERSION_3, pid: 0 };
    let half = |shift: u32| {
        let cut = |set: u64| u32::try_from(set >> shift & u64::from(u32::MAX)).unwrap_or(0);
        Half {
            effective: cut(wanted.effective),
            permitted: cut(wanted.permitted),
            inheritable: cut(wanted.inheritable),
        }
    };
    let halves = [half(0), half(32)];
    // SAFETY: version 3 makes the kernel read exactly two halves.
    check_long(unsafe { libc::syscall(libc::SYS_capset, &raw mut header, halves.as_ptr()) }).map(drop)
}

fn ambient(operation: libc::c_int, capability: u32) -> io::Result<libc::c_int> {
    let (capability, none) = (libc::c_ulong::from(capability), 0 as libc::c_ulong);
    // SAFETY: prctl with numbers touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_CAP_AMBIENT, operation, capability, none, none) })
}

/// Empties the ambient set. A kernel before 4.3 has none, which is no error.
///
/// # Errors
/// EPERM or ENOSYS under a seccomp filter only.
pub(crate) fn drop_ambient() -> io::Result<()> {
    match ambient(libc::PR_CAP_AMBIENT_CLEAR_ALL, 0) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok(()),
        other => other.map(drop),
    }
}

/// Adds a capability, 0 to 63, to the ambient set, so that any exec keeps it. It
/// must be permitted and inheritable.
///
/// # Errors
/// EPERM if it is not, or the securebits forbid it; EINVAL before Linux 4.3.
pub(crate) fn raise_ambient(capability: u32) -> io::Result<()> {
    ambient(libc::PR_CAP_AMBIENT_RAISE, capability).map(drop)
}

/// The ambient set: the capabilities that any exec keeps. Empty before Linux 4.3.
///
/// # Errors
/// EPERM or ENOSYS under a seccomp filter only.
pub(crate) fn ambient_set() -> io::Result<u64> {
    read_set(|capability| ambient(libc::PR_CAP_AMBIENT_IS_SET, capability), 0)
}

/// The bounding set: the limit of what file capabilities can grant.
///
/// # Errors
/// EPERM or ENOSYS under a seccomp filter only.
pub(crate) fn bounding_set() -> io::Result<u64> {
    // SAFETY: prctl with numbers touches no memory of ours.
    let read = |capability| unsafe { libc::prctl(libc::PR_CAPBSET_READ, libc::c_ulong::from(capability)) };
    read_set(|capability: u32| check(read(capability)), 1)
}

/// Reads each capability. EINVAL means that this kernel has no further ones; it is
/// an error for the first `required` ones.
fn read_set(read: impl Fn(u32) -> io::Result<libc::c_int>, required: u32) -> io::Result<u64> {
    let mut set = 0;
    for capability in 0..64 {
        match read(capability) {
            Ok(value) => set |= u64::from(value != 0) << capability,
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) && capability >= required => break,
            Err(error) => return Err(error),
        }
    }
    Ok(set)
}

/// Removes one capability, 0 to 63, from the bounding set.
///
/// # Errors
/// EPERM without `CAP_SETPCAP`, EINVAL for a capability that does not exist.
pub(crate) fn drop_from_bounding_set(capability: u32) -> io::Result<()> {
    // SAFETY: prctl with numbers touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(capability)) }).map(drop)
}

/// Standard input, output and error, without the buffers of [`std::io::stdin`].
pub(crate) fn stdio() -> [BorrowedFd<'static>; 3] {
    // SAFETY: hinit never closes 0, 1 and 2; if one was closed at the start, a call
    // on it fails with EBADF.
    [0, 1, 2].map(|fd| unsafe { BorrowedFd::borrow_raw(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `Cap...:` line of /proc, which the kernel writes by another path.
    fn in_proc(name: &str) -> u64 {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        u64::from_str_radix(line.trim_start_matches(':').trim(), 16).unwrap()
    }

    #[test]
    fn reads_what_proc_shows() {
        let now = capabilities().unwrap();
        assert_eq!(now.effective, in_proc("CapEff"));
        assert_eq!(now.permitted, in_proc("CapPrm"));
        assert_eq!(now.inheritable, in_proc("CapInh"));
        assert_eq!(bounding_set().unwrap(), in_proc("CapBnd"));
        assert_eq!(ambient_set().unwrap(), in_proc("CapAmb"));
    }

    #[test]
    fn gives_up_everything_in_one_thread() {
        std::thread::spawn(|| {
            set_capabilities(Capabilities::default()).unwrap();
            drop_ambient().unwrap();
            assert_eq!(capabilities().unwrap(), Capabilities::default());
            assert_eq!(in_proc("CapPrm") | in_proc("CapAmb"), 0);
            if bounding_set().unwrap() & 1 != 0 {
                let refused = drop_from_bounding_set(0).unwrap_err();
                assert_eq!(refused.raw_os_error(), Some(libc::EPERM));
            }
        })
        .join()
        .unwrap();
    }
}
