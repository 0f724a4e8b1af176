//! Many signals, early ones, and who sent them.

use crate::common::{As, everywhere, given, hinit, send, status_field};
use crate::{TERM, USR2, fixture, sh};

/// What it has allocated; code that is touched for the first time is no growth.
fn resident_kb(pid: i32) -> u64 {
    status_field(pid, "RssAnon").unwrap().split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn serves_on_through_a_storm_of_a_million_mixed_signals() {
    everywhere(|mode| {
        // The kernel looks through the whole queue for each signal it takes
        // out: with the usual limit of 100,000 that alone takes minutes.
        let queue = given::limit(libc::RLIMIT_SIGPENDING, 1000);
        let running = hinit(mode, fixture(&["-q"], &["signals-but-quiet"])).before_exec(queue).start();
        running.prints("ready").signal(USR2).prints("got 12\n");
        let before = resident_kb(running.pid);
        // TERM and USR2 are for later; KILL and STOP nobody can catch.
        let mixed = (1..=64).filter(|number| ![USR2, TERM, 9, 19].contains(number));
        for number in mixed.cycle().take(1_000_000) {
            send(running.pid, number);
        }
        running.signal(USR2).prints_times("got 12\n", 2);
        let grown = resident_kb(running.pid).saturating_sub(before);
        assert!(grown < 100, "it has grown by {grown} kB");
        running.signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn a_stop_that_came_before_the_first_instruction_is_kept() {
    everywhere(|mode| {
        let running = hinit(mode, fixture(&[], &["signals"])).before_exec(given::term_pending).start();
        let out = running.wait();
        assert_eq!((out.code, out.stdout.as_str()), (7, "ready\ngot 15\n"), "{}", out.stderr);
    });
}

#[test]
fn says_who_inside_asked_for_the_stop() {
    everywhere(|mode| {
        let out = hinit(mode, sh("kill -TERM $PPID; while :; do sleep 0.1; done")).output();
        assert_eq!(out.code, 143);
        assert!(out.stderr.contains("SIGTERM from pid "), "{}", out.stderr);
        assert!(out.stderr.contains(" (sh), stopping"), "{}", out.stderr);
        let last = out.stderr.lines().last().unwrap_or_default();
        assert!(last.contains("the app was killed by SIGTERM, after SIGTERM from pid "), "{last}");
        assert!(last.ends_with(" (sh)"), "{last}");
    });
}

#[test]
fn the_last_line_says_who_outside_asked_for_the_stop() {
    for options in [[].as_slice(), &["--drain", "1ms"]] {
        let running = hinit(As::Pid1, fixture(options, &["signals"])).start();
        running.prints("ready").signal(TERM);
        let out = running.wait();
        let last = out.stderr.lines().last().unwrap_or_default();
        let wanted = "hinit: the app exited with code 7, after SIGTERM from outside the container";
        assert_eq!(last, wanted);
    }
}

#[test]
fn the_last_line_names_the_signal_that_ended_the_app() {
    everywhere(|mode| {
        for (signal, name) in [("SEGV", "SIGSEGV"), ("KILL", "SIGKILL"), ("40", "SIGRTMIN+6")] {
            let out = hinit(mode, sh(&format!("kill -{signal} $$; sleep 100"))).output();
            let last = out.stderr.lines().last().unwrap_or_default();
            assert!(last.contains(&format!("the app was killed by {name}")), "{}", out.stderr);
            assert!(!last.contains("memory"), "{last}");
        }
    });
}

#[test]
fn the_last_line_says_whether_a_core_was_dumped() {
    let directory = crate::common::TempDir::new("core");
    let script = format!("cd {}; ulimit -c unlimited; kill -ABRT $$; sleep 100", directory.path().display());
    let bare = std::process::Command::new("sh").args(["-c", &script]).status().unwrap();
    if !std::os::unix::process::ExitStatusExt::core_dumped(&bare) {
        return crate::common::skip("a core dump", "this machine dumps none");
    }
    everywhere(|mode| {
        let out = hinit(mode, sh(&script)).output();
        assert_eq!(out.code, 134);
        assert!(out.stderr.ends_with("the app was killed by SIGABRT and dumped core\n"), "{}", out.stderr);
    });
}
