//! Circumstances to start hinit in: each is called in the new process just
//! before the exec, and makes system calls only.

use std::io;

pub fn hup_ignored_usr1_blocked() -> io::Result<()> {
    // SAFETY: system calls only.
    unsafe {
        libc::signal(libc::SIGHUP, libc::SIG_IGN);
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGUSR1);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
    }
    Ok(())
}

pub fn sigchld_ignored() -> io::Result<()> {
    // SAFETY: a system call only.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    Ok(())
}

pub fn stdio_closed() -> io::Result<()> {
    // SAFETY: a system call only.
    unsafe { libc::syscall(libc::SYS_close_range, 0, 2, 0) };
    Ok(())
}

pub fn proc_unmounted() -> io::Result<()> {
    // SAFETY: a system call only; it hides the namespace's own /proc.
    unsafe {
        let none = c"tmpfs".as_ptr();
        libc::mount(none, c"/proc".as_ptr(), none, 0, std::ptr::null());
    }
    Ok(())
}

pub fn root_read_only() -> io::Result<()> {
    let none: *const libc::c_char = std::ptr::null();
    // SAFETY: a system call only, in a mount namespace of its own.
    let done = unsafe {
        libc::mount(
            none,
            c"/".as_ptr(),
            none,
            libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY,
            none.cast(),
        )
    };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A pipe that is full and has a reader that never reads.
pub fn stderr_full() -> io::Result<()> {
    let mut ends = [0; 2];
    // SAFETY: system calls only.
    unsafe {
        libc::pipe(ends.as_mut_ptr());
        libc::fcntl(ends[1], libc::F_SETFL, libc::O_NONBLOCK);
        while libc::write(ends[1], [0u8; 4096].as_ptr().cast(), 4096) > 0 {}
        while libc::write(ends[1], [0u8; 1].as_ptr().cast(), 1) > 0 {}
        libc::fcntl(ends[1], libc::F_SETFL, 0);
        libc::dup2(ends[1], 2);
    }
    Ok(())
}

/// Standard input only.
pub fn stdin_closed() -> io::Result<()> {
    // SAFETY: a system call only.
    unsafe { libc::close(0) };
    Ok(())
}
