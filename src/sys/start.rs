//! The first instructions: the program's `main`, before anything else runs.
//!
//! Rust's own startup is left out (`no_main`), since it changes the
//! disposition of SIGPIPE, aborts without /dev/null, and costs start-up time.
//! Signals are blocked first of all, so that none is lost from here on (H1): as
//! PID 1 the kernel throws away what is neither blocked nor caught.

use super::{fds, signals};
use std::ffi::{CStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStringExt;

/// How hinit was started.
#[derive(Debug)]
pub struct Start {
    /// The words it was called with, its own name first. May be empty
    /// (CVE-2021-4034).
    pub args: Vec<OsString>,
    /// The signal state to hand on to the app.
    pub inherited: signals::Inherited,
}

/// Makes `$main` (a `fn(&Start) -> i32`) the program's first function.
#[macro_export]
macro_rules! entry_point {
    ($main:path) => {
        #[allow(unsafe_code, missing_docs, clippy::not_unsafe_ptr_arg_deref)]
        // SAFETY: `main` is the name the C runtime calls; nothing else has it.
        #[unsafe(no_mangle)]
        pub extern "C" fn main(
            argc: std::ffi::c_int,
            argv: *const *const std::ffi::c_char,
        ) -> std::ffi::c_int {
            // SAFETY: these are the C runtime's own argc and argv.
            $main(&unsafe { $crate::sys::start::begin(argc, argv) })
        }
    };
}

/// Blocks all signals, fills closed standard descriptors, takes the words.
///
/// # Safety
/// `argv` must hold `argc` valid C strings, as the C runtime's does.
pub unsafe fn begin(argc: c_int, argv: *const *const c_char) -> Start {
    let inherited = signals::block_all();
    fds::fill_stdio();
    let count = usize::try_from(argc).unwrap_or(0);
    let word = |index: usize| {
        // SAFETY: the caller promises `argc` valid C strings.
        unsafe { CStr::from_ptr(*argv.add(index)) }
    };
    let args = (0..count).map(|index| OsString::from_vec(word(index).to_bytes().to_vec())).collect();
    Start { args, inherited }
}
