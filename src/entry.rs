//! How the program enters the library: its `main` is the first function that
//! runs, before Rust's own startup would.

#[doc(hidden)]
pub use crate::sys::start::begin;

/// Makes `$main` (a `fn(&Start) -> i32`) the program's first function, after the
/// descriptors that `$first_leaked` (a [`crate::sys::start::FirstLeaked`]) names have been closed.
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
            $main(&unsafe { $crate::entry::begin(argc, argv, $first_leaked) })
        }
    };
}
