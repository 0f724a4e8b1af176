//! Servers that hang, and count how often they got there.

use crate::Reached;
use crate::common::{Running, children, until};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Between two bytes that are dripped.
const PAUSE: Duration = Duration::from_millis(20);

/// What a server does with a connection.
#[derive(Clone, Copy)]
pub struct Script {
    /// The first thing it sends, once it has been asked if it is one that is.
    pub says: &'static [u8],
    pub then: Then,
}

/// What a server does after that, for as long as the other side bears it.
#[derive(Clone, Copy)]
pub enum Then {
    Hold,
    Drip(&'static [u8]),
    Flood(&'static [u8]),
}

pub const fn holding(says: &'static [u8]) -> Script {
    Script { says, then: Then::Hold }
}

pub const fn dripping(says: &'static [u8], more: &'static [u8]) -> Script {
    Script { says, then: Then::Drip(more) }
}

pub const fn flooding(says: &'static [u8], more: &'static [u8]) -> Script {
    Script { says, then: Then::Flood(more) }
}

/// How often a probe was brought to hang.
#[derive(Clone, Default)]
pub struct Count(Arc<AtomicUsize>);

impl Count {
    pub fn one_more(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Waits until one more probe hangs than at the last wait.
    pub fn reached(self) -> Reached {
        let seen = AtomicUsize::new(0);
        Box::new(move |_: &Running, _| {
            // Probes of the hinit before this one have been told of already.
            let before = seen.load(Ordering::SeqCst);
            let now = until("a probe hangs", || (self.get() > before).then(|| self.get()));
            seen.store(now, Ordering::SeqCst);
        })
    }
}

impl Script {
    pub fn play(self, mut stream: impl Read + Write, count: &Count) {
        let _ = stream.write_all(self.says).and_then(|()| stream.flush());
        count.one_more();
        match self.then {
            Then::Hold => {
                let mut bytes = [0; 4096];
                while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
            }
            Then::Drip(bytes) => {
                while stream.write_all(bytes).and_then(|()| stream.flush()).is_ok() {
                    thread::sleep(PAUSE);
                }
            }
            Then::Flood(bytes) => {
                let bytes = bytes.repeat(4096 / bytes.len() + 1);
                while stream.write_all(&bytes).is_ok() {}
            }
        }
    }
}

pub fn serve_tcp(address: &str, script: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    serve(listener, script);
    address
}

/// Serves each connection in a thread of its own, for as long as the test runs.
pub fn serve(listener: TcpListener, script: impl Fn(TcpStream) + Clone + Send + 'static) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let script = script.clone();
            thread::spawn(move || script(stream));
        }
    });
}

/// A listener at `address` on a port that IPv4's loopback refuses for as long
/// as the test runs: the families do not know of each other's ports.
pub fn listen_alone(address: &str) -> TcpListener {
    let listener = || TcpListener::bind(address).unwrap();
    let is_alone = |listener: &TcpListener| {
        let at = listener.local_addr().unwrap();
        at.is_ipv4() || take_and_refuse(at.port())
    };
    std::iter::repeat_with(listener).take(100).find(is_alone).unwrap()
}

/// Whether the port could be had. A socket that is bound and does not listen
/// refuses connections; it is never closed.
fn take_and_refuse(port: u16) -> bool {
    // SAFETY: system calls, with an address of the length given.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0);
        let mut address: libc::sockaddr_in = std::mem::zeroed();
        address.sin_family = 2;
        address.sin_port = port.to_be();
        address.sin_addr.s_addr = u32::from(Ipv4Addr::LOCALHOST).to_be();
        let length = libc::socklen_t::try_from(size_of_val(&address)).unwrap();
        libc::bind(socket, (&raw const address).cast(), length) == 0
    }
}

pub fn serve_unix(path: &Path, script: impl Fn(UnixStream) + Clone + Send + 'static) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let script = script.clone();
            thread::spawn(move || script(stream));
        }
    });
}

/// A port whose backlog is full: who connects now waits.
pub struct FullPort {
    listener: TcpListener,
    queued: Vec<TcpStream>,
}

impl FullPort {
    pub fn new() -> Self {
        Self::at("127.0.0.1:0")
    }

    pub fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        shorten_backlog(&listener);
        let address = listener.local_addr().unwrap();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
        let queued: Vec<_> = std::iter::from_fn(connect).take(1000).collect();
        assert!(queued.len() < 1000, "the backlog has an end");
        Self { listener, queued }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// Takes the connections that have waited, so that there is room again.
    pub fn drain(&mut self) {
        let listener = &self.listener;
        self.queued.drain(..).for_each(|_| drop(listener.accept().unwrap()));
    }

    /// Waits until somebody is connecting: as a line of proc(5)'s net/tcp.
    pub fn reached(self) -> Reached {
        Box::new(move |_, _| {
            assert!(!self.queued.is_empty());
            let syn_sent = format!(":{:04X} 02 ", self.port());
            until("a probe connects", || {
                std::fs::read_to_string("/proc/net/tcp").unwrap().contains(&syn_sent).then_some(())
            });
        })
    }
}

/// A unix socket whose backlog is full.
pub struct FullSocket {
    _listener: UnixListener,
    _queued: Vec<UnixStream>,
}

impl FullSocket {
    pub fn new(path: &Path) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        shorten_backlog(&listener);
        // One more than the backlog is taken (net/unix/af_unix.c).
        let queued = vec![UnixStream::connect(path).unwrap()];
        Self { _listener: listener, _queued: queued }
    }

    pub fn reached(self) -> Reached {
        Box::new(move |running, app| {
            let _kept = &self;
            await_call(running, app, libc::SYS_connect);
        })
    }
}

/// Waits until a probe of this hinit is in this system call.
pub fn await_call(running: &Running, app: i32, call: libc::c_long) {
    until("a probe is in its call", || {
        let probes = children(running.pid).into_iter().filter(|pid| *pid != app);
        let mut calls = probes.filter_map(|pid| std::fs::read_to_string(format!("/proc/{pid}/syscall")).ok());
        calls.any(|line| line.split(' ').next() == Some(&call.to_string())).then_some(())
    });
}

fn shorten_backlog(listener: &impl AsRawFd) {
    // SAFETY: a system call without memory.
    let done = unsafe { libc::listen(listener.as_raw_fd(), 0) };
    assert_eq!(done, 0, "{}", io::Error::last_os_error());
}
