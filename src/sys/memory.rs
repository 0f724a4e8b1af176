//! Giving back the memory that only the start needed.
//!
//! hinit lives as long as its container, and in most of them it never does
//! again what it did in its first millisecond.

use std::fs::File;
use std::io::Read;

const PAGE: usize = 4096;
/// One read gives whole lines, as many as a page holds. hinit has ten, and what
/// is not there counts as memory.
const MAPS: &str = "/proc/self/maps";

/// Drops the pages of hinit's own file that are never written to: its code and
/// constants. What the loop needs of them is mapped again from the page cache.
///
/// VmRSS of an idle hinit is 408 kB with this and 1062 without, of hinit-slim 396
/// and 636; of a file that was not in the page cache 348 and 838, 336 and 632
/// (x86_64 dist builds, medians of 8 starts). It costs 1,300 bytes of the file.
///
/// Only if /proc says that they are a file's: a packer (UPX) unpacks a program
/// into memory of its own, which would come back as zeros.
pub(crate) fn forget_start_up_code() {
    // On the stack: freeing a string would map code again that has just been dropped
    // (VmRSS 484 kB and not 408). Anonymous memory is the same.
    let mut buffer = [0; PAGE];
    let Ok(length) = File::open(MAPS).and_then(|mut file| file.read(&mut buffer)) else { return };
    let Ok(mut data) = std::str::from_utf8(&buffer[..length]) else { return };
    // SAFETY: the callback is of the type that is wanted, and uses `data`, which
    // outlives the call, as what it is.
    unsafe { libc::dl_iterate_phdr(Some(forget_segments), (&raw mut data).cast()) };
}

/// Of the first object, which is the program itself (dl_iterate_phdr(3)).
unsafe extern "C" fn forget_segments(
    object: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    maps: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: the C library gives a valid object with so many headers, and hands
    // on the pointer to a `&str` that it was given.
    let (base, headers, maps) = unsafe {
        let object = &*object;
        let headers = std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into());
        (object.dlpi_addr, headers, *maps.cast::<&str>())
    };
    for header in headers.iter().filter(|header| header.p_type == libc::PT_LOAD) {
        let is_written_to = header.p_flags & libc::PF_W != 0;
        let start = (base + header.p_vaddr) & !(PAGE as u64 - 1);
        let end = base + header.p_vaddr + header.p_memsz;
        if !is_written_to && is_of_a_file(maps, start, end) {
            forget_pages(start, end);
        }
    }
    1
}

#[allow(clippy::cast_possible_truncation, reason = "addresses are as long as a usize")]
fn forget_pages(start: u64, end: u64) {
    let length = (end - start) as usize;
    // SAFETY: the mapping is private, of a file, and was never written to: what
    // is dropped is read again as it was.
    unsafe {
        libc::madvise(std::ptr::with_exposed_provenance_mut(start as usize), length, libc::MADV_DONTNEED)
    };
}

/// Whether one private mapping of a file that nobody may write to holds all of
/// this, by proc_pid_maps(5).
fn is_of_a_file(maps: &str, start: u64, end: u64) -> bool {
    let holds = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let (from, to) = fields.next()?.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        let is_inside = number(from)? <= start && end <= number(to)?;
        let access = fields.next()?.as_bytes();
        let is_own = access.get(1) == Some(&b'-') && access.get(3) == Some(&b'p');
        Some(is_inside && is_own && fields.nth(2)? != "0")
    };
    maps.lines().any(|line| holds(line) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_mapped_file_from_memory() {
        let maps = "\
7f0000000000-7f0000020000 r--p 00000000 fe:00 6250718                    /hinit
7f0000020000-7f0000100000 r-xp 00020000 fe:00 6250718                    /hinit
7f0000100000-7f0000108000 rw-p 00122000 fe:00 6250718                    /hinit
7f0000200000-7f0000300000 r-xp 00000000 00:00 0
7f0000300000-7f0000301000 r--s 00000000 fe:00 7                          /shared
";
        let table = [
            (0x7f00_0000_0000, 0x7f00_0002_0000, true),
            (0x7f00_0002_0000, 0x7f00_000f_ff00, true),
            (0x7f00_0000_0000, 0x7f00_0002_1000, false),
            (0x7f00_0010_0000, 0x7f00_0010_1000, false),
            (0x7f00_0020_0000, 0x7f00_0020_1000, false),
            (0x7f00_0030_0000, 0x7f00_0030_1000, false),
            (0x6000_0000_0000, 0x6000_0000_1000, false),
        ];
        for (start, end, expected) in table {
            assert_eq!(is_of_a_file(maps, start, end), expected, "{start:x}");
        }
        assert!(!is_of_a_file("nonsense\n\n- x", 0, 1));
    }

    #[test]
    fn goes_on_without_the_pages_it_has_let_go() {
        forget_start_up_code();
        assert_eq!(format!("{:?}", [1, 2]), "[1, 2]");
    }
}
