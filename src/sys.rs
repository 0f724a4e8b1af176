//! System calls: thin, safe wrappers. The only module with unsafe code.
//!
//! Each function does one thing, returns values that own what they opened, and
//! turns -1 into an [`std::io::Error`]. Signals and masks are raw numbers, since a
//! C library hides some realtime signals from its callers.
#![allow(unsafe_code)]

pub(crate) mod alarm;
pub(crate) mod clock;
pub(crate) mod creds;
pub(crate) mod datagram;
pub(crate) mod exec;
pub(crate) mod fds;
pub(crate) mod files;
pub(crate) mod memory;
pub(crate) mod process;
pub(crate) mod procfs;
#[cfg(feature = "tls")]
pub(crate) mod random;
pub(crate) mod shared_page;
pub(crate) mod signals;
pub(crate) mod sockets;
pub mod start;
pub(crate) mod terminal;

use std::io;

/// A process id.
pub type Pid = libc::pid_t;

/// Turns the C convention of -1 and errno into a result.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// The same for calls that return a long.
fn check_long(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Retries the call while a signal interrupts it.
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
