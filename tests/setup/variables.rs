//! `--env-file`.

use crate::common::{As, HINIT, TempDir, everywhere, hinit, until};
use crate::machine::{command, run, stdout};
use crate::{USER, assert_refused, both_ways, need};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

#[test]
fn the_app_has_the_variables_of_the_file_as_docker_reads_them() {
    let scratch = TempDir::new("before");
    let file = scratch.file("env", "\u{feff}# comment\nA=1\r\n\n  B=\"two\" \nPASSED\nNEVER\nHOME=/srv\n");
    let start = || {
        let mut start = command();
        start.env("PASSED", "on");
        start
    };
    let app = ["sh", "-c", "echo \"$A|$B|$PASSED|${NEVER-unset}|$HOME\""];
    let shown = both_ways(start, &[("--env-file", file.to_str().unwrap())], &app);
    assert_eq!(shown, "1|\"two\" |on|unset|/srv\n");
}

#[test]
fn a_later_file_wins_and_env_wins_over_all() {
    let scratch = TempDir::new("before");
    let one = scratch.file("one", "A=1\nB=1\nC=1\n");
    let two = scratch.file("two", "B=2\nC=2\n");
    let (one, two) = (one.to_str().unwrap(), two.to_str().unwrap());
    let options = [("--env", "C=3"), ("--env-file", one), ("--env-file", two)];
    assert_eq!(both_ways(command, &options, &["sh", "-c", "echo $A$B$C"]), "123\n");
}

#[test]
fn path_in_the_file_is_where_the_program_is_found() {
    let scratch = TempDir::new("before");
    let tool = scratch.file("only-here", "#!/bin/sh\necho found\n");
    std::fs::set_permissions(tool, PermissionsExt::from_mode(0o755)).unwrap();
    let file = scratch.file("env", &format!("PATH={}\n", scratch.path().display()));
    assert_eq!(stdout(&run(command(), &["--env-file", file.to_str().unwrap(), "only-here"])), "found\n");
}

#[test]
fn a_file_for_root_alone_is_read_before_the_drop() {
    need!();
    let scratch = TempDir::new("before");
    let file = scratch.file("secret", "TOKEN=xyz\n");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let words =
        [&USER[..], &["--env-file", file.to_str().unwrap(), "sh", "-c", "echo $TOKEN; cat $0"]].concat();
    let output = run(command(), &[&words[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(stdout(&output), "xyz\n");
    assert!(!output.status.success());
}

#[test]
fn a_file_that_cannot_be_read_starts_nothing() {
    let scratch = TempDir::new("before");
    let read = |path: &str| run(command(), &["--env-file", path, "echo", "started"]);
    assert_refused(
        &read("/no/such/file"),
        "--env-file /no/such/file: No such file or directory (os error 2); write a file",
    );
    assert_refused(&read(scratch.path().to_str().unwrap()), "Is a directory");
    assert_refused(&read("/dev/zero"), "it is larger than 1 MiB; make it smaller");
    assert_refused(&read(""), "--env-file: it is empty; write a path");
    let bad = scratch.file("bad", "A=1\nexport B=2\n");
    assert_refused(
        &read(bad.to_str().unwrap()),
        "line 2: the name 'export B' has white space in it; write NAME=VALUE",
    );
}

/// A FIFO in the scratch directory.
fn fifo(scratch: &TempDir) -> String {
    let path = scratch.path().join("fifo");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Whether a process of this pid waits in poll.
fn polls(pid: i32) -> Option<()> {
    std::fs::read_to_string(format!("/proc/{pid}/wchan")).is_ok_and(|at| at.contains("poll")).then_some(())
}

#[test]
fn a_fifo_without_a_writer_is_waited_for_until_a_stop_request() {
    everywhere(|mode| {
        for (signal, code) in [(libc::SIGTERM, 143), (libc::SIGINT, 130)] {
            let scratch = TempDir::new("before");
            let running = hinit(mode, ["--env-file", &fifo(&scratch), "echo", "started"]).start();
            until("hinit waits for a writer", || polls(running.pid));
            // Is no stop request, and is not lost: it just waits.
            running.signal(libc::SIGUSR1).signal(signal);
            let output = running.wait();
            assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{}", output.stderr);
            assert!(
                output.stderr.contains("came before the end of it; nothing was started"),
                "{}",
                output.stderr
            );
        }
    });
}

#[test]
fn a_writer_that_hesitates_is_waited_for_until_it_closes_the_fifo() {
    let scratch = TempDir::new("before");
    let path = fifo(&scratch);
    let running = hinit(As::Process, ["--env-file", &path, "sh", "-c", "echo $A$B"]).start();
    until("hinit waits for a writer", || polls(running.pid));
    let mut writer = std::fs::File::options().write(true).open(&path).unwrap();
    writer.write_all(b"A=1\nB=").unwrap();
    until("hinit waits for the rest", || polls(running.pid));
    writer.write_all(b"2\n").unwrap();
    drop(writer);
    running.prints("12\n");
    assert_eq!(running.wait().code, 0);
}

/// A shell's `<(...)`, whose writer may be gone before hinit opens it.
#[test]
fn the_output_of_a_command_is_read_as_a_file() {
    for wait in ["", "sleep 0 | cat;"] {
        let script =
            format!("exec 3< <(printf 'A=1\\n'); {wait} exec $0 --env-file /dev/fd/3 sh -c 'echo $A'");
        let output = Command::new("bash").args(["-c", &script, HINIT]).output().unwrap();
        assert_eq!(stdout(&output), "1\n", "{output:?}");
    }
}
