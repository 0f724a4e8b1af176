//! Blocking, receiving and sending signals, all 64 of them.
//!
//! Raw system calls with raw 64-bit masks: nix knows no realtime signals, and
//! musl's sigfillset leaves out 32 to 34 (a musl dumb-init is killed by them).

use super::process::{self, Side};
use super::{Pid, check, check_long};
use crate::signal::Signal;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// One bit a signal, the lowest is signal 1; the kernel's own layout.
type Mask = u64;
const ALL: Mask = !0;
const MASK_SIZE: usize = size_of::<Mask>();

/// The signal state that hinit was started with, for the app to start with, and
/// by whom.
///
/// Of the state only what hinit itself changes is kept; the rest passes through fork and
/// exec by itself, an ignored SIGHUP (nohup) for example.
#[derive(Debug, Clone, Copy)]
pub struct Inherited {
    mask: Mask,
    sigchld_ignored: bool,
    parent: Pid,
}

/// Blocks every signal and makes sure that children leave a status to reap.
///
/// An inherited SIGCHLD=ignore makes the kernel reap by itself, and tini,
/// catatonit and tino wait for ever.
///
/// # Safety
/// This process has no other thread, and starts none while the returned value
/// is in use: the mask is one thread's, and [`Inherited::fork`] trusts it.
pub unsafe fn block_all() -> Inherited {
    let mask = set_mask(ALL).unwrap_or_default();
    let sigchld_ignored = set_sigchld(libc::SIG_DFL) == libc::SIG_IGN;
    Inherited { mask, sigchld_ignored, parent: process::parent_pid() }
}

impl Inherited {
    /// The parent at the start, which may have died since.
    pub fn parent(self) -> Pid {
        self.parent
    }

    /// Makes a child that goes on from here.
    ///
    /// # Errors
    /// EAGAIN at a process limit, ENOMEM (fork(2)).
    pub fn fork(self) -> io::Result<Side> {
        // SAFETY: whoever made this value has promised that there is one thread.
        unsafe { process::fork() }
    }

    /// What a test inherits: nothing stays blocked.
    #[cfg(test)]
    pub fn of_a_test() -> Self {
        // SAFETY: not kept, since tests run as threads. The C library makes its
        // allocator usable in their children, which do little and end.
        let inherited = unsafe { block_all() };
        inherited.restore();
        inherited
    }

    /// Puts the signal state back to what hinit was started with.
    ///
    /// Pending signals arrive now, so this comes last before an exec.
    pub fn restore(self) {
        if self.sigchld_ignored {
            set_sigchld(libc::SIG_IGN);
        }
        set_mask(self.mask);
    }
}

/// The mask before; none if a seccomp filter denies even this.
fn set_mask(mask: Mask) -> Option<Mask> {
    let mut old: Mask = 0;
    // SAFETY: both masks are valid for MASK_SIZE bytes, the size given.
    let done = unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const mask, &raw mut old, MASK_SIZE)
    };
    (done == 0).then_some(old)
}

fn set_sigchld(disposition: libc::sighandler_t) -> libc::sighandler_t {
    // SAFETY: SIG_DFL and SIG_IGN install no code.
    unsafe { libc::signal(libc::SIGCHLD, disposition) }
}

/// Gives a probe child the state a library expects: nothing blocked, and a
/// closed pipe as an error instead of a signal.
pub fn unblock_for_library_code() {
    // SAFETY: SIG_IGN installs no code.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    set_mask(0);
}

/// Sends a signal to one process.
///
/// # Errors
/// ESRCH if there is no such process, EPERM if it may not be signalled
/// (kill(2)).
pub fn send(pid: Pid, signal: Signal) -> io::Result<()> {
    debug_assert!(pid > 0);
    // SAFETY: kill touches no memory of ours.
    check(unsafe { libc::kill(pid, signal.number()) }).map(drop)
}

