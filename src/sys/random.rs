//! Random numbers of the kernel.

use super::{check_long, uninterrupted};
use std::io;

/// Fills `bytes`. Needs no `/dev`, which a scratch image may not have.
///
/// # Errors
/// Those of getrandom(2).
pub(crate) fn fill(bytes: &mut [u8]) -> io::Result<()> {
    // Signals do not interrupt reads of up to this many bytes.
    const WHOLE: usize = 256;
    for piece in bytes.chunks_mut(WHOLE) {
        uninterrupted(|| {
            // SAFETY: `piece` is ours to write to, and its length is given.
            check_long(unsafe { libc::syscall(libc::SYS_getrandom, piece.as_mut_ptr(), piece.len(), 0) })
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn fills_all_of_it() {
        let mut bytes = [0; 1000];
        fill(&mut bytes).unwrap();
        assert!(bytes.chunks(100).all(|piece| piece.iter().any(|byte| *byte != 0)));
    }
}
