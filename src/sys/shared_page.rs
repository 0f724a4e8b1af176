//! A page of memory in which a child leaves a text for its parent.

use super::check;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, Ordering};

/// In bytes: one page, the smallest mapping.
const SIZE: usize = 4096;

/// A page that a process shares with the children it forks. The parent can read it
/// even after the child was killed.
///
/// Writing costs no system call and wakes no process.
#[derive(Debug)]
pub(crate) struct SharedPage {
    start: NonNull<AtomicU8>,
}

impl SharedPage {
    /// An empty page.
    ///
    /// # Errors
    /// ENOMEM.
    pub(crate) fn new() -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), SIZE, access, kind, -1, 0) };
        match NonNull::new(start.cast()) {
            Some(start) if start.cast().as_ptr() != libc::MAP_FAILED => Ok(Self { start }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn cells(&self) -> &[AtomicU8] {
        // SAFETY: the mapping is of that size, zeroed, and lives as long as
        // `self`; it is touched through atomics only, here and in the children.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), SIZE) }
    }

    /// Replaces the text by these parts, cut after 4095 bytes. A text that is read
    /// during the write, or whose writer was killed, may be partly old.
    pub(crate) fn write(&self, parts: &[&str]) {
        let bytes = parts.iter().flat_map(|part| part.bytes()).take(SIZE - 1);
        for (cell, byte) in self.cells().iter().zip(bytes.chain([0])) {
            cell.store(byte, Ordering::Relaxed);
        }
    }

    /// The text. Expect any bytes: the child that wrote it parses untrusted input.
    pub(crate) fn read(&self) -> Vec<u8> {
        self.cells().iter().map(|cell| cell.load(Ordering::Relaxed)).take_while(|byte| *byte != 0).collect()
    }
}

impl Drop for SharedPage {
    fn drop(&mut self) {
        // SAFETY: the mapping belongs to `self`, and no reference to it outlives that.
        let _ = check(unsafe { libc::munmap(self.start.as_ptr().cast(), SIZE) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::process::{Side, leave, wait_for};
    use crate::sys::signals::Inherited;

    #[test]
    fn tells_what_was_written_last() {
        let page = SharedPage::new().unwrap();
        assert_eq!(page.read(), b"");
        for text in ["a longer text", "short", "", "x"] {
            page.write(&[text]);
            assert_eq!(page.read(), text.as_bytes());
        }
        page.write(&["in ", "two"]);
        assert_eq!(page.read(), b"in two");
        page.write(&[&"x".repeat(5000), "y"]);
        assert_eq!(page.read(), [b'x'; 4095]);
    }

    #[test]
    fn tells_the_parent_what_a_child_wrote_that_is_gone() {
        let page = SharedPage::new().unwrap();
        match Inherited::of_a_test().fork().unwrap() {
            Side::Child => {
                page.write(&["from the child"]);
                leave(0);
            }
            Side::Parent(pid) => drop(wait_for(pid)),
        }
        assert_eq!(page.read(), b"from the child");
    }
}
