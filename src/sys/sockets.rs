//! Connecting to a unix socket with a time limit, which std cannot do.

use super::{check, uninterrupted};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// AF_UNIX in the type of its field.
const FAMILY: libc::sa_family_t = 1;

/// Connects to the unix(7) stream socket at `path`. If its backlog is full the
/// kernel waits, for at most `limit`, which must be above zero.
///
/// # Errors
/// TimedOut after `limit`, InvalidInput for a path over 107 bytes, and those of
/// connect(2).
pub(crate) fn connect_unix(path: &Path, limit: Duration) -> io::Result<OwnedFd> {
    let address = unix_address(path)?;
    // SAFETY: socket touches no memory of ours.
    let fd = check(unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) })?;
    // SAFETY: it is new and owned by nothing else.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    limit_sends(&socket, limit)?;
    let connect = || {
        // SAFETY: `address` is a whole sockaddr_un, and outlives the call.
        check(unsafe { libc::connect(fd, (&raw const address).cast(), length_of(&address)) })
    };
    match uninterrupted(connect) {
        Ok(_) => Ok(socket),
        Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => Err(io::ErrorKind::TimedOut.into()),
        Err(error) => Err(error),
    }
}

fn unix_address(path: &Path) -> io::Result<libc::sockaddr_un> {
    // SAFETY: a sockaddr_un of zeros is valid.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    let bytes = path.as_os_str().as_bytes();
    if bytes.len() >= address.sun_path.len() || bytes.contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    address.sun_family = FAMILY;
    for (slot, byte) in address.sun_path.iter_mut().zip(bytes) {
        *slot = libc::c_char::from_ne_bytes([*byte]);
    }
    Ok(address)
}

/// SO_SNDTIMEO also limits connect on a unix socket (net/unix/af_unix.c).
fn limit_sends(socket: &OwnedFd, limit: Duration) -> io::Result<()> {
    let time = super::clock::timeval(limit);
    // SAFETY: `time` is a timeval and its length is given.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_SNDTIMEO,
            (&raw const time).cast(),
            length_of(&time),
        )
    })
    .map(drop)
}

fn length_of<T>(value: &T) -> libc::socklen_t {
    libc::socklen_t::try_from(size_of_val(value)).unwrap_or(0)
}
