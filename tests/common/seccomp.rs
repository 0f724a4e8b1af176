//! Makes the kernel lie: one system call that fails, or claims success and
//! does nothing.

use std::io;

/// Answers every `number` call from here on with this errno; 0 is success. To
/// be called in the new process before the exec.
///
/// Needs root, since no_new_privs is left for the command to set.
pub fn answering(number: libc::c_long, errno: i32) -> impl FnMut() -> io::Result<()> + Send + Sync + 'static {
    let number = u32::try_from(number).expect("a system call");
    let errno = u32::try_from(errno).expect("an errno");
    move || install(number, errno)
}

fn install(number: u32, errno: u32) -> io::Result<()> {
    let filter = [
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number, 0, 1),
        step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | errno, 0, 0),
        step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let program = libc::sock_fprog { len: 4, filter: filter.as_ptr().cast_mut() };
    // SAFETY: the program describes `filter`, which the kernel copies.
    let result =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn step(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    libc::sock_filter { code: u16::try_from(code).expect("a code of 16 bits"), jt, jf, k }
}
