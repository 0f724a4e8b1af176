//! What the app leaves behind is named: off PID 1 it goes on running, and an app that
//! goes to the background ends the container.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{As, Output, everywhere, fixture, hinit, send, until};

const TERM: i32 = 15;

/// A server in the background of a shell, which then ends with this code.
fn server_left_behind(code: i32) -> Vec<String> {
    let script = format!(
        "d=$(mktemp -d); trap 'rm -r $d' EXIT; $0 listen 127.0.0.1:0 > $d/out 2>&1 < /dev/null &
        until grep -qs listens $d/out; do sleep 0.01; done; cat $d/out; exit {code}"
    );
    ["sh", "-c", &script, &fixture()].map(str::to_owned).to_vec()
}

/// The port and the pid of the server, as it says.
fn server(out: &Output) -> (String, i32) {
    let line = out.stdout.lines().find(|line| line.starts_with("listens ")).unwrap();
    let words: Vec<_> = line.split(' ').collect();
    (words[1].to_owned(), words[2].parse().unwrap())
}

#[test]
fn a_server_that_is_left_behind_is_named_with_its_port() {
    let out = hinit(As::Process, server_left_behind(3)).output();
    let (port, pid) = server(&out);
    send(pid, 9);
    assert_eq!(out.code, 3);
    let named = format!("warning: the app left processes running: pid {pid} (/");
    assert!(out.stderr.contains(&named), "{}", out.stderr);
    assert!(
        out.stderr.contains(&format!(") on port {port}; stop them, or let hinit do it with --sweep")),
        "{}",
        out.stderr
    );
    assert_eq!(out.stderr.matches("warning").count(), 1, "{}", out.stderr);
}

#[test]
fn nothing_is_said_where_nothing_is_left() {
    everywhere(|mode| {
        for options in
            [&["true"][..], &["sh", "-c", "exit 3"], &["--health-cmd", "sleep 600", "sleep", "0.1"]]
        {
            let out = hinit(mode, options).output();
            assert!(!out.stderr.contains("left"), "{options:?}: {}", out.stderr);
        }
    });
}

#[test]
fn what_a_sweep_stops_is_not_named() {
    everywhere(|mode| {
        let out = hinit(mode, [vec!["--sweep".to_owned(), "60s".to_owned()], server_left_behind(3)].concat())
            .output();
        assert!(out.code == 3 && !out.stderr.contains("left"), "{}", out.stderr);
    });
}

#[test]
fn another_init_says_nothing_of_it() {
    let app = server_left_behind(3);
    let script = format!("exec -a tini {} \"$@\"", common::HINIT);
    let words = [vec!["-c".to_owned(), script, "-s".to_owned(), "-s".to_owned()], app].concat();
    let out = hinit(As::Process, words).program("bash").output();
    send(server(&out).1, 9);
    assert_eq!((out.code, out.stderr.as_str()), (3, ""));
}

#[test]
fn an_app_that_goes_to_the_background_is_told_to_stay_in_the_foreground() {
    everywhere(|mode| {
        let out = hinit(mode, [&fixture(), "daemon", "127.0.0.1:0"]).output();
        let (port, pid) = server(&out);
        if mode == As::Process {
            send(pid, 9);
        }
        assert_eq!(out.code, 0);
        assert!(out.stderr.contains("warning: the app exited with code 0"), "{}", out.stderr);
        assert!(out.stderr.contains(&format!("pid {pid} (")), "{}", out.stderr);
        assert!(
            out.stderr.contains(&format!(
                "on port {port}; if it went to the background, start it in the foreground"
            )),
            "{}",
            out.stderr
        );
    });
}

#[test]
fn a_daemon_is_named_too_where_it_is_swept_or_its_app_is_started_again() {
    everywhere(|mode| {
        let daemon = [&fixture(), "daemon", "127.0.0.1:0"];
        let out = hinit(mode, [&["--sweep", "60s"][..], &daemon].concat()).output();
        assert!(out.stderr.contains("but left running: pid "), "{}", out.stderr);
        let running = hinit(mode, [&["--restart", "always", "--sweep", "60s"][..], &daemon].concat()).start();
        running.says("but left running: pid ").says("started again").signal(TERM);
        running.wait();
    });
}

#[test]
fn an_app_that_was_asked_to_stop_is_no_daemon() {
    everywhere(|mode| {
        let script = "sleep 100 & trap 'exit 0' TERM; echo $!; while :; do sleep 0.01; done";
        let running = hinit(mode, ["sh", "-c", script]).start();
        let child = until("the child is there", || running.stdout().trim().parse::<i32>().ok());
        running.signal(TERM);
        let out = running.wait();
        if mode == As::Process {
            send(child, 9);
            assert!(
                out.stderr.contains(&format!("left processes running: pid {child} (sleep 100); stop")),
                "{}",
                out.stderr
            );
        }
        assert!(out.code == 0 && !out.stderr.contains("foreground"), "{}", out.stderr);
    });
}
