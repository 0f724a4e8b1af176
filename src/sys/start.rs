//! The first instructions: the program's `main`, before anything else runs.
//!
//! Rust's own startup is left out (`no_main`): it changes the disposition of
//! SIGPIPE, aborts without /dev/null, and costs start-up time. Signals are blocked
//! first, so that none is lost from here on (H1): the kernel discards a signal to
//! PID 1 that is neither blocked nor caught.

use super::{fds, signals};
use std::ffi::{CStr, OsString, c_char, c_int};
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStringExt;

/// How hinit was started.
#[derive(Debug)]
pub struct Start {
    /// Its arguments, its own name first. May be empty (CVE-2021-4034).
    pub args: Vec<OsString>,
    /// The signal state for the app.
    pub inherited: signals::Inherited,
}

/// The first leaked descriptor of a program that was called with these arguments:
/// it and all above it are closed. None closes nothing.
pub(crate) type FirstLeaked = fn(&[OsString]) -> Option<RawFd>;

/// Makes `$main` (a `fn(&Start) -> i32`) the program's first function, after the
/// descriptors that `$first_leaked` (a [`FirstLeaked`]) names have been closed.
#[macro_export]
macro_rules! entry_point {
    ($main:path, $first_leaked:path) => {
        #[allow(unsafe_code, missing_docs, clippy::not_unsafe_ptr_arg_deref)]
        // SAFETY: `main` is the name the C runtime calls; nothing else has it.
        #[unsafe(no_mangle)]
        pub extern "C" fn main(
            argc: std::ffi::c_int,
            argv: *const *const std::ffi::c_char,
        ) -> std::ffi::c_int {
            // SAFETY: these are the C runtime's own argc and argv, and this is
            // its first call: no other thread, nothing opened.
            $main(&unsafe { $crate::sys::start::begin(argc, argv, $first_leaked) })
        }
    };
}

/// Blocks all signals, fills closed standard descriptors, takes the arguments, and
/// closes leaked descriptors.
///
/// # Safety
/// `argv` must hold `argc` valid C strings, as the C runtime's does; there is
/// no other thread, and nothing has opened a descriptor.
pub unsafe fn begin(argc: c_int, argv: *const *const c_char, first_leaked: FirstLeaked) -> Start {
    // SAFETY: there is no other thread, as the caller promises.
    let inherited = unsafe { signals::block_all() };
    fds::fill_stdio();
    let count = usize::try_from(argc).unwrap_or(0);
    let argument = |index: usize| {
        // SAFETY: the caller promises `argc` valid C strings.
        unsafe { CStr::from_ptr(*argv.add(index)) }
    };
    let args: Vec<_> =
        (0..count).map(|index| OsString::from_vec(argument(index).to_bytes().to_vec())).collect();
    if let Some(first) = first_leaked(&args) {
        // SAFETY: nothing has opened a descriptor but the standard ones.
        unsafe { fds::close_from(first) };
    }
    Start { args, inherited }
}
