//! catatonit, podman's init.

use crate::common::{children, fixture, given, is_root, seccomp, skip, status_field, until};
use crate::{TERM, both_everywhere, only_hinit, sh, start};

#[test]
fn forwards_signals_and_exits_with_the_apps_code() {
    both_everywhere("catatonit", |program, mode| {
        for number in [1, 2, 10, 12, 15, 34] {
            let running = start(program, mode, sh(&[], "echo ready; exec sleep 60")).start();
            running.prints("ready").signal(number);
            let out = running.wait();
            assert_eq!((out.code, out.stderr.as_str()), (128 + number, ""));
        }
        assert_eq!(start(program, mode, sh(&["-g"], "exit 5")).output().code, 5);
    });
}

#[test]
fn reaps_orphans_even_if_it_is_not_pid_1() {
    both_everywhere("catatonit", |program, mode| {
        let running = start(program, mode, ["--", &fixture(), "orphans", "100"]).start();
        running.prints("orphaned");
        until("only the app is left", || (children(running.pid).len() == 1).then_some(()));
        running.signal(TERM);
        assert_eq!(running.wait().code, 143);
    });
}

#[test]
fn pauses_until_term_or_int_and_ignores_other_signals() {
    both_everywhere("catatonit", |program, mode| {
        for end in [TERM, 2] {
            let running = start(program, mode, ["-P"]).start();
            until("it waits for signals, blocked", || {
                let blocked = u64::from_str_radix(&status_field(running.pid, "SigBlk")?, 16).ok()?;
                (blocked & 1 == 1 && crate::stat(running.pid, 3) == "S").then_some(())
            });
            for number in [1, 3, 10, 12, 34] {
                running.signal(number);
            }
            running.signal(end);
            let out = running.wait();
            assert_eq!((out.code, out.stderr.as_str()), (0, ""));
        }
    });
}

#[test]
fn pause_reaps_children_that_died_before_it_started_where_catatonit_does_not() {
    only_hinit("catatonit", |program, mode| {
        let running = start(program, mode, ["-P"]).before_exec(given::a_dead_child).start();
        until("it is reaped", || {
            (crate::stat(running.pid, 3) == "S" && children(running.pid).is_empty()).then_some(())
        });
        running.signal(TERM);
        assert_eq!(running.wait().code, 0);
    });
}

#[test]
fn pause_survives_a_failing_poll() {
    if !is_root() {
        return skip("a seccomp filter", "not root");
    }
    only_hinit("catatonit", |program, mode| {
        let no_poll = seccomp::answering(libc::SYS_poll, libc::ENOMEM);
        let mut running = start(program, mode, ["-P"]).before_exec(no_poll).start();
        until("it sleeps", || {
            let at = std::fs::read_to_string(format!("/proc/{}/wchan", running.pid)).unwrap_or_default();
            at.contains("nanosleep").then_some(())
        });
        assert!(!running.has_ended());
        running.signal(TERM);
        assert_eq!(running.wait().code, 0);
    });
}

#[test]
fn podman_init_is_catatonit() {
    only_hinit("podman-init", |program, mode| {
        let out = start(program, mode, sh(&[], "exit 5")).output();
        assert_eq!((out.code, out.stderr.as_str()), (5, ""));
    });
}
