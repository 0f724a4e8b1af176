//! Namespaces of this process (namespaces(7)).

use std::fs;
use std::os::unix::fs::MetadataExt;

/// The mount namespace.
pub(super) const MOUNT: &str = "/proc/self/ns/mnt";
/// The pid namespace.
pub(super) const PID: &str = "/proc/self/ns/pid";

/// The inode that identifies a namespace. None without /proc, and if two looks
/// differ: gVisor makes up a new inode at each look, which identifies nothing.
pub(super) fn inode(path: &str) -> Option<u64> {
    stable(|| fs::metadata(path).ok().map(|metadata| metadata.ino()))
}

fn stable(mut look: impl FnMut() -> Option<u64>) -> Option<u64> {
    look().filter(|first| look() == Some(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_identified_by_an_inode_that_stays() {
        assert!(inode(PID).is_some());
        assert_eq!(inode(PID), inode(PID));
        assert_eq!(inode("/proc/self/ns/no-such-namespace"), None);
    }

    #[test]
    fn an_inode_that_changes_at_each_look_identifies_nothing() {
        let mut next = 247..;
        assert_eq!(stable(|| next.next()), None);
    }
}
