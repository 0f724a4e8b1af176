//! Replacing a forked child by a program.

use std::ffi::OsStr;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::ptr::null;

/// Words for execve(2): owned C strings and the array of pointers to them.
#[derive(Debug)]
pub struct Words {
    // The pointers below point into these.
    words: Vec<CString>,
    pointers: Vec<*const libc::c_char>,
}

impl Words {
    /// Owns `words`, in order.
    pub fn new(words: Vec<CString>) -> Self {
        let pointers = words.iter().map(|word| word.as_ptr()).chain([null()]).collect();
        Self { words, pointers }
    }

    /// The same with `new` in the place of the word that starts with `prefix`.
    #[must_use]
    pub fn replacing(&self, prefix: &str, new: &CString) -> Self {
        let is_meant = |word: &CString| word.as_bytes().starts_with(prefix.as_bytes());
        Self::new(
            self.words.iter().map(|word| if is_meant(word) { new.clone() } else { word.clone() }).collect(),
        )
    }
}

/// A C string from a word of the command line, which cannot hold a NUL.
///
/// # Errors
/// There is a NUL in it all the same.
pub fn word(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(io::Error::other)
}

/// Becomes the program at `path`; returns only if that fails.
pub fn become_program(path: &CStr, argv: &Words, envp: &Words) -> io::Error {
    // SAFETY: the path is a C string, both arrays end with a null pointer and
    // point to C strings that `Words` owns.
    unsafe { libc::execve(path.as_ptr(), argv.pointers.as_ptr(), envp.pointers.as_ptr()) };
    io::Error::last_os_error()
}
