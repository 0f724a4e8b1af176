//! Circumstances to start hinit in: each is called in the new process just
//! before the exec, and makes system calls only.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

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

/// What whoever was here before has left to reap.
pub fn a_dead_child() -> io::Result<()> {
    // SAFETY: system calls only.
    unsafe {
        if libc::fork() == 0 {
            libc::_exit(0);
        }
    }
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
        // As standard input the other end stays open: PID 1 closes what is above 2,
        // and a pipe that nobody can read is never full.
        libc::dup2(ends[0], 0);
    }
    Ok(())
}

/// Standard input only.
pub fn stdin_closed() -> io::Result<()> {
    // SAFETY: a system call only.
    unsafe { libc::close(0) };
    Ok(())
}

/// A pipe without a reader.
pub fn stderr_gone() -> io::Result<()> {
    let mut ends = [0; 2];
    // SAFETY: system calls only.
    unsafe {
        libc::pipe(ends.as_mut_ptr());
        libc::dup2(ends[1], 2);
        libc::close(ends[0]);
        libc::close(ends[1]);
    }
    Ok(())
}

/// Nothing at all in /dev, in a mount namespace of its own.
pub fn dev_empty() -> io::Result<()> {
    // SAFETY: a system call only.
    unsafe {
        let none = c"tmpfs".as_ptr();
        checked(libc::mount(none, c"/dev".as_ptr(), none, 0, std::ptr::null()))
    }
}

/// SIGTERM has arrived before the first instruction, and waits.
pub fn term_pending() -> io::Result<()> {
    // SAFETY: system calls only.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGTERM);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
        checked(libc::kill(libc::getpid(), libc::SIGTERM))
    }
}

/// Standard input is the controlling terminal of a session of its own, and
/// standard error is that terminal too.
pub fn own_terminal() -> io::Result<()> {
    // SAFETY: system calls only.
    unsafe {
        checked(libc::setsid())?;
        checked(libc::ioctl(0, libc::TIOCSCTTY, 0))?;
        checked(libc::dup2(0, 2))
    }
}

/// Nothing open but the standard three.
pub fn stdio_only() -> io::Result<()> {
    // SAFETY: a system call only.
    unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) };
    Ok(())
}

/// A directory that somebody forgot to close.
pub fn descriptor_77_open() -> io::Result<()> {
    // SAFETY: system calls only; the path is a C string.
    unsafe { checked(libc::dup2(libc::open(c"/".as_ptr(), libc::O_RDONLY), 77)) }
}

/// Somebody without any privilege.
pub fn nobody_special() -> io::Result<()> {
    // SAFETY: system calls only; raw ones, since there is one thread.
    unsafe {
        libc::syscall(libc::SYS_setgroups, 0, 0);
        libc::syscall(libc::SYS_setresgid, 10001, 10001, 10001);
        checked(i32::try_from(libc::syscall(libc::SYS_setresuid, 10001, 10001, 10001)).unwrap_or(-1))
    }
}

/// Root without CAP_CHOWN, once a program is executed.
pub fn no_chown() -> io::Result<()> {
    const CAP_CHOWN: libc::c_ulong = 0;
    // SAFETY: a prctl with numbers.
    checked(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0) })
}

/// One file in the place of another, in a mount namespace of its own.
pub fn bound(from: &Path, to: &Path) -> impl FnMut() -> io::Result<()> + use<> {
    let [from, to] = [from, to].map(|path| CString::new(path.as_os_str().as_bytes()).expect("a path"));
    move || {
        let none: *const libc::c_char = std::ptr::null();
        // SAFETY: a system call only; both paths end with a NUL.
        checked(unsafe { libc::mount(from.as_ptr(), to.as_ptr(), none, libc::MS_BIND, none.cast()) })
    }
}

/// A limit of setrlimit(2), both soft and hard.
pub fn limit(resource: libc::__rlimit_resource_t, most: u64) -> impl FnMut() -> io::Result<()> {
    move || {
        let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
        // SAFETY: the limit is valid to read.
        checked(unsafe { libc::setrlimit(resource, &raw const limit) })
    }
}

fn checked(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
/// No signal is ignored, whoever has started the tests: a shell's `&` ignores
/// SIGINT and SIGQUIT.
pub fn no_signal_ignored() -> io::Result<()> {
    for signal in (1..=31).filter(|signal| ![libc::SIGKILL, libc::SIGSTOP].contains(signal)) {
        // SAFETY: the default action of a signal in a child that is about to exec.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    Ok(())
}
