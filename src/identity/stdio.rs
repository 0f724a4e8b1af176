//! Makes the app's user the owner of the standard streams.
//!
//! `> /dev/stdout` opens the file again, and the pipe that the engine made belongs
//! to root: after a drop by gosu, su-exec or setpriv this fails with EACCES.

use crate::sys::creds;
use nix::errno::Errno;
use nix::sys::stat::{FileStat, SFlag, fstat, major};
use nix::unistd::{Uid, fchown};
use std::os::fd::AsRawFd;

/// Makes `uid` the owner of standard streams that are pipes or pseudo-terminals of
/// root. A failure does not stop the drop.
pub(super) fn change_owner(uid: u32) {
    let mut is_denied = false;
    for stream in creds::stdio() {
        let is_roots = fstat(stream).is_ok_and(|stat| is_roots_stream(&stat));
        let changed = if is_roots { fchown(stream, Some(Uid::from_raw(uid)), None) } else { Ok(()) };
        match changed {
            // A read-only mount, an unmapped uid.
            Ok(()) | Err(Errno::EROFS | Errno::EINVAL) => {}
            Err(Errno::EPERM) => is_denied |= stream.as_raw_fd() != libc::STDIN_FILENO,
            Err(errno) => log::warn!("cannot change the owner of a standard stream: {}", errno.desc()),
        }
    }
    if is_denied {
        // No warning: gosu and su-exec say nothing of it.
        log::info!(
            "uid {uid} cannot open /dev/stdout and /dev/stderr, which stay root's for want of CAP_CHOWN; add CHOWN \
             to the container's capabilities if the app opens them"
        );
    }
}

/// Devices are identified by number, never by path (CVE-2025-31133). /dev/null,
/// which all processes share, is 1:3 and so not a pseudo-terminal.
fn is_roots_stream(stat: &FileStat) -> bool {
    const PSEUDO_TERMINALS: std::ops::RangeInclusive<u64> = 136..=143;
    let kind = SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits());
    let is_pty = kind == SFlag::S_IFCHR && PSEUDO_TERMINALS.contains(&major(stat.st_rdev));
    stat.st_uid == 0 && (kind == SFlag::S_IFIFO || is_pty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::{makedev, stat};

    fn file(kind: SFlag, uid: u32, rdev: (u64, u64)) -> FileStat {
        let mut file = stat("/").unwrap();
        file.st_mode = kind.bits() | 0o600;
        file.st_uid = uid;
        file.st_rdev = makedev(rdev.0, rdev.1);
        file
    }

    #[test]
    fn pipes_and_pseudo_terminals_of_root_change_their_owner() {
        assert!(is_roots_stream(&file(SFlag::S_IFIFO, 0, (0, 0))));
        assert!(is_roots_stream(&file(SFlag::S_IFCHR, 0, (136, 0))));
    }

    #[test]
    fn other_files_keep_their_owner() {
        let table = [
            ("a pipe of someone else", file(SFlag::S_IFIFO, 1000, (0, 0))),
            ("a terminal of someone else", file(SFlag::S_IFCHR, 1000, (136, 0))),
            ("/dev/null", file(SFlag::S_IFCHR, 0, (1, 3))),
            ("the console", file(SFlag::S_IFCHR, 0, (5, 1))),
            ("a regular file", file(SFlag::S_IFREG, 0, (0, 0))),
            ("a socket", file(SFlag::S_IFSOCK, 0, (0, 0))),
            ("a block device", file(SFlag::S_IFBLK, 0, (136, 0))),
        ];
        for (what, stat) in table {
            assert!(!is_roots_stream(&stat), "{what}");
        }
    }
}
