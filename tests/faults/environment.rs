//! A seccomp filter that knows nothing of newer system calls, or denies them.

use crate::common::{As, hinit, seccomp};
use crate::{TERM, USR1, root_for, sh, with};

/// What came to Linux late, or what filters are known to deny.
const CALLS: [(&str, libc::c_long); 17] = [
    ("signalfd4", libc::SYS_signalfd4),
    ("pidfd_open", libc::SYS_pidfd_open),
    ("pidfd_send_signal", libc::SYS_pidfd_send_signal),
    ("clone3", libc::SYS_clone3),
    ("close_range", libc::SYS_close_range),
    ("pwritev2", libc::SYS_pwritev2),
    ("statx", libc::SYS_statx),
    ("openat2", libc::SYS_openat2),
    ("faccessat2", libc::SYS_faccessat2),
    ("rseq", libc::SYS_rseq),
    ("getrandom", libc::SYS_getrandom),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("set_robust_list", libc::SYS_set_robust_list),
    ("prlimit64", libc::SYS_prlimit64),
    ("setpgid", libc::SYS_setpgid),
    ("prctl", libc::SYS_prctl),
    ("ioctl", libc::SYS_ioctl),
];

const APP: &str = "trap 'echo one' USR1; trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done";

#[test]
fn serves_under_a_filter_that_denies_one_call() {
    if !root_for("a seccomp filter") {
        return;
    }
    for (name, number) in CALLS {
        for errno in [libc::ENOSYS, libc::EPERM] {
            for mode in [As::Process, As::Pid1] {
                let running = hinit(mode, sh(APP)).before_exec(seccomp::answering(number, errno)).start();
                running.prints("ready").signal(USR1).prints("one").signal(TERM);
                assert_eq!(running.wait().code, 7, "{name} answers {errno}");
            }
        }
    }
}

/// Without signalfd there are handlers: every signal comes through them too.
/// The app cannot have a signalfd either, so a shell says what it gets.
#[test]
fn forwards_every_signal_without_signalfd() {
    if !root_for("a seccomp filter") {
        return;
    }
    // Not to be caught: KILL, STOP. Faults that hinit itself could raise: ILL,
    // FPE, SEGV. PIPE is ignored, so that a full log cannot end hinit.
    let numbers: Vec<i32> = (1..=31).filter(|n| ![4, 8, 9, 11, 13, 15, 17, 19].contains(n)).collect();
    let traps: Vec<String> = numbers.iter().map(|n| format!("trap 'echo got {n}.' {n};")).collect();
    let script = format!("{} trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done", traps.join(" "));
    for mode in [As::Process, As::Pid1] {
        let running = hinit(mode, sh(&script))
            .before_exec(seccomp::answering(libc::SYS_signalfd4, libc::ENOSYS))
            .start();
        running.prints("ready");
        for number in &numbers {
            running.signal(*number).prints(&format!("got {number}."));
        }
        running.signal(TERM);
        assert_eq!(running.wait().code, 7);
    }
}

#[test]
fn gives_the_app_its_signal_state_without_signalfd_too() {
    if !root_for("a seccomp filter") {
        return;
    }
    for mode in [As::Process, As::Pid1] {
        let words = ["^Sig[BI]", "/proc/self/status"];
        let bare = hinit(mode, words).program("grep").output().stdout;
        let out = hinit(mode, [["grep"].as_slice(), &words].concat())
            .before_exec(seccomp::answering(libc::SYS_signalfd4, libc::ENOSYS))
            .output();
        assert_eq!((out.code, out.stdout), (0, bare), "{}", out.stderr);
    }
}

/// Nothing can be waited for any more, nor at the start.
#[test]
fn serves_and_probes_with_a_poll_that_always_fails() {
    if !root_for("a seccomp filter") {
        return;
    }
    let options = ["--health-cmd", "true", "--health-interval", "10ms", "--restart", "on-failure"];
    for errno in [libc::ENOMEM, libc::EAGAIN, libc::EINVAL] {
        for mode in [As::Process, As::Pid1] {
            let running = hinit(mode, with(&options, APP))
                .before_exec(seccomp::answering(libc::SYS_poll, errno))
                .start();
            running.prints("ready").says("checking every 50 ms").says("healthy,");
            running.signal(USR1).prints("one").signal(TERM);
            let out = running.wait();
            assert_eq!(out.code, 7, "{errno}: {}", out.stderr);
            assert_eq!(out.stderr.matches("cannot wait").count(), 1, "said once: {}", out.stderr);
        }
    }
}

/// As if somebody else had reaped the app.
#[test]
fn an_app_that_the_kernel_knows_nothing_of_is_a_failure_of_hinit_itself() {
    if !root_for("a seccomp filter") {
        return;
    }
    for options in [[].as_slice(), &["--restart", "always"], &["--sweep", "60s"]] {
        for mode in [As::Process, As::Pid1] {
            let out = hinit(mode, with(options, "read nothing"))
                .before_exec(seccomp::answering(libc::SYS_wait4, libc::ECHILD))
                .output();
            assert_eq!(out.code, 125, "{}", out.stderr);
            let lost = out.stderr.lines().find(|line| line.contains("its exit code is lost"));
            assert!(lost.is_some_and(|line| line.starts_with("hinit: error: ")), "{}", out.stderr);
        }
    }
}
