//! Giving back the memory that only the start needed.

use std::hint::black_box;

/// Room for the frames of this function and of those that called it last.
const KEPT: usize = 8 * 1024;
/// More than any start-up touches (36 KiB measured), within the 132 KiB that
/// the kernel maps for a new stack.
const LOOKED_AT: usize = 96 * 1024;
const PAGE: usize = 4096;

/// Lets the kernel have the stack pages below the caller's frames again.
///
/// Reading the command line and preparing the start goes deep once; the loop
/// after it needs two pages. That is 20 of 84 kB of anonymous memory for as
/// long as the container lives.
pub fn forget_unused_stack() {
    let marker = 0u8;
    let here = black_box(&raw const marker).addr();
    let end = (here - KEPT) & !(PAGE - 1);
    let start = end - LOOKED_AT;
    // SAFETY: the range lies below every live frame of the only thread, whose
    // stack grows downwards; what is there is never read again before it is
    // written. A part that is not mapped is refused without harm (ENOMEM).
    unsafe { libc::madvise(std::ptr::without_provenance_mut(start), end - start, libc::MADV_DONTNEED) };
}