/// Sends a signal to a process group.
///
/// # Errors
/// As for [`send`].
pub fn send_group(group: Pid, signal: Signal) -> io::Result<()> {
    debug_assert!(group > 1);
    // SAFETY: kill touches no memory of ours.
    check(unsafe { libc::kill(-group, signal.number()) }).map(drop)
}

/// Sends a signal to every process that hinit may signal, but itself.
///
/// # Errors
/// ESRCH if there is none.
pub fn send_everyone(signal: Signal) -> io::Result<()> {
    debug_assert!(process::own_pid() == 1);
    // SAFETY: kill touches no memory of ours.
    check(unsafe { libc::kill(-1, signal.number()) }).map(drop)
}

/// Sends a signal to hinit's own process group and lets it act on hinit too.
pub fn raise_for_own_group(signal: Signal) {
    // SAFETY: kill touches no memory of ours.
    unsafe { libc::kill(0, signal.number()) };
    set_mask(ALL & !(1 << (signal.number() - 1)));
    set_mask(ALL);
}

/// Whether this signal has arrived and has not been taken.
pub fn is_pending(signal: Signal) -> bool {
    let mut pending: Mask = 0;
    // SAFETY: the mask is valid for the size given.
    unsafe { libc::syscall(libc::SYS_rt_sigpending, &raw mut pending, MASK_SIZE) };
    pending & (1 << (signal.number() - 1)) != 0
}

/// Takes a pending signal away unseen; whether there was one.
pub fn discard(signal: Signal) -> bool {
    let only: Mask = 1 << (signal.number() - 1);
    let no_time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let none: *mut libc::siginfo_t = std::ptr::null_mut();
    // SAFETY: mask and time are valid for the sizes given, and the kernel
    // writes no siginfo to a null pointer.
    unsafe {
        libc::syscall(libc::SYS_rt_sigtimedwait, &raw const only, none, &raw const no_time, MASK_SIZE) > 0
    }
}

/// Stops hinit alone, until a SIGCONT. The kernel does not stop a PID 1.
pub fn stop_itself() {
    // SAFETY: kill touches no memory of ours.
    unsafe { libc::kill(libc::getpid(), libc::SIGSTOP) };
}

/// A signal that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Which one.
    pub signal: Signal,
    /// The sender's pid in this namespace; 0 is the kernel or a process
    /// outside of this pid namespace; none if it cannot be known.
    pub sender: Option<Pid>,
}

/// Where arrived signals are read from.
#[derive(Debug)]
pub enum Inbox {
    /// The usual way; needs no handler, loses no realtime signal.
    Signalfd(File),
    /// Where a seccomp filter denies signalfd, or blocking: handlers that write
    /// to a pipe.
    Pipe(File),
}

impl Inbox {
    /// Opens the inbox for all signals, which [`block_all`] has blocked.
    ///
    /// # Errors
    /// Neither a signalfd nor a pipe can be had.
    pub fn open() -> io::Result<Self> {
        // A signalfd gets nothing that is not blocked, SIGCHLD above all.
        let blocked = set_mask(ALL).is_some();
        match blocked.then(signalfd) {
            Some(Ok(fd)) => Ok(Self::Signalfd(File::from(fd))),
            _ => handlers().map(|pipe| Self::Pipe(File::from(pipe))),
        }
    }

    /// What to poll for input.
    pub fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Signalfd(file) | Self::Pipe(file) => file.as_fd(),
        }
    }

    /// Takes up to 32 arrivals, but for the SIGPIPE that writing to a closed
    /// pipe raises in hinit itself.
    pub fn take(&mut self, into: &mut Vec<Arrival>) {
        into.clear();
        match self {
            Self::Signalfd(file) => take_siginfo(file, into),
            Self::Pipe(file) => take_bytes(file, into),
        }
    }
}

