//! Descriptors: pipes, standard streams, poll, and writing without blocking.

use super::{check, uninterrupted};
use std::ffi::c_int;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// A pipe as (read end, write end), with the flags of pipe2(2).
///
/// # Errors
/// EMFILE or ENFILE: there is no descriptor left.
pub(crate) fn pipe(flags: c_int) -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [0; 2];
    // SAFETY: `fds` has room for the two numbers that pipe2 writes.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), flags) })?;
    // SAFETY: both are new and owned by nothing else.
    Ok(unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) })
}

/// Opens a placeholder for each of 0, 1 and 2 that is closed. Otherwise a file that
/// is opened later could get its number, and the app's output.
///
/// Without /dev/null it is one end of a closed pipe: reads end at once, writes
/// fail.
pub(crate) fn fill_stdio() {
    for fd in 0..=2 {
        // SAFETY: F_GETFD touches no memory of ours.
        let closed = unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0;
        if closed {
            placeholder(fd);
        }
    }
}

fn placeholder(wanted: RawFd) {
    // SAFETY: the path is a C string; the lowest free number is `wanted`.
    let null = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
    if null >= 0 {
        return;
    }
    let mut ends: [RawFd; 2] = [-1; 2];
    // SAFETY: `ends` has room for the two numbers.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), 0) } < 0 {
        return;
    }
    let kept = usize::from(wanted != 0);
    // SAFETY: both ends were opened just now and nothing else uses them. If
    // the end to keep is not at `wanted`, the other one is.
    unsafe {
        if ends[kept] != wanted {
            libc::dup2(ends[kept], wanted);
        }
        for end in ends.into_iter().filter(|end| *end != wanted) {
            libc::close(end);
        }
    }
}

/// Writes to standard error and never waits for a reader.
///
/// The app shares the descriptor, so it must not be made non-blocking. RWF_NOWAIT
/// works on pipes and sockets (pwritev2(2)); for a terminal or a file, poll is
/// called first.
///
/// # Errors
/// `WouldBlock` when it is full, EPIPE when the reader is gone.
pub(crate) fn write_stderr(bytes: &[u8]) -> io::Result<usize> {
    const AT_CURRENT_POSITION: libc::off_t = -1;
    let vector = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: the vector describes `bytes`, which pwritev2 only reads.
    let written = unsafe {
        libc::pwritev2(libc::STDERR_FILENO, &raw const vector, 1, AT_CURRENT_POSITION, libc::RWF_NOWAIT)
    };
    usize::try_from(written).or_else(|_| {
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EAGAIN | libc::EPIPE | libc::EBADF) => Err(error),
            _ => write_when_ready(bytes),
        }
    })
}

/// What a terminal or pipe that polls as writable accepts for certain, in bytes.
const ATOMIC: usize = 4096;

fn write_when_ready(bytes: &[u8]) -> io::Result<usize> {
    let mut poll = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one valid pollfd, and no waiting.
    let ready = unsafe { libc::poll(&raw mut poll, 1, 0) };
    if ready != 1 || poll.revents & libc::POLLOUT == 0 {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    // SAFETY: the length is within `bytes`.
    let written = unsafe { libc::write(libc::STDERR_FILENO, bytes.as_ptr().cast(), bytes.len().min(ATOMIC)) };
    usize::try_from(written).map_err(|_| io::Error::last_os_error())
}

/// Reads what is available; `None` if nothing is available yet.
///
/// # Errors
/// Those of read(2), except EAGAIN and EINTR.
pub(crate) fn read_available(file: &mut File, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match uninterrupted(|| file.read(buffer)) {
        Ok(length) => Ok(Some(length)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a descriptor that hinit opened itself non-blocking.
///
/// # Errors
/// EBADF only.
pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: F_SETFL touches no memory of ours.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) }).map(drop)
}

/// Replaces the standard descriptor `to` by `from`.
///
/// # Errors
/// EBADF, EMFILE (dup2(2)).
pub(crate) fn redirect(from: BorrowedFd<'_>, to: RawFd) -> io::Result<()> {
    // SAFETY: dup2 replaces `to` at once and touches no memory of ours.
    uninterrupted(|| check(unsafe { libc::dup2(from.as_raw_fd(), to) })).map(drop)
}

/// Sets whether an exec closes this descriptor.
///
/// # Errors
/// EBADF: it is not open.
pub(crate) fn close_on_exec(fd: RawFd, close: bool) -> io::Result<()> {
    let flags = if close { libc::FD_CLOEXEC } else { 0 };
    // SAFETY: F_SETFD touches no memory of ours.
    check(unsafe { libc::fcntl(fd, libc::F_SETFD, flags) }).map(drop)
}

/// Without close_range and /proc, descriptors below this one are closed.
const FALLBACK_END: RawFd = 65536;

/// Closes every descriptor from `first` on.
///
/// # Safety
/// Nothing in this process owns one of them.
pub(super) unsafe fn close_from(first: RawFd) {
    // SAFETY: nothing owns these descriptors, as the caller promises.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
    if closed == 0 {
        return;
    }
    // A kernel before 5.9, or a seccomp filter (ENOSYS, EPERM).
    for fd in open_fds().unwrap_or_else(|_| (first..FALLBACK_END).collect()) {
        if fd >= first {
            // SAFETY: as above; EBADF for one that is already closed.
            unsafe { libc::close(fd) };
        }
    }
}

fn open_fds() -> io::Result<Vec<RawFd>> {
    let entries = std::fs::read_dir("/proc/self/fd")?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
}

/// Waits until one of `fds` has input or has ended, or until the limit has passed;
/// `None` is no limit. `revents` of each is set.
///
/// The limit is rounded up to whole milliseconds, so that a wake-up is never early.
///
/// # Errors
/// ENOMEM, or EINVAL for more of them than RLIMIT_NOFILE. An interruption is not an
/// error but a wake-up with nothing ready.
pub fn wait_for_input(fds: &mut [libc::pollfd], limit: Option<std::time::Duration>) -> io::Result<()> {
    let millis =
        limit.map_or(-1, |limit| c_int::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX));
    let count = libc::nfds_t::try_from(fds.len()).map_err(io::Error::other)?;
    // SAFETY: `fds` is a valid array of that length.
    match check(unsafe { libc::poll(fds.as_mut_ptr(), count, millis) }) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

/// One entry for [`wait_for_input`].
pub fn input(fd: BorrowedFd<'_>) -> libc::pollfd {
    libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 }
}
