//! Blocking, receiving and sending signals, all 64 of them.
//!
//! Raw system calls with raw 64-bit masks: nix has no realtime signals, and musl's
//! sigfillset omits 32 to 34 (they kill a dumb-init built with musl).

use super::process::{self, Side};
use super::{Pid, check, check_long};
use crate::signal::Signal;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// One bit for each signal, the lowest for signal 1: the kernel's layout.
type Mask = u64;
const ALL: Mask = !0;
const MASK_SIZE: usize = size_of::<Mask>();

/// The signal state that hinit was started with and that the app is started with,
/// and hinit's parent.
///
/// Only what hinit changes is kept. The rest, such as an ignored SIGHUP (nohup), is
/// inherited through fork and exec.
#[derive(Debug, Clone, Copy)]
pub struct Inherited {
    mask: Mask,
    sigchld_ignored: bool,
    parent: Pid,
}

/// Blocks every signal, and sets SIGCHLD to its default.
///
/// If SIGCHLD is inherited as ignored, the kernel reaps children by itself, and
/// tini, catatonit and tino wait for ever.
///
/// # Safety
/// This process has no other thread, and starts none while the returned value is in
/// use: the mask belongs to one thread, and [`Inherited::fork`] relies on it.
pub unsafe fn block_all() -> Inherited {
    let mask = set_mask(ALL).unwrap_or_default();
    let sigchld_ignored = set_sigchld(libc::SIG_DFL) == libc::SIG_IGN;
    Inherited { mask, sigchld_ignored, parent: process::parent_pid() }
}

impl Inherited {
    /// The parent at the start; it may have died since.
    pub fn parent(self) -> Pid {
        self.parent
    }

    /// Forks.
    ///
    /// # Errors
    /// EAGAIN at a process limit, ENOMEM (fork(2)).
    #[allow(clippy::unused_self, reason = "the value is the promise of a single thread")]
    pub fn fork(self) -> io::Result<Side> {
        // SAFETY: the caller of `block_all` has promised that there is one thread.
        unsafe { process::fork() }
    }

    /// The state of a test: nothing stays blocked.
    #[cfg(test)]
    pub fn of_a_test() -> Self {
        // SAFETY: the promise is not kept, since tests run as threads. But the C
        // library keeps its allocator usable in children, and they do little.
        let inherited = unsafe { block_all() };
        inherited.restore();
        inherited
    }

    /// Restores the signal state that hinit was started with.
    ///
    /// Pending signals are delivered by this, so it is the last step before an exec.
    pub fn restore(self) {
        if self.sigchld_ignored {
            set_sigchld(libc::SIG_IGN);
        }
        set_mask(self.mask);
    }
}

/// Sets the mask and returns the old one; none if a seccomp filter denies it.
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

/// Sets the signal state that library code expects: nothing is blocked, and writing
/// to a closed pipe is an error instead of a signal.
pub(crate) fn unblock_for_library_code() {
    // SAFETY: SIG_IGN installs no code.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    set_mask(0);
}

/// Sends a signal to one process.
///
/// # Errors
/// ESRCH if there is no such process, EPERM if it may not be signalled
/// (kill(2)).
pub(crate) fn send(pid: Pid, signal: Signal) -> io::Result<()> {
    debug_assert!(pid > 0);
    // SAFETY: kill touches no memory of ours.
    check(unsafe { libc::kill(pid, signal.number()) }).map(drop)
}

/// Sends a signal to a process group.
///
/// # Errors
/// As for [`send`].
pub(crate) fn send_group(group: Pid, signal: Signal) -> io::Result<()> {
    debug_assert!(group > 1);
    // SAFETY: kill touches no memory of ours.
    check(unsafe { libc::kill(-group, signal.number()) }).map(drop)
}

/// Sends a signal to every process that hinit may signal, except itself.
///
/// # Errors
/// ESRCH if there is none.
pub(crate) fn send_everyone(signal: Signal) -> io::Result<()> {
    debug_assert!(process::own_pid() == 1);
    // SAFETY: kill touches no memory of ours.
    check(unsafe { libc::kill(-1, signal.number()) }).map(drop)
}

/// Sends a signal to hinit's own process group, and delivers it to hinit too.
pub(crate) fn raise_for_own_group(signal: Signal) {
    // SAFETY: kill touches no memory of ours.
    unsafe { libc::kill(0, signal.number()) };
    set_mask(ALL & !(1 << (signal.number() - 1)));
    set_mask(ALL);
}

/// Whether this signal has arrived and has not been taken.
pub(crate) fn is_pending(signal: Signal) -> bool {
    let mut pending: Mask = 0;
    // SAFETY: the mask is valid for the size given.
    unsafe { libc::syscall(libc::SYS_rt_sigpending, &raw mut pending, MASK_SIZE) };
    pending & (1 << (signal.number() - 1)) != 0
}

