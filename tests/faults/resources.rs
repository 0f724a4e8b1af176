//! No descriptors, no log, no devices.

use crate::common::{As, TempDir, everywhere, given, hinit};
use crate::{TERM, USR1, USR2, fixture, root_for, sh, with};
use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;

#[test]
fn runs_with_eight_descriptors() {
    everywhere(|mode| {
        let few = given::limit(libc::RLIMIT_NOFILE, 8);
        let running = hinit(mode, fixture(&[], &["signals"])).before_exec(few).start();
        running.prints("ready").signal(USR1).prints("got 10").signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn restarts_and_probes_with_eight_descriptors() {
    everywhere(|mode| {
        let words = with(
            &["--restart", "on-failure:2", "--health-cmd", "true", "--health-interval", "10ms"],
            "echo life; sleep 0.1; exit 4",
        );
        let few = given::limit(libc::RLIMIT_NOFILE, 8);
        let out = hinit(mode, words).before_exec(few).output();
        assert_eq!((out.code, out.stdout.as_str()), (4, "life\nlife\nlife\n"), "{}", out.stderr);
    });
}

#[test]
fn says_why_with_too_few_descriptors_to_run_at_all() {
    let none_left = given::limit(libc::RLIMIT_NOFILE, 3);
    let out = hinit(As::Process, ["echo", "started"]).before_exec(none_left).output();
    assert_eq!((out.code, out.stdout.as_str()), (125, ""), "{}", out.stderr);
    assert_eq!(out.stderr.lines().count(), 1, "{}", out.stderr);
}

#[test]
fn a_stderr_without_a_reader_does_not_stop_anything() {
    everywhere(|mode| {
        let running = hinit(mode, fixture(&["-v"], &["signals"])).before_exec(given::stderr_gone).start();
        running.prints("ready").signal(USR1).prints("got 10").signal(USR2).prints("got 12").signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn runs_without_dev_null_and_with_stdio_closed() {
    if !root_for("an empty /dev") {
        return;
    }
    let directory = TempDir::new("dev");
    let path = directory.path().join("done");
    let script = format!("test ! -e /dev/null && echo done > {}; exit 6", path.display());
    let out =
        hinit(As::Pid1, sh(&script)).before_exec(given::dev_empty).before_exec(given::stdio_closed).output();
    assert_eq!(out.code, 6);
    assert_eq!(std::fs::read_to_string(path).unwrap(), "done\n");
}

#[test]
fn runs_with_everything_missing_at_once() {
    if !root_for("no /proc, no /dev, a read-only root") {
        return;
    }
    let out = hinit(As::Pid1, with(&["--user", "10001:10001"], "kill -0 $$ && echo done; exit 6"))
        .before_exec(given::dev_empty)
        .before_exec(given::proc_unmounted)
        .before_exec(given::root_read_only)
        .before_exec(given::limit(libc::RLIMIT_NOFILE, 8))
        .output();
    assert_eq!((out.code, out.stdout.as_str()), (6, "done\n"), "{}", out.stderr);
}

/// A terminal whose other end nobody inherits.
fn terminal() -> (PtyMaster, File) {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname_r(&master).unwrap();
    let slave = File::options().read(true).write(true).custom_flags(libc::O_NOCTTY).open(name).unwrap();
    (master, slave)
}

#[test]
fn a_terminal_that_hangs_up_reaches_the_app_as_sighup() {
    everywhere(|mode| {
        let (master, slave) = terminal();
        let running = hinit(mode, fixture(&[], &["signals"]))
            .stdin(slave.into())
            .before_exec(given::own_terminal)
            .start();
        running.prints("ready");
        drop(master);
        // Writing to that terminal says EIO from now on.
        running.prints("got 1\n").signal(USR1).prints("got 10").signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}
