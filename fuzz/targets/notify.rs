//! sd_notify messages, over a real socket: what makes the app ready, and what is
//! passed on to the engine.
//!
//! Each message has its length before it, in a byte.
#![no_main]

use hinit::testing::health::notify::{Listener, NotifyState, SharedNotifyState};
use hinit::testing::plan::probe::Notify;
use libfuzzer_sys::fuzz_target;
use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

const WANTED: Notify = Notify { watchdog: Some(Duration::from_secs(5)) };

/// The app's end, hinit, and the engine's end.
struct Sockets {
    app: UnixDatagram,
    listener: Listener,
    said: SharedNotifyState,
    engine: UnixDatagram,
}

impl Sockets {
    fn open() -> Self {
        let name = format!("hinit-fuzz-{}", std::process::id());
        let engine = SocketAddr::from_abstract_name(&name).and_then(|name| UnixDatagram::bind_addr(&name));
        let engine = engine.expect("a socket for the engine");
        engine.set_nonblocking(true).expect("a socket that does not block");
        let said = SharedNotifyState::default();
        let outer = OsString::from(format!("@{name}"));
        let listener = Listener::open(said.clone(), Some(&outer)).expect("a socket for the app");
        let (_, name) = listener.variables(WANTED).swap_remove(0);
        let name = SocketAddr::from_abstract_name(&name.as_bytes()[1..]).expect("the socket's name");
        let app = UnixDatagram::unbound().expect("a socket");
        app.connect_addr(&name).expect("hinit listens");
        Self { app, listener, said, engine }
    }
}

thread_local! {
    static SOCKETS: Sockets = Sockets::open();
}

fuzz_target!(|input: &[u8]| {
    SOCKETS.with(|sockets| {
        sockets.listener.reset();
        let mut expected = NotifyState::default();
        let (mut rest, mut now) = (input, Duration::from_secs(1));
        while let Some((length, after)) = rest.split_first() {
            let (message, after) = after.split_at(after.len().min(usize::from(*length)));
            (rest, now) = (after, now + Duration::from_secs(1));
            sockets.app.send(message).expect("the message is sent");
            sockets.listener.receive(now);
            expected = expected.with_message(message, now);
            assert_eq!(sockets.said.get(), expected);
            passed_on(&sockets.engine, message);
            judged(expected, input, now);
        }
    });
});

/// All lines but those that only hinit itself may say, and nothing if there is no
/// other.
fn passed_on(engine: &UnixDatagram, message: &[u8]) {
    let mut heard = [0; 4096];
    let lines = message.split(|byte| *byte == b'\n').filter(|line| {
        let name = line.iter().position(|byte| *byte == b'=').map(|end| &line[..end]);
        !matches!(name, Some(b"MAINPID" | b"MAINPIDFD" | b"MAINPIDFDID" | b"BARRIER"))
    });
    let wanted = lines.collect::<Vec<_>>().join(&b'\n');
    match engine.recv(&mut heard) {
        Ok(length) => assert_eq!(&heard[..length], wanted),
        Err(error) => assert!(wanted.is_empty(), "{error}"),
    }
}

/// Ready is only who said so.
fn judged(said: NotifyState, input: &[u8], now: Duration) {
    match said.verdict(WANTED, now) {
        Ok(_) => assert!(input.windows(7).any(|window| window == b"READY=1")),
        Err(why) => assert!(!why.contains('\n')),
    }
    assert!(said.verdict(WANTED, now + Duration::from_secs(6)).is_err());
}
