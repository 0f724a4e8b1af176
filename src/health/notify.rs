//! The notify socket: the app reports its state by sd_notify(3), with `READY=1`
//! and `WATCHDOG=1`.
//!
//! A `notify:` check listens on a socket whose name the app gets in
//! `NOTIFY_SOCKET`. The socket is abstract, so that it works with a read-only
//! root. Messages are trusted only from processes of this container that run as
//! the app's user or as root.
//!
//! If hinit itself was given a socket (podman run --sdnotify=container), messages
//! are forwarded to it, except those that name a main process and `BARRIER=1`,
//! which hinit answers itself.

use crate::plan::probe::Notify;
use crate::sys::datagram::{self, Sender};
use crate::sys::process;
use crate::time::{Moment, rounded};
use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::rc::Rc;

/// The variable with the socket's name; `@` marks an abstract one.
pub(crate) const SOCKET: &str = "NOTIFY_SOCKET";
/// How often the app has to send `WATCHDOG=1`, in us.
pub(crate) const WATCHDOG: &str = "WATCHDOG_USEC";
/// The pid that [`WATCHDOG`] is for; without it, any process.
pub(crate) const WATCHDOG_PID: &str = "WATCHDOG_PID";

/// The longest message in bytes, as in systemd.
const LONGEST: usize = 4096;
/// Messages read in one turn of the loop.
const READ_AT_ONCE: usize = 16;

/// What the app has sent so far in this life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NotifyState {
    ready: bool,
    stopping: bool,
    trigger: bool,
    /// The last `READY=1` or `WATCHDOG=1`.
    last_watchdog: Option<Moment>,
}

/// [`NotifyState`], for the listener to write and the checks to read.
pub type SharedNotifyState = Rc<Cell<NotifyState>>;

impl NotifyState {
    /// The state after one more message. Unknown lines are ignored.
    #[must_use]
    pub fn with_message(mut self, message: &[u8], now: Moment) -> Self {
        for line in message.split(|byte| *byte == b'\n') {
            match line {
                b"READY=1" => {
                    (self.ready, self.stopping) = (true, false);
                    self.last_watchdog = Some(now);
                }
                b"RELOADING=1" => self.ready = false,
                b"STOPPING=1" => self.stopping = true,
                b"WATCHDOG=1" => self.last_watchdog = Some(now),
                b"WATCHDOG=trigger" => self.trigger = true,
                _ => {}
            }
        }
        self
    }

    /// Whether this is healthy, and the reason.
    ///
    /// # Errors
    /// The reason why it is not healthy.
    pub fn verdict(self, wanted: Notify, now: Moment) -> Result<String, String> {
        if !self.ready {
            return Err("the app has not sent READY=1 to NOTIFY_SOCKET".into());
        }
        if self.stopping {
            return Err("the app has sent STOPPING=1".into());
        }
        if self.trigger {
            return Err("the app has sent WATCHDOG=trigger".into());
        }
        let silence = now.saturating_sub(self.last_watchdog.unwrap_or_default());
        match wanted.watchdog {
            Some(limit) if silence > limit => {
                let (silence, limit) = (rounded(silence), rounded(limit));
                Err(format!("the app sent its last WATCHDOG=1 {silence} ago; one is expected every {limit}"))
            }
            _ => Ok("the app has sent READY=1".into()),
        }
    }
}

/// The socket that the app sends to.
#[derive(Debug)]
pub struct Listener {
    socket: UnixDatagram,
    name: OsString,
    state: SharedNotifyState,
    outer: Option<SocketAddr>,
}

impl Listener {
    /// Opens the socket. `outer` is the one that hinit itself was given.
    ///
    /// # Errors
    /// There is no descriptor left, or the kernel has no unix sockets.
    pub fn open(state: SharedNotifyState, outer: Option<&OsStr>) -> io::Result<Self> {
        // With the host's network other containers share the name space.
        let name = format!("hinit/{}/{}", process::own_pid(), crate::sys::clock::now().as_nanos());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
        socket.set_nonblocking(true)?;
        datagram::enable_credentials(socket.as_fd())?;
        Ok(Self { socket, name: format!("@{name}").into(), state, outer: outer.and_then(address) })
    }

