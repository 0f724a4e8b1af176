//! Processes that hinit may not signal.

use crate::common::{As, TempDir, hinit, send, status_field, until};
use crate::{KILL, TERM, root_for};
use std::path::PathBuf;
use std::process::Command;

/// setpriv as a setuid program of root: with it an app becomes root again,
/// wholly, and out of reach for a dropped hinit.
fn setuid_setpriv(directory: &TempDir) -> PathBuf {
    let path = directory.path().join("setpriv");
    let made = Command::new("install").args(["-m", "4755", "/usr/bin/setpriv"]).arg(&path).status().unwrap();
    assert!(made.success());
    path
}

fn app_of_root(options: &[&str], setpriv: &std::path::Path) -> Vec<String> {
    let fixed = ["--user", "10001:10001", "--no-new-privs=false"];
    let app = [setpriv.to_str().unwrap(), "--reuid=0", "sleep", "600"];
    [&fixed, options, &app].concat().into_iter().map(str::to_owned).collect()
}

#[test]
fn an_app_that_may_not_be_signalled_is_warned_about_and_stays() {
    if !root_for("an app that is root again") {
        return;
    }
    let directory = TempDir::new("setuid");
    let setpriv = setuid_setpriv(&directory);
    for mode in [As::Process, As::Pid1] {
        let mut running = hinit(mode, app_of_root(&[], &setpriv)).start();
        until("the app is root", || status_field(running.app(), "Uid").filter(|uid| uid == "0 0 0 0"));
        running.signal(TERM).says("could not send SIGTERM to the app").says("Operation not permitted");
        // It goes on: tini leaves here, and takes the container along.
        running.signal(TERM).says("SIGTERM");
        assert!(!running.has_ended());
        send(running.app(), KILL);
        assert_eq!(running.wait().code, 137);
    }
}

#[test]
fn an_app_that_may_not_even_be_killed_does_not_keep_hinit() {
    if !root_for("an app that is root again") {
        return;
    }
    let directory = TempDir::new("setuid");
    let setpriv = setuid_setpriv(&directory);
    let running = hinit(As::Pid1, app_of_root(&["--stop-timeout", "10ms"], &setpriv)).start();
    until("the app is root", || status_field(running.app(), "Uid").filter(|uid| uid == "0 0 0 0"));
    running.signal(TERM);
    let out = running.wait();
    assert_eq!(out.code, 137, "{}", out.stderr);
    assert!(out.stderr.contains("some processes survived SIGKILL"), "{}", out.stderr);
}
