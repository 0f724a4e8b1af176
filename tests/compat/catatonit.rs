//! catatonit, podman's init.

use crate::common::{children, fixture, given, is_root, seccomp, skip, status_field, until};
use crate::{TERM, both_everywhere, only_hinit, sh, start};

#[test]
fn passes_signals_on_and_leaves_with_the_apps_code() {
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
fn reaps_orphans_also_where_it_is_not_pid_1() {
    both_everywhere("catatonit", |program, mode| {
        let running = start(program, mode, ["--", &fixture(), "orphans", "100"]).start();
        running.prints("orphaned");
        until("only the app is left", || (children(running.pid).len() == 1).then_some(()));
        running.signal(TERM);
        assert_eq!(running.wait().code, 143);
    });
}

#[test]
fn pauses_until_term_or_int_and_ignores_the_rest() {
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
fn a_pause_reaps_also_what_was_dead_before_where_catatonit_does_not() {
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
fn a_pause_goes_on_where_the_kernel_cannot_wait() {
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
fn hinit_is_podmans_init_by_its_other_name() {
    only_hinit("podman-init", |program, mode| {
        let out = start(program, mode, sh(&[], "exit 5")).output();
        assert_eq!((out.code, out.stderr.as_str()), (5, ""));
    });
}
