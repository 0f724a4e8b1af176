//! `--env-file`.

use crate::common::TempDir;
use crate::machine::{command, run, stdout};
use crate::{USER, assert_refused, both_ways, need};
use std::os::unix::fs::PermissionsExt;

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
