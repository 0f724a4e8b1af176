//! Processes that stand still: stopped, frozen, beyond reach.

use crate::common::cgroup::Cgroup;
use crate::common::{As, TempDir, everywhere, hinit, send, status_field, until};
use crate::{CONT, KILL, STOP, TERM, USR1, cgroup, fixture, with};
use std::path::Path;
use std::time::{Duration, Instant};

fn await_state(pid: i32, letter: char) {
    until(&format!("state {letter}"), || {
        status_field(pid, "State").filter(|state| state.starts_with(letter))
    });
}

#[test]
fn a_stopped_app_is_no_reason_to_leave() {
    everywhere(|mode| {
        let mut running = hinit(mode, fixture(&[], &["signals"])).start();
        running.prints("ready");
        let app = running.app();
        send(app, STOP);
        await_state(app, 'T');
        running.signal(USR1).says("SIGUSR1");
        assert!(!running.has_ended());
        running.signal(CONT).prints("got 10").signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn what_arrives_while_hinit_itself_is_stopped_is_served_afterwards() {
    everywhere(|mode| {
        let running = hinit(mode, fixture(&[], &["signals"])).start();
        running.prints("ready").signal(STOP);
        await_state(running.pid, 'T');
        running.signal(USR1).signal(CONT).prints("got 10").signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

/// A pause of the machine, as hinit sees it.
#[test]
fn a_deadline_that_passed_while_all_was_frozen_is_kept_after_the_thaw() {
    let Some(group) = cgroup("freezer") else { return };
    for mode in [As::Process, As::Pid1] {
        let running = hinit(mode, fixture(&["--stop-timeout", "300ms"], &["ignore-term"]))
            .before_exec(group.joining())
            .start();
        running.prints("ready").signal(TERM).says("stopping");
        let asked = Instant::now();
        group.set("freezer.state", "FROZEN");
        until("the deadline has passed", || (asked.elapsed() > Duration::from_millis(400)).then_some(()));
        group.set("freezer.state", "THAWED");
        assert_eq!(running.wait().code, 137);
    }
}

/// What is frozen by cgroup v1 cannot even be killed, as a process in an
/// uninterruptible system call.
#[test]
fn leaves_without_an_app_that_cannot_be_killed() {
    let Some(group) = cgroup("freezer") else { return };
    let running = hinit(As::Process, fixture(&["--stop-timeout", "10ms"], &["ignore-term"])).start();
    running.prints("ready");
    let app = running.app();
    group.add(app).set("freezer.state", "FROZEN");
    running.signal(TERM).says("killing it");
    let out = running.wait();
    group.set("freezer.state", "THAWED");
    assert_eq!(out.code, 137);
    assert!(out.stderr.contains("some processes survived SIGKILL; exiting anyway"), "{}", out.stderr);
}

#[test]
fn an_app_killed_while_hinit_is_stopped_is_noticed_afterwards() {
    everywhere(|mode| {
        let running = hinit(mode, fixture(&[], &["signals"])).start();
        running.prints("ready").signal(STOP);
        await_state(running.pid, 'T');
        let app = running.app();
        send(app, KILL);
        await_state(app, 'Z');
        running.signal(CONT);
        assert_eq!(running.wait().code, 137);
    });
}

/// What a check in a frozen group survives for a while: a timeout's SIGKILL.
const NOT_ENDED: &str = "unhealthy: a check that was killed ";

/// hinit with a check that passes while the file is there, and else freezes.
fn with_freezing_check(group: &Cgroup, healthy: &Path, options: &[&str], script: &str) -> Vec<String> {
    let check = format!("test -e {} || {{ {}; exit 1; }}", healthy.display(), group.join_command());
    let timing = ["--health-interval", "20ms", "--health-timeout", "1s", "--health-retries", "2"];
    with(&[["--health-cmd", &check].as_slice(), &timing, options].concat(), script)
}

#[test]
fn a_check_that_survives_kill_makes_unhealthy_and_no_other_is_started() {
    let Some(group) = cgroup("freezer") else { return };
    for mode in [As::Process, As::Pid1] {
        // The check of the last turn, thawed and killed, must not freeze again.
        until("the group is empty", || group.pids().is_empty().then_some(()));
        group.set("freezer.state", "FROZEN");
        let dir = TempDir::new("unkillable");
        let (healthy, ready) = (dir.file("healthy", ""), dir.path().join("ready"));
        let options = ["--ready-file", ready.to_str().unwrap(), "--health-on-failure", "stop"];
        let app = "trap 'echo asked; until test -e $0; do sleep 0.01; done; exit 7' TERM; echo ready; \
                   while :; do sleep 0.01; done";
        let go = dir.path().join("go");
        let words = with_freezing_check(&group, &healthy, &options, app);
        let running = hinit(mode, words.into_iter().chain([go.display().to_string()])).start();
        running.prints("ready").says("healthy, ");
        until("the ready file is there", || ready.exists().then_some(()));
        std::fs::remove_file(&healthy).unwrap();
        running.says(NOT_ENDED).says("has not ended, so no other is started: pid ").prints("asked");
        assert!(!ready.exists());
        assert_eq!(group.pids().len(), 1);
        group.set("freezer.state", "THAWED");
        std::fs::write(go, "").unwrap();
        assert_eq!(running.wait().code, 69);
    }
}

#[test]
fn a_check_that_survives_kill_is_waited_for_in_the_next_life_of_the_app_too() {
    let Some(group) = cgroup("freezer") else { return };
    for mode in [As::Process, As::Pid1] {
        // The check of the last turn, thawed and killed, must not freeze again.
        until("the group is empty", || group.pids().is_empty().then_some(()));
        group.set("freezer.state", "FROZEN");
        let dir = TempDir::new("next-life");
        let healthy = dir.path().join("healthy");
        let app = "trap 'exit 7' TERM; echo life; while :; do sleep 0.01; done";
        let options = ["--health-on-failure", "restart"];
        let running = hinit(mode, with_freezing_check(&group, &healthy, &options, app)).start();
        running.prints_times("life", 3);
        assert!(running.stderr().matches(NOT_ENDED).count() >= 2, "{}", running.stderr());
        assert_eq!(group.pids().len(), 1);
        std::fs::write(&healthy, "").unwrap();
        group.set("freezer.state", "THAWED");
        running.says("healthy, ").signal(TERM);
        assert_eq!(running.wait().code, 7);
    }
}
