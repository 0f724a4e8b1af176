//! The app that the tests run under hinit, one behaviour a verb.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

use hinit::signal::Signal;
use hinit::sys::process::{self, Side};
use hinit::sys::signals::{Inbox, block_all};
use hinit::sys::{clock, fds};
use std::io::Write;
use std::time::Duration;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = words.get(1).and_then(|word| word.parse().ok());
    match words.first().map_or("", String::as_str) {
        "signals" => signals(),
        "orphans" => orphans(number.unwrap_or(1)),
        "ignore-term" => ignore_term(),
        "hangup" => hangup(),
        "bind" => bind(words.get(1).map_or("", String::as_str)),
        other => panic!("no such behaviour: {other}"),
    }
}

/// Prints the number of each signal that arrives, all 64 of them, and leaves
/// on SIGTERM with code 7.
fn signals() {
    block_all();
    let mut inbox = Inbox::open().expect("a signalfd");
    say("ready");
    let mut arrivals = Vec::new();
    loop {
        fds::wait_for_input(&mut [fds::input(inbox.fd())], None).expect("a wait");
        inbox.take(&mut arrivals);
        for arrival in &arrivals {
            say(&format!("got {}", arrival.signal.number()));
            if arrival.signal == Signal::TERM {
                std::process::exit(7);
            }
        }
    }
}

/// Leaves so many orphans behind, each dead at once, and goes on.
fn orphans(count: usize) {
    match process::fork().expect("a child") {
        Side::Child => {
            for _ in 0..count {
                if process::fork().expect("a grandchild") == Side::Child {
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
    block_all();
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

/// Does not stop on SIGTERM.
fn ignore_term() {
    block_all();
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
    let end = clock::now() + Duration::from_secs(120);
    while clock::now() < end {
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn say(text: &str) {
    println!("{text}");
    std::io::stdout().flush().expect("stdout");
}
