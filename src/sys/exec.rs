//! Executing a program in a forked child.

use std::ffi::OsStr;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::ptr::null;

/// An array of C strings for execve(2): the strings in one buffer, and the pointers
/// to them. Two allocations, however many strings there are.
#[derive(Debug)]
pub(crate) struct StringArray {
    // The pointers below point into these.
    bytes: Vec<u8>,
    pointers: Vec<*const libc::c_char>,
}

impl StringArray {
    /// Copies `strings`, in order.
    ///
    /// # Errors
    /// One contains a NUL byte.
    pub(crate) fn new<S: AsRef<[u8]>>(strings: impl IntoIterator<Item = S>) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let mut starts = Vec::new();
        for string in strings {
            let string = string.as_ref();
            if string.contains(&0) {
                return Err(io::Error::other("a NUL byte"));
            }
            starts.push(bytes.len());
            bytes.extend_from_slice(string);
            bytes.push(0);
        }
        bytes.shrink_to_fit();
        let pointers =
            starts.into_iter().map(|start| bytes[start..].as_ptr().cast()).chain([null()]).collect();
        Ok(Self { bytes, pointers })
    }

    /// The strings, without the NUL bytes at their ends.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|byte| *byte == 0).map(|string| &string[..string.len() - 1])
    }
}

/// A C string from an argument.
///
/// # Errors
/// It contains a NUL byte.
pub(crate) fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(io::Error::other)
}

/// Executes the program at `path`; returns only if that fails.
pub(crate) fn become_program(path: &CStr, argv: &StringArray, envp: &StringArray) -> io::Error {
    // SAFETY: the path is a C string, both arrays end with a null pointer and
    // point to C strings that `StringArray` owns.
    unsafe { libc::execve(path.as_ptr(), argv.pointers.as_ptr(), envp.pointers.as_ptr()) };
    io::Error::last_os_error()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_word_and_ends_the_array_with_null() {
        for strings in [&["a", "", "b c"][..], &[], &[""]] {
            let kept = StringArray::new(strings).unwrap();
            assert_eq!(
                kept.iter().collect::<Vec<_>>(),
                strings.iter().map(|string| string.as_bytes()).collect::<Vec<_>>()
            );
            assert_eq!(kept.pointers.len(), strings.len() + 1);
            assert!(kept.pointers.last().unwrap().is_null());
            // SAFETY: each points to a C string that `kept` owns.
            let read = |pointer: &*const libc::c_char| unsafe { CStr::from_ptr(*pointer) }.to_str().unwrap();
            assert_eq!(kept.pointers[..strings.len()].iter().map(read).collect::<Vec<_>>(), strings);
        }
        assert!(StringArray::new(["a\0b"]).is_err());
    }
}
