//! Which signals the app receives.

use crate::Row;
use crate::common::{self, As, TempDir, given, send, status_field, until};
use crate::subject::{Feature, Subject};
use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use std::fs::File;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::thread;
use std::time::Duration;

pub const ROWS: &[Row] = &[
    Row { text: "forwards HUP, INT, QUIT, USR1, USR2, ALRM, WINCH and CONT", run: ordinary },
    Row { text: "forwards ABRT, SEGV and other fault signals sent by another process", run: faults },
    Row { text: "forwards TSTP, TTIN and TTOU to an app that handles them", run: terminal },
    Row { text: "forwards every realtime signal", run: realtime },
    Row { text: "forwards all of 200 queued realtime signals", run: queued },
    Row { text: "loses no TERM in 100 starts", run: early },
    Row { text: "loses no TERM in 100 starts when it signals the process group", run: early_group },
    Row { text: "forwards a TERM that was pending before its start", run: before_exec },
    Row { text: "rewrites a signal, by number", run: rewrites_number },
    Row { text: "rewrites a signal, by name", run: rewrites_name },
    Row { text: "drops a signal on request", run: ignores },
    Row { text: "keeps running when it is not permitted to signal the app (EPERM)", run: eperm },
    Row { text: "reports that it is not permitted to signal the app", run: says_eperm },
    Row { text: "^C reaches the app exactly once", run: control_c },
    Row { text: "^Z as PID 1 does not hang the container", run: control_z },
    Row { text: "the terminal's hangup (HUP) reaches the app", run: hangup },
    Row { text: "TERM reaches an app that is stopped (SIGSTOP)", run: stopped },
];

/// The fixture prints the signals that it receives.
fn receives(subject: &Subject, numbers: &[i32]) -> Option<()> {
    let running = subject.run(As::Pid1, Feature::Plain, &[&common::fixture(), "signals"])?.start();
    running.prints("ready");
    for number in numbers {
        running.signal(*number).prints(&format!("got {number}\n"));
    }
    Some(())
}

fn ordinary(subject: &Subject) -> Option<()> {
    receives(subject, &[1, 2, 3, 10, 12, 14, 28, 18])
}

fn faults(subject: &Subject) -> Option<()> {
    receives(subject, &[6, 4, 5, 7, 8, 11, 31])
}

fn terminal(subject: &Subject) -> Option<()> {
    receives(subject, &[20, 21, 22])
}

fn realtime(subject: &Subject) -> Option<()> {
    receives(subject, &(34..=64).collect::<Vec<_>>())
}

fn queued(subject: &Subject) -> Option<()> {
    let running = subject.run(As::Pid1, Feature::Plain, &[&common::fixture(), "signals"])?.start();
    running.prints("ready");
    for _ in 0..200 {
        running.signal(40);
    }
    running.prints_times("got 40", 200);
    Some(())
}

fn early(subject: &Subject) -> Option<()> {
    starts(subject, Feature::Plain)
}

fn early_group(subject: &Subject) -> Option<()> {
    starts(subject, Feature::Group)
}

/// Not as PID 1: the kernel drops signals to PID 1 until it has installed
/// handlers, which no init can prevent.
fn starts(subject: &Subject, feature: Feature<'_>) -> Option<()> {
    for start in 0..100u64 {
        let running = subject.run(As::Process, feature, &["sleep", "60"])?.start();
        thread::sleep(Duration::from_micros(start * 7919 % 1500));
        running.signal(15);
        assert_eq!(running.wait().code, 143, "start {start}");
    }
    Some(())
}

/// The signal is pending at exec, as when a container starts slowly.
fn before_exec(subject: &Subject) -> Option<()> {
    let app = [&common::fixture(), "signals"];
    let running = subject.run(As::Pid1, Feature::Plain, &app)?.before_exec(given::term_pending).start();
    running.prints("got 15\n");
    assert_eq!(running.wait().code, 7);
    Some(())
}

fn rewrites_number(subject: &Subject) -> Option<()> {
    rewrites(subject, Feature::Rewrite("10", "12"))
}

fn rewrites_name(subject: &Subject) -> Option<()> {
    rewrites(subject, Feature::Rewrite("USR1", "USR2"))
}

fn rewrites(subject: &Subject, feature: Feature<'_>) -> Option<()> {
    let running = subject.run(As::Pid1, feature, &[&common::fixture(), "signals"])?.start();
    running.prints("ready").signal(10).prints("got 12\n");
    Some(())
}

