//! Messages on a unix socket, and their senders (unix(7), SCM_CREDENTIALS).

use super::{Pid, check, uninterrupted};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The sender as the kernel knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sender {
    /// In this pid namespace; 0 if it is outside.
    pub pid: Pid,
    /// In this user namespace.
    pub uid: u32,
}

/// Makes the kernel add the sender to each message (SO_PASSCRED).
///
/// # Errors
/// Not a unix socket.
pub(crate) fn enable_credentials(socket: BorrowedFd<'_>) -> io::Result<()> {
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

/// A buffer for one record of credentials, aligned like its header.
#[repr(C, align(8))]
struct Control([u8; 64]);

/// The next message, its length and its sender; none if there is none yet. A
/// message longer than `into` is cut, and descriptors sent with it are closed.
///
/// # Errors
/// Those of recvmsg(2), except EAGAIN and EINTR.
pub(crate) fn receive(socket: BorrowedFd<'_>, into: &mut [u8]) -> io::Result<Option<(usize, Sender)>> {
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

/// The sender, with pid 0 if it is unknown. Descriptors sent with the message are
/// closed.
#[allow(clippy::unnecessary_cast, reason = "the length is an u32 under musl")]
fn sender(header: &libc::msghdr) -> Sender {
    let mut found = Sender { pid: 0, uid: u32::MAX };
    // SAFETY: these macros walk through the control records that the kernel has
    // written, within the length in the header.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::fds;
    use std::fs::File;
    use std::os::fd::{AsFd, OwnedFd, RawFd};
    use std::os::unix::net::UnixDatagram;
    use std::time::Duration;

    /// The most descriptors in one message (unix(7)).
    const MOST: usize = 253;

    /// A buffer for a record of that many.
    #[repr(C, align(8))]
    struct Record([u8; 2048]);

    fn send_along(socket: &UnixDatagram, sent: &[RawFd]) {
        let mut record = Record([0; 2048]);
        let size = u32::try_from(size_of_val(sent)).unwrap();
        let mut text = *b"x";
        let mut part = libc::iovec { iov_base: text.as_mut_ptr().cast(), iov_len: 1 };
        // SAFETY: a header of zeros is valid; then it describes one part and one
        // record, which is large enough for `sent`.
        unsafe {
            let mut header: libc::msghdr = std::mem::zeroed();
            header.msg_iov = &raw mut part;
            header.msg_iovlen = 1;
            header.msg_control = record.0.as_mut_ptr().cast();
            header.msg_controllen = libc::CMSG_SPACE(size) as _;
            let head = libc::CMSG_FIRSTHDR(&raw const header);
            (*head).cmsg_level = libc::SOL_SOCKET;
            (*head).cmsg_type = libc::SCM_RIGHTS;
            (*head).cmsg_len = libc::CMSG_LEN(size) as _;
            std::ptr::copy_nonoverlapping(sent.as_ptr(), libc::CMSG_DATA(head).cast(), sent.len());
            assert_eq!(libc::sendmsg(socket.as_raw_fd(), &raw const header, 0), 1);
        }
    }

    /// Whether the other end has been closed.
    fn has_ended(read: OwnedFd) -> bool {
        let mut polled = [fds::input(read.as_fd())];
        fds::wait_for_input(&mut polled, Some(Duration::from_secs(60))).unwrap();
        fds::set_nonblocking(read.as_fd()).unwrap();
        matches!(fds::read_available(&mut File::from(read), &mut [0]), Ok(Some(0)))
    }

    #[test]
    fn tells_the_sender_and_keeps_no_descriptor_that_came_along() {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        enable_credentials(ours.as_fd()).unwrap();
        for count in [0, 1, 2, 4, 5, MOST] {
            let (read, write) = fds::pipe(libc::O_CLOEXEC).unwrap();
            send_along(&theirs, &vec![write.as_raw_fd(); count]);
            drop(write);
            let (length, sender) = receive(ours.as_fd(), &mut [0; 8]).unwrap().unwrap();
            let own = crate::sys::process::own_pid();
            assert_eq!((length, sender.pid, sender.uid), (1, own, crate::sys::process::own_user()));
            assert!(has_ended(read), "{count} sent along");
        }
        assert_eq!(receive(ours.as_fd(), &mut [0; 8]).unwrap(), None);
    }
}
