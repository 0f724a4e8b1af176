//! Whose answer it is: off PID 1 an app is not healthy by a port that another process
//! has.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{As, Builder, fixture, hinit};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::Stdio;

const TERM: i32 = 15;
const TIMING: [&str; 4] = ["--health-interval", "20ms", "--health-retries", "2"];

/// A listener of the tests, which is no part of the app.
fn foreign() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// hinit with checks of this address.
fn checking(mode: As, address: &str, options: &[&str], app: &[&str]) -> Builder {
    let health = format!("tcp://{address}");
    hinit(mode, [&TIMING[..], &["--health", &health], options, app].concat())
}

#[test]
fn a_port_that_another_process_has_is_named_at_the_start_and_makes_nobody_healthy() {
    let (_listener, address) = foreign();
    let running = checking(As::Process, &address, &[], &[&fixture(), "signals"]).start();
    let own = std::process::id();
    running.prints("ready");
    running
        .says(&format!("warning: pid {own} ("))
        .says(&format!(") listens on {address} before the app is started"));
    running
        .says(&format!("unhealthy: the answer is not the app's: pid {own} ("))
        .says("write --any-listener");
    running.signal(TERM);
    let out = running.wait();
    assert!(out.code == 7 && !out.stderr.contains(" healthy"), "{}", out.stderr);
}

#[test]
fn the_app_is_healthy_once_it_has_the_port_itself() {
    let (listener, address) = foreign();
    let running = checking(As::Process, &address, &[], &[&fixture(), "listen", &address]).start();
    running.prints("waiting").says("unhealthy: the answer is not the app's");
    drop(listener);
    running.prints("listens").says("healthy again: ").signal(TERM);
    assert_eq!(running.wait().code, 143);
}

#[test]
fn a_listener_of_a_child_is_the_app_s() {
    let (listener, address) = foreign();
    drop(listener);
    let script = format!("{} listen {address} & trap 'kill $!; wait' TERM; wait", fixture());
    let running = checking(As::Process, &address, &[], &["sh", "-c", &script]).start();
    running.says("healthy, ").signal(TERM);
    let out = running.wait();
    assert!(!out.stderr.contains("any-listener"), "{}", out.stderr);
}

#[test]
fn any_listener_will_do_if_the_user_says_so() {
    let (_listener, address) = foreign();
    for option in ["--any-listener", "--any-listener=true"] {
        let running = checking(As::Process, &address, &[option], &[&fixture(), "signals"]).start();
        running.prints("ready").says("healthy, ").signal(TERM);
        let out = running.wait();
        assert!(out.code == 7 && !out.stderr.contains("listens on"), "{}", out.stderr);
    }
}

#[test]
fn as_pid_1_nobody_is_asked_for_the_port() {
    if let Some(why) = common::no_namespaces() {
        return common::skip("as PID 1", &why);
    }
    let (_listener, address) = foreign();
    let running = checking(As::Pid1, &address, &[], &[&fixture(), "signals"]).start();
    running.prints("ready").says("healthy, ").signal(TERM);
    let out = running.wait();
    assert!(out.code == 7 && !out.stderr.contains("listens on"), "{}", out.stderr);
}

#[test]
fn a_socket_that_was_passed_to_the_app_is_the_app_s() {
    let (listener, address) = foreign();
    let script = format!("exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec {} \"$@\"", common::HINIT);
    let health = format!("tcp://{address}");
    let words = ["-c", &script, "sh", "--health", &health, &fixture(), "signals"];
    let socket = Stdio::from(OwnedFd::from(listener));
    let running = hinit(As::Process, words).program("sh").stdin(socket).start();
    running.prints("ready").says("healthy, ").signal(TERM);
    let out = running.wait();
    assert!(out.code == 7 && !out.stderr.contains("listens on"), "{}", out.stderr);
}