    /// The variables for the app.
    pub fn variables(&self, wanted: Notify) -> Vec<(OsString, OsString)> {
        let watchdog = wanted.watchdog.map(|limit| (WATCHDOG.into(), limit.as_micros().to_string().into()));
        [(SOCKET.into(), self.name.clone())].into_iter().chain(watchdog).collect()
    }

    /// What to poll for input.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// A new life of the app: nothing has been sent yet.
    pub fn reset(&self) {
        self.state.set(NotifyState::default());
    }

    /// Reads messages; whether the app has become ready by them.
    pub fn receive(&self, now: Moment) -> bool {
        let before = self.state.get();
        let mut message = [0; LONGEST];
        for _ in 0..READ_AT_ONCE {
            let Ok(Some((length, sender))) = datagram::receive(self.fd(), &mut message) else { break };
            if is_trusted(sender) {
                self.state.set(self.state.get().with_message(&message[..length], now));
                self.forward(&message[..length]);
            }
        }
        self.state.get().ready && !before.ready
    }

    /// Forwards a message to the engine, for which hinit is the main process.
    fn forward(&self, message: &[u8]) {
        let Some(outer) = &self.outer else { return };
        let is_forwarded = |line: &&[u8]| !NOT_FORWARDED.iter().any(|prefix| line.starts_with(prefix));
        let lines = message.split(|byte| *byte == b'\n').filter(is_forwarded);
        let message = lines.collect::<Vec<_>>().join(&b'\n');
        if message.is_empty() {
            return;
        }
        // A failure is ignored: it says nothing about the app.
        let _ = self.socket.send_to_addr(&message, outer);
    }
}

/// Lines that are not forwarded (sd_notify(3)): hinit stays the main process, and
/// `BARRIER=1` is an error without its descriptor.
const NOT_FORWARDED: [&[u8]; 4] = [b"MAINPID=", b"MAINPIDFD=", b"MAINPIDFDID=", b"BARRIER="];

/// A sender outside of this pid namespace has pid 0 in it.
fn is_trusted(sender: Sender) -> bool {
    sender.pid > 0 && (sender.uid == 0 || sender.uid == process::own_user())
}

/// `/run/notify.sock` or `@abstract`.
fn address(name: &OsStr) -> Option<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name).ok(),
        _ => SocketAddr::from_pathname(name).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: Moment = Duration::from_secs(100);

    fn verdict(messages: &[&str], watchdog: Option<u64>, later: u64) -> Result<String, String> {
        let state = messages
            .iter()
            .fold(NotifyState::default(), |state, message| state.with_message(message.as_bytes(), NOW));
        let wanted = Notify { watchdog: watchdog.map(Duration::from_secs) };
        state.verdict(wanted, NOW + Duration::from_secs(later))
    }

    #[test]
    fn is_healthy_from_ready_until_stopping() {
        let table: [(&[&str], bool); 9] = [
            (&[], false),
            (&["STATUS=loading"], false),
            (&["READY=1"], true),
            (&["STATUS=fine\nREADY=1\nMAINPID=7\n"], true),
            (&["READY=0"], false),
            (&["READY=1", "RELOADING=1"], false),
            (&["READY=1", "RELOADING=1", "READY=1"], true),
            (&["READY=1", "STOPPING=1"], false),
            (&["READY=1", "WATCHDOG=trigger"], false),
        ];
        for (messages, healthy) in table {
            assert_eq!(verdict(messages, None, 1000).is_ok(), healthy, "{messages:?}");
        }
    }

    #[test]
    fn is_unhealthy_when_the_watchdog_is_silent_for_too_long() {
        assert!(verdict(&["READY=1"], Some(5), 5).is_ok());
        assert!(verdict(&["READY=1\nWATCHDOG=1"], Some(5), 6).unwrap_err().contains("6s ago"));
        assert!(verdict(&["WATCHDOG=1"], Some(5), 1).is_err(), "READY=1 must come first");
    }

    proptest::proptest! {
        #[test]
        fn takes_any_message(message: Vec<u8>) {
            let _ = NotifyState::default().with_message(&message, NOW);
        }
    }
}
