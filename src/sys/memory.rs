//! Giving back the memory that only the start needed.
//!
//! hinit lives as long as its container, and in most of them it never does
//! again what it did in its first millisecond.

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

/// Lets go of the pages of hinit's own file that are never written to: its code
/// and constants. What the loop needs of them comes back from the page cache,
/// page by page, which is a third of what the start had mapped.
pub fn forget_start_up_code() {
    // SAFETY: the callback is of the type that is wanted, and uses what it is
    // given before it returns.
    unsafe { libc::dl_iterate_phdr(Some(forget_segments), std::ptr::null_mut()) };
}

/// Of the first object, which is the program itself (dl_iterate_phdr(3)).
unsafe extern "C" fn forget_segments(
    object: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    _data: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: the C library gives a valid object with so many headers.
    let (base, headers) = unsafe {
        let object = &*object;
        (object.dlpi_addr, std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()))
    };
    for header in headers.iter().filter(|header| header.p_type == libc::PT_LOAD) {
        let is_written_to = header.p_flags & libc::PF_W != 0;
        if !is_written_to {
            forget_pages(base + header.p_vaddr, header.p_memsz);
        }
    }
    1
}

#[allow(clippy::cast_possible_truncation, reason = "addresses are as long as a usize")]
fn forget_pages(from: u64, length: u64) {
    let start = from as usize & !(PAGE - 1);
    let end = (from + length) as usize;
    // SAFETY: the mapping is private, of a file, and was never written to: what
    // is dropped is read again as it was.
    unsafe { libc::madvise(std::ptr::with_exposed_provenance_mut(start), end - start, libc::MADV_DONTNEED) };
}
