//! The app's standard streams after a drop.

use crate::common::TempDir;
use crate::machine::{command, stderr, stdout};
use crate::need;
use nix::pty::openpty;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

/// gosu, su-exec and setpriv all fail here with EACCES.
#[test]
fn a_piped_stdout_can_be_opened_again() {
    need!();
    let output = command()
        .args(["--user", "10001:10002", "sh", "-c", "echo out > /dev/stdout; echo err > /dev/stderr"])
        .output()
        .unwrap();
    assert_eq!(stdout(&output), "out\n");
    assert!(stderr(&output).lines().any(|line| line == "err"), "{output:?}");
}

/// Images link their log files to /proc/1/fd/1.
#[test]
fn the_streams_of_hinit_itself_can_be_opened_too() {
    need!();
    let output = command()
        .args(["--user", "10001:10002", "sh", "-c", "echo out > /proc/$PPID/fd/1"])
        .output()
        .unwrap();
    assert_eq!(stdout(&output), "out\n", "{output:?}");
}

#[test]
fn a_terminal_can_be_opened_again() {
    need!();
    let pty = openpty(None, None).unwrap();
    let terminal = || pty.slave.try_clone().unwrap();
    let mut app = command();
    app.args(["--quiet", "--user", "10001:10002", "sh", "-c", "echo out > /dev/stdout"]);
    app.stdin(terminal()).stdout(terminal()).stderr(terminal());
    assert!(app.status().unwrap().success());
    let mut shown = [0; 5];
    File::from(pty.master).read_exact(&mut shown).unwrap();
    assert_eq!(&shown, b"out\r\n");
}

#[test]
fn a_file_and_dev_null_keep_their_owner() {
    need!();
    let scratch = TempDir::new("identity");
    let log = scratch.file("log", "");
    let mut app = command();
    app.args(["--user", "10001:10002", "echo", "out"])
        .stdout(File::options().write(true).open(&log).unwrap());
    assert!(app.output().unwrap().status.success());
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "out\n");
    assert_eq!(log.metadata().unwrap().uid(), 0);
    assert_eq!(std::fs::metadata("/dev/null").unwrap().uid(), 0);
}

#[test]
fn a_pipe_of_somebody_else_keeps_its_owner() {
    need!();
    let (read, write) = std::io::pipe().unwrap();
    nix::unistd::fchown(&write, Some(nix::unistd::Uid::from_raw(4711)), None).unwrap();
    let mut app = command();
    app.args(["--user", "10001:10002", "true"]).stdout(write);
    app.stderr(std::process::Stdio::null());
    assert!(app.status().unwrap().success());
    assert_eq!(nix::sys::stat::fstat(&read).unwrap().st_uid, 4711);
}