fn ignores(subject: &Subject) -> Option<()> {
    let running = subject.run(As::Pid1, Feature::Ignore("10"), &[&common::fixture(), "signals"])?.start();
    running.prints("ready").signal(10).signal(12).prints("got 12\n");
    assert!(!running.stdout().contains("got 10"));
    Some(())
}

/// An init without privileges, and an app that runs as root.
fn unreachable_app(subject: &Subject, check: fn(&mut common::Running)) -> Option<()> {
    let directory = TempDir::new("eperm");
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let copy = |name: &str, from: &str, mode: &str| {
        let to = directory.path().join(name);
        let made = std::process::Command::new("install").args(["-m", mode, from]).arg(&to).status();
        assert!(made.unwrap().success());
        to.display().to_string()
    };
    let setpriv = copy("setpriv", "/usr/bin/setpriv", "4755");
    let init = match subject {
        Subject::Hinit => copy("hinit", common::HINIT, "755"),
        other => other.program().to_owned(),
    };
    let builder = subject.run(As::Process, Feature::Plain, &[&setpriv, "--reuid=0", "sleep", "60"])?;
    let mut running = builder.program(init).before_exec(given::nobody_special).start();
    let app = running.app();
    until("the app is root", || status_field(app, "Uid").filter(|uid| uid == "0 0 0 0"));
    running.signal(15);
    check(&mut running);
    send(app, 9);
    Some(())
}

fn eperm(subject: &Subject) -> Option<()> {
    unreachable_app(subject, |running| {
        // Time to exit, if it does.
        thread::sleep(Duration::from_millis(300));
        assert!(!running.has_ended(), "it has exited");
    })
}

fn says_eperm(subject: &Subject) -> Option<()> {
    unreachable_app(subject, |running| {
        running.says("not permitted");
    })
}

/// A terminal whose master no child inherits.
fn pty() -> (PtyMaster, File) {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname_r(&master).unwrap();
    let slave = File::options().read(true).write(true).custom_flags(libc::O_NOCTTY).open(name).unwrap();
    (master, slave)
}

fn in_terminal(subject: &Subject, app: &[&str]) -> Option<(common::Running, PtyMaster)> {
    let (master, slave) = pty();
    let builder = subject.run(As::Pid1, Feature::Plain, app)?;
    Some((builder.stdin(slave.into()).before_exec(given::own_terminal).start(), master))
}

fn control_c(subject: &Subject) -> Option<()> {
    let (running, mut master) = in_terminal(subject, &[&common::fixture(), "signals"])?;
    running.prints("ready");
    std::io::Write::write_all(&mut master, b"\x03").unwrap();
    running.prints("got 2\n").signal(10).prints("got 10\n");
    assert_eq!(running.stdout().matches("got 2\n").count(), 1);
    Some(())
}

/// Unblocks all signals, as shells do, and prints without forking. A shell would be
/// in vfork(2) now and then. If ^Z arrives then, only its child stops, and the shell
/// waits for it uninterruptibly: an init sees nothing stop.
const TICKING: &str = "use POSIX; sigprocmask(SIG_SETMASK, POSIX::SigSet->new); $| = 1; \
    for (1 .. 3000) { print qq(tick\\n); select undef, undef, undef, 0.01 }";

fn control_z(subject: &Subject) -> Option<()> {
    let app = ["perl", "-e", TICKING];
    let (running, mut master) = in_terminal(subject, &app)?;
    running.prints("tick");
    std::io::Write::write_all(&mut master, b"\x1a").unwrap();
    thread::sleep(Duration::from_millis(200));
    let ticks = running.stdout().matches("tick").count();
    running.prints_times("tick", ticks + 20);
    Some(())
}

fn hangup(subject: &Subject) -> Option<()> {
    let (running, master) = in_terminal(subject, &[&common::fixture(), "signals"])?;
    running.prints("ready");
    drop(master);
    running.prints("got 1\n");
    Some(())
}

fn stopped(subject: &Subject) -> Option<()> {
    let running = subject.run(As::Pid1, Feature::Plain, &[&common::fixture(), "signals"])?.start();
    running.prints("ready");
    let app = running.app();
    send(app, 19);
    until("it is stopped", || status_field(app, "State").filter(|state| state.starts_with('T')));
    running.signal(15).prints("got 15\n");
    Some(())
}
