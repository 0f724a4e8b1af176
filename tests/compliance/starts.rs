//! What the app inherits, and what the init runs without.

use crate::Row;
use crate::common::{self, As, TempDir, given, seccomp, status_field};
use crate::subject::{Feature, Subject};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::Duration;

pub const ROWS: &[Row] = &[
    Row { text: "the app inherits the signal mask and dispositions of the init (nohup)", run: given_state },
    Row { text: "the app starts with no signal blocked or ignored by the init", run: plain_state },
    Row { text: "the app inherits no file descriptor of the init", run: descriptors },
    Row { text: "closes a file descriptor leaked by the runtime (CVE-2024-21626)", run: leaked },
    Row { text: "options end at the first argument that is not an option", run: permutation },
    Row { text: "accepts arguments that are not UTF-8", run: bytes },
    Row { text: "exits with 127 if the program does not exist", run: not_found },
    Row { text: "exits with 126 if the program cannot be executed", run: not_executable },
    Row { text: "runs a script without #! by the shell", run: script },
    Row { text: "runs with stdin, stdout and stderr closed", run: closed },
    Row { text: "runs without /proc", run: no_proc },
    Row { text: "runs without /dev", run: no_dev },
    Row { text: "runs on a read-only root", run: read_only },
    Row { text: "runs with a limit of 8 file descriptors", run: few_descriptors },
    Row { text: "runs under a seccomp filter without signalfd (ENOSYS)", run: no_signalfd },
    Row { text: "runs under a seccomp filter that denies signalfd (EPERM)", run: signalfd_denied },
    Row { text: "does not block when stderr is a full pipe", run: full_log },
    Row { text: "keeps running when the reader of stderr is gone", run: no_log },
    Row { text: "adopts and reaps orphans as PID 1", run: reaps_as_first },
    Row { text: "adopts and reaps orphans when not PID 1, by default", run: reaps_otherwise },
    Row { text: "does not wake up while idle", run: idle },
];

const SIGNAL_STATE: [&str; 3] = ["grep", "^Sig[BI]", "/proc/self/status"];

fn same_state(subject: &Subject, given: fn() -> std::io::Result<()>) -> Option<()> {
    let with = subject.run(As::Pid1, Feature::Plain, &SIGNAL_STATE)?.before_exec(given).output();
    let bare = common::hinit(As::Pid1, &SIGNAL_STATE[1..]).program("grep").before_exec(given).output();
    assert_eq!(with.stdout, bare.stdout);
    Some(())
}

fn given_state(subject: &Subject) -> Option<()> {
    same_state(subject, given::hup_ignored_usr1_blocked)
}

fn plain_state(subject: &Subject) -> Option<()> {
    same_state(subject, || Ok(()))
}

fn descriptors(subject: &Subject) -> Option<()> {
    let builder = subject.run(As::Pid1, Feature::Plain, &["ls", "/proc/self/fd"])?;
    // 3 is the directory that ls reads.
    assert_eq!(builder.before_exec(given::stdio_only).output().stdout, "0\n1\n2\n3\n");
    Some(())
}

/// As runc left one open.
fn leaked(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", "test ! -e /proc/self/fd/77"];
    let out = subject.run(As::Pid1, Feature::Plain, &app)?.before_exec(given::descriptor_77_open).output();
    assert_eq!(out.code, 0, "it is open");
    Some(())
}

fn permutation(subject: &Subject) -> Option<()> {
    let out = subject.run_bare(As::Pid1, &["echo", "-l", "-h", "--version"])?.output();
    assert_eq!((out.code, out.stdout.as_str()), (0, "-l -h --version\n"), "{}", out.stderr);
    Some(())
}

fn bytes(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", "printf %s \"$1\" | wc -c", "sh"];
    let mut words: Vec<OsString> =
        subject.command_line(Feature::Plain, &app)?.into_iter().map(Into::into).collect();
    words.push(OsStr::from_bytes(b"caf\xe9").to_owned());
    let out = common::hinit(As::Pid1, words.split_off(1)).program(subject.program()).output();
    assert_eq!((out.code, out.stdout.trim()), (0, "4"), "{}", out.stderr);
    Some(())
}

fn not_found(subject: &Subject) -> Option<()> {
    assert_eq!(subject.run(As::Pid1, Feature::Plain, &["/no/such/program"])?.output().code, 127);
    Some(())
}

