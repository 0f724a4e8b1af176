//! Replacing a forked child by a program.

use std::ffi::OsStr;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::ptr::null;

/// StringArray for execve(2): C strings one behind the other, and the array of
/// pointers to them. Two pieces of memory, however many words there are.
#[derive(Debug)]
pub struct StringArray {
    // The pointers below point into these.
    bytes: Vec<u8>,
    pointers: Vec<*const libc::c_char>,
}

impl StringArray {
    /// Copies `words`, in order.
    ///
    /// # Errors
    /// One holds a NUL.
    pub fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let mut starts = Vec::new();
        for word in words {
            let word = word.as_ref();
            if word.contains(&0) {
                return Err(io::Error::other("a NUL byte"));
            }
            starts.push(bytes.len());
            bytes.extend_from_slice(word);
            bytes.push(0);
        }
        bytes.shrink_to_fit();
        let pointers =
            starts.into_iter().map(|start| bytes[start..].as_ptr().cast()).chain([null()]).collect();
        Ok(Self { bytes, pointers })
    }

    /// The words, without their ends.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|byte| *byte == 0).map(|word| &word[..word.len() - 1])
    }
}

/// A C string from a word of the command line, which cannot hold a NUL.
///
/// # Errors
/// There is a NUL in it all the same.
pub fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(io::Error::other)
}

/// Becomes the program at `path`; returns only if that fails.
pub fn become_program(path: &CStr, argv: &StringArray, envp: &StringArray) -> io::Error {
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
        for words in [&["a", "", "b c"][..], &[], &[""]] {
            let kept = StringArray::new(words).unwrap();
            assert_eq!(
                kept.iter().collect::<Vec<_>>(),
                words.iter().map(|w| w.as_bytes()).collect::<Vec<_>>()
            );
            assert_eq!(kept.pointers.len(), words.len() + 1);
            assert!(kept.pointers.last().unwrap().is_null());
            // SAFETY: each points to a C string that `kept` owns.
            let read = |pointer: &*const libc::c_char| unsafe { CStr::from_ptr(*pointer) }.to_str().unwrap();
            assert_eq!(kept.pointers[..words.len()].iter().map(read).collect::<Vec<_>>(), words);
        }
        assert!(StringArray::new(["a\0b"]).is_err());
    }
}
