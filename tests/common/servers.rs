//! Servers that a test scripts itself, and built-in probes that look at them.
//! All traffic stays on loopback.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use hinit::testing::plan::probe::{Probe, Target};
use hinit::testing::probe::{Verdict, run};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Long enough for any machine; only reached where something hangs.
pub const GENEROUS: Duration = Duration::from_secs(60);
/// For servers that never come to an end by themselves.
pub const SHORT: Duration = Duration::from_millis(300);

pub fn serve_on(address: &str, script: fn(TcpStream)) -> u16 {
    serve_at(address, script)
}

/// Serves each connection with `script`, for as long as the test runs.
fn serve_at(address: &str, script: impl Fn(TcpStream) + Copy + Send + 'static) -> u16 {
    let listener = TcpListener::bind(address).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || script(stream));
        }
    });
    port
}

pub fn serve(script: fn(TcpStream)) -> u16 {
    serve_on("127.0.0.1:0", script)
}

/// The same for a script that knows something.
pub fn serve_with(script: impl Fn(TcpStream) + Copy + Send + 'static) -> u16 {
    serve_at("127.0.0.1:0", script)
}

/// Looks once, in a thread so that a hanging probe fails instead of the test run.
pub fn look(text: &str, limit: Duration) -> Verdict {
    let probe = Probe::from_text(text, &|_| None).unwrap();
    let Target::Builtin(target) = probe.target else { panic!("{text} is no built-in probe") };
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(run(&target, limit, &mut |_| {})));
    receiver.recv_timeout(GENEROUS).unwrap_or_else(|_| panic!("{text} got no verdict"))
}

pub fn healthy(text: &str) -> String {
    let verdict = look(text, GENEROUS);
    assert!(verdict.healthy, "{text}: {}", verdict.reason);
    verdict.reason
}

pub fn unhealthy_within(text: &str, limit: Duration) -> String {
    let verdict = look(text, limit);
    assert!(!verdict.healthy, "{text}: {}", verdict.reason);
    assert!(!verdict.reason.contains(char::is_control), "{:?}", verdict.reason);
    assert!(verdict.reason.len() < 1100, "{}", verdict.reason.len());
    verdict.reason
}

pub fn unhealthy(text: &str) -> String {
    unhealthy_within(text, GENEROUS)
}

/// Keeps the connection open without a word until the other side closes it.
pub fn hold(mut stream: TcpStream) {
    let mut bytes = [0; 64];
    while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
}