fn not_executable(subject: &Subject) -> Option<()> {
    assert_eq!(subject.run(As::Pid1, Feature::Plain, &["/etc/passwd"])?.output().code, 126);
    Some(())
}

fn script(subject: &Subject) -> Option<()> {
    let directory = TempDir::new("script");
    let script = directory.file("script", "echo ran\n");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let out = subject.run(As::Pid1, Feature::Plain, &[script.to_str().unwrap()])?.output();
    assert_eq!((out.code, out.stdout.as_str()), (0, "ran\n"));
    Some(())
}

/// Runs under the given conditions. The app reports only by its exit code.
fn without(
    subject: &Subject,
    given: impl FnMut() -> std::io::Result<()> + Send + Sync + 'static,
) -> Option<()> {
    let out = subject.run(As::Pid1, Feature::Plain, &["sh", "-c", "exit 6"])?.before_exec(given).output();
    assert_eq!(out.code, 6, "{}", out.stderr);
    Some(())
}

fn closed(subject: &Subject) -> Option<()> {
    without(subject, given::stdio_closed)
}

fn no_proc(subject: &Subject) -> Option<()> {
    without(subject, given::proc_unmounted)
}

fn no_dev(subject: &Subject) -> Option<()> {
    without(subject, given::dev_empty)
}

fn read_only(subject: &Subject) -> Option<()> {
    without(subject, given::root_read_only)
}

fn few_descriptors(subject: &Subject) -> Option<()> {
    without(subject, given::limit(libc::RLIMIT_NOFILE, 8))
}

fn no_signalfd(subject: &Subject) -> Option<()> {
    without(subject, seccomp::answering(libc::SYS_signalfd4, libc::ENOSYS))
}

fn signalfd_denied(subject: &Subject) -> Option<()> {
    without(subject, seccomp::answering(libc::SYS_signalfd4, libc::EPERM))
}

/// Logs verbosely to a stderr that accepts nothing.
fn serves_with_log(subject: &Subject, given: fn() -> std::io::Result<()>) -> Option<()> {
    let app = [&common::fixture(), "signals"];
    let running = subject.run(As::Pid1, Feature::Verbose, &app)?.before_exec(given).start();
    running.prints("ready").signal(10).prints("got 10\n").signal(12).prints("got 12\n");
    Some(())
}

fn full_log(subject: &Subject) -> Option<()> {
    serves_with_log(subject, given::stderr_full)
}

fn no_log(subject: &Subject) -> Option<()> {
    serves_with_log(subject, given::stderr_gone)
}

fn reaps(subject: &Subject, mode: As) -> Option<()> {
    let running = subject.run(mode, Feature::Plain, &[&common::fixture(), "orphans", "50"])?.start();
    running.prints("orphaned");
    let app = running.app();
    common::until("only the app is left", || (common::children(running.pid) == [app]).then_some(()));
    Some(())
}

fn reaps_as_first(subject: &Subject) -> Option<()> {
    reaps(subject, As::Pid1)
}

/// A living orphan, whose parent can be seen.
fn reaps_otherwise(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", "(sleep 20 & echo orphan $!.); exec sleep 20"];
    let running = subject.run(As::Process, Feature::Plain, &app)?.start();
    running.prints(".\n");
    let text = running.stdout();
    let orphan: i32 = text.trim_start_matches("orphan ").split('.').next().unwrap().parse().unwrap();
    let parent = common::until("it is an orphan", || {
        status_field(orphan, "PPid").filter(|parent| *parent == running.pid.to_string() || *parent == "1")
    });
    let adopted = parent == running.pid.to_string();
    common::send(orphan, 9);
    assert!(adopted, "it was adopted by {parent}");
    common::until("only the app is left", || (common::children(running.pid).len() == 1).then_some(()));
    Some(())
}

fn idle(subject: &Subject) -> Option<()> {
    let running = subject.run(As::Pid1, Feature::Plain, &[&common::fixture(), "ignore-term"])?.start();
    running.prints("ready");
    thread::sleep(Duration::from_millis(500));
    let slept = || status_field(running.pid, "voluntary_ctxt_switches").unwrap();
    let before = slept();
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(slept(), before);
    Some(())
}
