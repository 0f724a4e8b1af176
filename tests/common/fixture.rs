//! The app that the tests run under hinit, one behaviour a verb.
#![allow(unsafe_code)]
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

use hinit::testing::signal::Signal;
use hinit::testing::sys::process::{self, Ending, Side};
use hinit::testing::sys::signals::{Inbox, block_all, on_parent_death};
use hinit::testing::sys::{clock, fds};
use std::io::{self, Write};
use std::time::Duration;

/// Nothing here lives longer.
const LONGEST: Duration = Duration::from_secs(120);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = words.get(1).and_then(|word| word.parse().ok());
    match words.first().map_or("", String::as_str) {
        "signals" => signals(|_| true),
        "signals-but-quiet" => signals(|signal| signal.number() == 12),
        "orphans" => orphans(number.unwrap_or(1)),
        "ignore-term" => ignore_term(),
        "hangup" => hangup(),
        "notify" => notify(&words[1..]),
        "flood" => flood(),
        "bind" => bind(words.get(1).map_or("", String::as_str)),
        "fork-until" => fork_until(number.unwrap_or(1)),
        "use-memory" => use_memory(),
        "leave-group" => leave_group(),
        other => panic!("no such behaviour: {other}"),
    }
}

fn fork() -> io::Result<Side> {
    // SAFETY: nothing here starts a thread.
    unsafe { process::fork() }
}

/// Prints the number of each signal that arrives, all 64 of them, if it is to
/// be `told`, and leaves on SIGTERM with code 7.
fn signals(told: fn(Signal) -> bool) {
    // SAFETY: nothing here starts a thread.
    unsafe { block_all() };
    let mut inbox = Inbox::open().expect("a signalfd");
    say("ready");
    let mut arrivals = Vec::new();
    loop {
        fds::wait_for_input(&mut [fds::input(inbox.fd())], None).expect("a wait");
        inbox.take(&mut arrivals);
        for arrival in &arrivals {
            if told(arrival.signal) {
                say(&format!("got {}", arrival.signal.number()));
            }
            if arrival.signal == Signal::TERM {
                std::process::exit(7);
            }
        }
    }
}

/// Leaves so many orphans behind, each dead at once, and goes on.
fn orphans(count: usize) {
    match fork().expect("a child") {
        Side::Child => {
            for _ in 0..count {
                if fork().expect("a grandchild") == Side::Child {
                    process::leave(0);
                }
            }
            process::leave(0);
        }
        Side::Parent(pid) => drop(process::wait_for(pid)),
    }
    say("orphaned");
    wait_for_ever();
}

/// Leaves with code 8 on SIGHUP, without a word: there is nobody to hear it.
fn hangup() {
    // SAFETY: nothing here starts a thread.
    unsafe { block_all() };
    let mut inbox = Inbox::open().expect("a signalfd");
    say("ready");
    let mut arrivals = Vec::new();
    loop {
        fds::wait_for_input(&mut [fds::input(inbox.fd())], None).expect("a wait");
        inbox.take(&mut arrivals);
        if arrivals.iter().any(|arrival| arrival.signal == Signal::HUP) {
            std::process::exit(8);
        }
    }
}

/// Leaves orphans behind until so many could be made, whatever the limits say
/// meanwhile.
fn fork_until(count: usize) {
    let end = clock::now() + LONGEST;
    let mut made = 0;
    while made < count && clock::now() < end {
        match fork() {
            Ok(Side::Child) => process::leave(i32::from(fork().is_err())),
            Ok(Side::Parent(pid)) => made += usize::from(process::wait_for(pid) == Some(Ending::Exited(0))),
            Err(_) => std::thread::yield_now(),
        }
    }
    say(&format!("made {made}"));
    wait_for_ever();
}

/// Takes memory until somebody does something about it, a GB at most.
fn use_memory() {
    let mut taken: Vec<Vec<u8>> = Vec::new();
    for _ in 0..1024 {
        taken.push(vec![1; 1 << 20]);
    }
    say(&format!("took {} MB", taken.len()));
}

/// Says each word to NOTIFY_SOCKET when a signal arrives, then that it has, and
/// leaves with code 7 on SIGTERM.
fn notify(words: &[String]) {
    // SAFETY: nothing here starts a thread.
    unsafe { block_all() };
    let socket = notify_socket();
    let mut inbox = Inbox::open().expect("a signalfd");
    say(&format!("ready {}", std::env::var("WATCHDOG_USEC").unwrap_or_default()));
    let (mut arrivals, mut words) = (Vec::new(), words.iter());
    loop {
        fds::wait_for_input(&mut [fds::input(inbox.fd())], None).expect("a wait");
        inbox.take(&mut arrivals);
        for arrival in &arrivals {
            if arrival.signal == Signal::TERM {
                std::process::exit(7);
            }
            if let Some(word) = words.next() {
                socket.send(word.as_bytes()).expect("somebody listens");
                say("said");
            }
        }
    }
}

/// Says WATCHDOG=1 to NOTIFY_SOCKET as fast as it can, and never READY=1,
/// while it tells its signals.
fn flood() {
    let socket = notify_socket();
    if fork().expect("a child") == Side::Child {
        let _ = on_parent_death(Signal::KILL);
        let end = clock::now() + LONGEST;
        while clock::now() < end && socket.send(b"WATCHDOG=1\nSTATUS=busy").is_ok() {}
        process::leave(0);
    }
    signals(|_| true);
}

fn notify_socket() -> std::os::unix::net::UnixDatagram {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    let name = std::env::var("NOTIFY_SOCKET").expect("a NOTIFY_SOCKET");
    let name = name.strip_prefix('@').expect("an abstract socket");
    let socket = UnixDatagram::unbound().expect("a socket");
    socket
        .connect_addr(&SocketAddr::from_abstract_name(name).expect("an address"))
        .expect("somebody listens");
    socket
}

/// Moves into the group of a child, and stays.
fn leave_group() {
    let Side::Parent(child) = fork().expect("a child") else {
        let _ = on_parent_death(Signal::KILL);
        return std::thread::sleep(LONGEST);
    };
    process::lead_group(child);
    let (own, group) = (nix::unistd::Pid::from_raw(0), nix::unistd::Pid::from_raw(child));
    nix::unistd::setpgid(own, group).expect("a group to move into");
    std::thread::sleep(LONGEST);
}

/// Does not stop on SIGTERM.
fn ignore_term() {
    // SAFETY: nothing here starts a thread.
    unsafe { block_all() };
    say("ready");
    wait_for_ever();
}

/// Says whether a port can be had.
fn bind(address: &str) {
    match std::net::TcpListener::bind(address) {
        Ok(_) => say("bound"),
        Err(error) => say(&error.to_string()),
    }
}

/// Bounded all the same, so that nothing is left behind by a failed test.
fn wait_for_ever() {
    let end = clock::now() + LONGEST;
    while clock::now() < end {
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn say(text: &str) {
    println!("{text}");
    io::stdout().flush().expect("stdout");
}
