//! Messages on a unix socket, and who sent them (unix(7), SCM_CREDENTIALS).

use super::{Pid, check, uninterrupted};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The sender as the kernel knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// In this pid namespace; 0 if it is outside.
    pub pid: Pid,
    /// In this user namespace.
    pub uid: u32,
}

/// Makes the kernel tell the sender with each message.
///
/// # Errors
/// Not a unix socket.
pub fn ask_for_senders(socket: BorrowedFd<'_>) -> io::Result<()> {
    let on: libc::c_int = 1;
    let size = libc::socklen_t::try_from(size_of_val(&on)).map_err(io::Error::other)?;
    // SAFETY: the option's value is an int of that size.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PASSCRED,
            (&raw const on).cast(),
            size,
        )
    })
    .map(drop)
}

/// Room for one record of credentials; aligned as a header has to be.
#[repr(C, align(8))]
struct Control([u8; 64]);

/// The next message, its length and its sender; none if there is none yet. A
/// longer message than `into` is cut, and descriptors sent along are refused.
///
/// # Errors
/// What recvmsg(2) says, but for EAGAIN and EINTR.
pub fn receive(socket: BorrowedFd<'_>, into: &mut [u8]) -> io::Result<Option<(usize, Sender)>> {
    let mut control = Control([0; 64]);
    let mut part = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    // SAFETY: all zeroes is a valid header: no name, no parts, no control.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = control.0.len() as _;
    let received = uninterrupted(|| {
        // SAFETY: the header describes `into` and `control`, which outlive the call.
        let length = unsafe {
            libc::recvmsg(socket.as_raw_fd(), &raw mut header, libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC)
        };
        usize::try_from(length).map_err(|_| io::Error::last_os_error())
    });
    match received {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
        Ok(length) => Ok(Some((length, sender(&header)))),
    }
}

/// Whoever cannot be told apart is nobody: pid 0. Descriptors that came along
/// are closed.
#[allow(clippy::unnecessary_cast, reason = "the length is an u32 under musl")]
fn sender(header: &libc::msghdr) -> Sender {
    let mut found = Sender { pid: 0, uid: u32::MAX };
    // SAFETY: the kernel filled the control records that these macros walk
    // through, within the length it wrote into the header.
    unsafe {
        let mut record = libc::CMSG_FIRSTHDR(header);
        while let Some(head) = record.as_ref() {
            let data = libc::CMSG_DATA(record);
            match (head.cmsg_level, head.cmsg_type) {
                (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) => {
                    let sent = data.cast::<libc::ucred>().read_unaligned();
                    found = Sender { pid: sent.pid, uid: sent.uid };
                }
                (libc::SOL_SOCKET, libc::SCM_RIGHTS) => close_all(data, head.cmsg_len as usize),
                _ => {}
            }
            record = libc::CMSG_NXTHDR(header, record);
        }
    }
    found
}

/// # Safety
/// `data` and `length` are those of one record of descriptors.
unsafe fn close_all(data: *const u8, length: usize) {
    // SAFETY: CMSG_LEN is plain arithmetic.
    let head = unsafe { libc::CMSG_LEN(0) } as usize;
    for index in 0..length.saturating_sub(head) / size_of::<libc::c_int>() {
        // SAFETY: within the record by its own length; the descriptor is ours.
        unsafe {
            libc::close(i32::from_ne_bytes(
                data.add(index * size_of::<libc::c_int>()).cast::<[u8; 4]>().read(),
            ))
        };
    }
}