/// Discards a pending signal; whether there was one.
pub(crate) fn discard(signal: Signal) -> bool {
    let only: Mask = 1 << (signal.number() - 1);
    let no_time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let none: *mut libc::siginfo_t = std::ptr::null_mut();
    // SAFETY: mask and time are valid for the sizes given, and the kernel
    // writes no siginfo to a null pointer.
    unsafe {
        libc::syscall(libc::SYS_rt_sigtimedwait, &raw const only, none, &raw const no_time, MASK_SIZE) > 0
    }
}

/// Stops hinit alone, until a SIGCONT. The kernel does not stop PID 1.
pub(crate) fn stop_itself() {
    // SAFETY: kill touches no memory of ours.
    unsafe { libc::kill(libc::getpid(), libc::SIGSTOP) };
}

/// A signal that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The signal.
    pub signal: Signal,
    /// Who sent it.
    pub sender: Sender,
}

/// The sender of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// A process of this pid namespace.
    Process(Pid),
    /// A process outside of this pid namespace, by kill(2): an engine or an
    /// orchestrator.
    Outside,
    /// The kernel, for a terminal too.
    Kernel,
    /// Not known without signalfd.
    Unknown,
}

/// The descriptor that arrived signals are read from.
#[derive(Debug)]
pub enum Inbox {
    /// A signalfd: needs no handler, loses no realtime signal.
    Signalfd(File),
    /// If a seccomp filter denies signalfd or blocking: handlers that write to a
    /// pipe.
    Pipe(File),
}

impl Inbox {
    /// Opens the inbox for all signals, which [`block_all`] has blocked.
    ///
    /// # Errors
    /// Neither a signalfd nor a pipe can be opened.
    pub fn open() -> io::Result<Self> {
        // A signalfd gets only blocked signals; SIGCHLD would be missing.
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

    /// Takes up to 32 arrivals, without the SIGPIPE that hinit itself causes by
    /// writing to a closed pipe.
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
        // SAFETY: the kernel wrote whole records of this plain-number type, and
        // read_unaligned needs no alignment.
        let info: libc::signalfd_siginfo =
            unsafe { chunk.as_ptr().cast::<libc::signalfd_siginfo>().read_unaligned() };
        into.extend(
            arrival(&info)
                .filter(|arrival| arrival.signal != Signal::PIPE || arrival.sender != Sender::Process(own)),
        );
    }
}

fn arrival(info: &libc::signalfd_siginfo) -> Option<Arrival> {
    let signal = Signal::from_number(i32::try_from(info.ssi_signo).ok()?)?;
    // Only codes of kill, tkill and sigqueue carry a pid; si_code of the
    // kernel's own signals is positive, but SI_USER is 0.
    let sender = match (info.ssi_code, info.ssi_pid.cast_signed()) {
        (libc::SI_USER, 0) => Sender::Outside,
        (1.., _) | (_, 0) => Sender::Kernel,
        (_, pid) => Sender::Process(pid),
    };
    Some(Arrival { signal, sender })
}

/// Catches what can be caught and writes each signal's number to a pipe.
///
/// Used only if signalfd is denied. The sender is unknown, and a musl build does not
/// get 32 to 34, which its sigaction rejects.
fn handlers() -> io::Result<OwnedFd> {
    let (read, write) = super::fds::pipe(libc::O_CLOEXEC | libc::O_NONBLOCK)?;
    // Caught and not ignored, since the app would inherit that.
    // SAFETY: the handler does nothing.
    drop(unsafe { signal_hook::low_level::register(libc::SIGPIPE, || ()) });
    let pipe = write.as_raw_fd();
    // The handlers own the write end for as long as the process lives.
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
        // A signal that cannot be caught (32 to 34 with musl) is left alone.
        drop(caught);
    }
    set_mask(0);
    Ok(read)
}

fn catchable(number: i32) -> bool {
    let not_caught = [libc::SIGKILL, libc::SIGSTOP, libc::SIGILL, libc::SIGFPE, libc::SIGSEGV, libc::SIGPIPE];
    !not_caught.contains(&number)
}

fn take_bytes(file: &mut File, into: &mut Vec<Arrival>) {
    let mut bytes = [0u8; BATCH];
    let Ok(length) = file.read(&mut bytes) else { return };
    let signals = bytes[..length].iter().filter_map(|byte| Signal::from_number((*byte).into()));
    into.extend(signals.map(|signal| Arrival { signal, sender: Sender::Unknown }));
}

/// Sets the signal that hinit gets when its parent dies (prctl(2),
/// PR_SET_PDEATHSIG). Changes of credentials clear it, so it is set after them.
///
/// # Errors
/// The kernel rejects the number.
pub fn on_parent_death(signal: Signal) -> io::Result<()> {
    // SAFETY: prctl with a number touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal.number()) }).map(drop)
}