fn signalfd() -> io::Result<OwnedFd> {
    let mask = ALL;
    let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
    // SAFETY: the mask is valid for the size given; -1 asks for a new fd.
    let fd = unsafe { libc::syscall(libc::SYS_signalfd4, -1, &raw const mask, MASK_SIZE, flags) };
    let fd = i32::try_from(check_long(fd)?).map_err(io::Error::other)?;
    // SAFETY: a new descriptor that nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

const BATCH: usize = 32;
const INFO_SIZE: usize = size_of::<libc::signalfd_siginfo>();

fn take_siginfo(file: &mut File, into: &mut Vec<Arrival>) {
    let mut bytes = [0u8; BATCH * INFO_SIZE];
    let Ok(length) = file.read(&mut bytes) else { return };
    // SAFETY: getpid cannot fail.
    let own = unsafe { libc::getpid() };
    for chunk in bytes[..length].chunks_exact(INFO_SIZE) {
        // SAFETY: the kernel wrote whole records of this plain-number type,
        // and read_unaligned asks for no alignment.
        let info: libc::signalfd_siginfo =
            unsafe { chunk.as_ptr().cast::<libc::signalfd_siginfo>().read_unaligned() };
        into.extend(
            arrival(&info).filter(|arrival| arrival.signal != Signal::PIPE || arrival.sender != Some(own)),
        );
    }
}

fn arrival(info: &libc::signalfd_siginfo) -> Option<Arrival> {
    let signal = Signal::from_number(i32::try_from(info.ssi_signo).ok()?)?;
    // Only codes of kill, tkill and sigqueue carry a pid; si_code of the
    // kernel's own signals is positive, but SI_USER is 0.
    let sender = (info.ssi_code <= 0).then(|| info.ssi_pid.cast_signed());
    Some(Arrival { signal, sender: sender.or((signal != Signal::CHLD).then_some(0)) })
}

/// Catches what can be caught and writes each signal's number to a pipe.
///
/// Used only where signalfd is denied. What it cannot do: tell the sender,
/// and see 32 to 34 in a musl build, whose sigaction refuses them.
fn handlers() -> io::Result<OwnedFd> {
    let (read, write) = super::fds::pipe(libc::O_CLOEXEC | libc::O_NONBLOCK)?;
    // Not ignored but caught, since the app would inherit the former.
    // SAFETY: the handler does nothing.
    drop(unsafe { signal_hook::low_level::register(libc::SIGPIPE, || ()) });
    let pipe = write.as_raw_fd();
    // The handlers own the writing end for as long as the process lives.
    std::mem::forget(write);
    for number in (1..=64).filter(|number| catchable(*number)) {
        let byte = number.to_ne_bytes()[0];
        // SAFETY: write(2) is async-signal-safe, the byte is owned by the
        // closure, and the pipe is never closed. A full pipe drops the byte.
        let caught = unsafe {
            signal_hook::low_level::register(number, move || {
                libc::write(pipe, (&raw const byte).cast(), 1);
            })
        };
        // A signal that cannot be caught (musl's 32 to 34) stays as it is.
        drop(caught);
    }
    set_mask(0);
    Ok(read)
}

fn catchable(number: i32) -> bool {
    let refused = [libc::SIGKILL, libc::SIGSTOP, libc::SIGILL, libc::SIGFPE, libc::SIGSEGV, libc::SIGPIPE];
    !refused.contains(&number)
}

fn take_bytes(file: &mut File, into: &mut Vec<Arrival>) {
    let mut bytes = [0u8; BATCH];
    let Ok(length) = file.read(&mut bytes) else { return };
    let signals = bytes[..length].iter().filter_map(|byte| Signal::from_number((*byte).into()));
    into.extend(signals.map(|signal| Arrival { signal, sender: None }));
}

/// Asks for a signal when the parent dies; credential changes clear it, so
/// this comes after them (prctl(2), PR_SET_PDEATHSIG).
///
/// # Errors
/// The kernel refuses the number.
pub fn on_parent_death(signal: Signal) -> io::Result<()> {
    // SAFETY: prctl with a number touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal.number()) }).map(drop)
}
