//! Processes that stand still: stopped, frozen, beyond reach.

use crate::common::{As, everywhere, hinit, send, status_field, until};
use crate::{CONT, KILL, STOP, TERM, USR1, cgroup, fixture};
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
