//! `--ulimit`, `--umask` and `--oom-score-adj`.

use crate::common::{impossible, status_field};
use crate::machine::{command, run, stderr, stdout};
use crate::{USER, assert_refused, both_ways, need};
use std::process::Command;

const LIMITS: [&str; 2] = ["cat", "/proc/self/limits"];

const SYS_RESOURCE: u64 = 1 << 24;

/// The words after a limit's name: soft, hard, unit.
fn limit(shown: &str, name: &str) -> Vec<String> {
    let line = shown
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or_else(|| panic!("no {name} in {shown}"));
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_app_has_the_limits_it_is_given() {
    let options = [("--ulimit", "nofile=100:200"), ("--ulimit", "core=0"), ("--ulimit", "nproc=300:400")];
    let shown = both_ways(command, &options, &LIMITS);
    assert_eq!(limit(&shown, "Max open files")[..2], ["100", "200"]);
    assert_eq!(limit(&shown, "Max core file size")[..2], ["0", "0"]);
    assert_eq!(limit(&shown, "Max processes")[..2], ["300", "400"]);
}

#[test]
fn every_one_of_dockers_names_means_the_kernels_limit() {
    let table = [
        ("core", "Max core file size", 4096),
        ("cpu", "Max cpu time", 4096),
        ("data", "Max data size", 1 << 30),
        ("fsize", "Max file size", 1 << 20),
        ("locks", "Max file locks", 4096),
        ("memlock", "Max locked memory", 4096),
        ("msgqueue", "Max msgqueue size", 4096),
        ("nice", "Max nice priority", 0),
        ("nofile", "Max open files", 64),
        ("nproc", "Max processes", 4096),
        ("rss", "Max resident set", 1 << 30),
        ("rtprio", "Max realtime priority", 0),
        ("rttime", "Max realtime timeout", 4096),
        ("sigpending", "Max pending signals", 64),
        ("stack", "Max stack size", 1 << 20),
    ];
    for (name, shown, value) in table {
        let output = run(command(), &[&["--ulimit", &format!("{name}={value}")], &LIMITS[..]].concat());
        assert_eq!(limit(&stdout(&output), shown)[..2], [value.to_string(), value.to_string()], "{name}");
    }
}

/// So that a limit of the app cannot end PID 1.
#[test]
fn hinit_itself_is_not_limited() {
    let shown = stdout(&run(command(), &["--ulimit", "cpu=77", "sh", "-c", "cat /proc/$PPID/limits"]));
    assert_ne!(limit(&shown, "Max cpu time")[0], "77");
}

#[test]
fn root_raises_a_hard_limit_for_a_user_that_could_not() {
    need!("sh");
    let own = status_field(std::process::id().cast_signed(), "CapEff").unwrap();
    if u64::from_str_radix(&own, 16).unwrap() & SYS_RESOURCE == 0 {
        return impossible("raising a limit", "root has no CAP_SYS_RESOURCE here");
    }
    let low = || {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -Sn 50; ulimit -Hn 60; exec \"$@\"", "sh", crate::common::HINIT]);
        command
    };
    let output = run(low(), &[&USER[..], &["--ulimit", "nofile=500:600"], &LIMITS].concat());
    assert_eq!(limit(&stdout(&output), "Max open files")[..2], ["500", "600"], "{output:?}");
}

#[test]
fn a_limit_that_may_not_be_raised_is_an_error_with_the_fix() {
    need!("setpriv");
    let mut command = Command::new("setpriv");
    let script = "ulimit -Sn 50; ulimit -Hn 60; exec \"$@\"";
    command.args(["--bounding-set=-sys_resource", "sh", "-c", script, "sh", crate::common::HINIT]);
    let output = run(command, &["--ulimit", "nofile=50:600", "echo", "started"]);
    assert_refused(
        &output,
        "--ulimit nofile=50:600: Operation not permitted; the hard limit is 60 here; write no more",
    );
}

#[test]
fn lowering_needs_no_privilege() {
    need!();
    let output =
        run(command(), &[&["--cap-drop", "SYS_RESOURCE"][..], &["--ulimit", "nofile=50"], &LIMITS].concat());
    assert_eq!(limit(&stdout(&output), "Max open files")[..2], ["50", "50"], "{output:?}");
}

/// The number of processes is the user's: the app has one already.
#[test]
fn nproc_limits_the_dropped_user() {
    need!();
    let words = [
        "--user",
        "10777:10777",
        "--ulimit",
        "nproc=1",
        "sh",
        "-c",
        "echo alone; /bin/true; echo not reached",
    ];
    let output = run(command(), &words);
    assert_eq!(stdout(&output), "alone\n");
    assert!(!output.status.success());
}

#[test]
fn a_bad_limit_starts_nothing() {
    for (text, why) in
        [("nofile", "write NAME=SOFT[:HARD]"), ("files=1", "write one of"), ("core=2:1", "the lower one")]
    {
        assert_refused(&run(command(), &["--ulimit", text, "echo", "started"]), why);
    }
}

#[test]
fn the_app_has_the_umask_it_is_given_and_hinit_keeps_its_own() {
    let shown = both_ways(command, &[("--umask", "0127")], &["grep", "Umask", "/proc/self/status"]);
    assert_eq!(shown, "Umask:\t0127\n");
    let of_parent = ["sh", "-c", "grep Umask /proc/$PPID/status"];
    let own = stdout(&run(command(), &of_parent));
    assert_eq!(stdout(&run(command(), &[&["--umask", "0127"], &of_parent[..]].concat())), own);
    assert_refused(
        &run(command(), &["--umask", "099", "echo", "started"]),
        "--umask: '099' is not a umask; write",
    );
}

#[test]
fn the_app_has_the_oom_score_it_is_given() {
    let score = ["cat", "/proc/self/oom_score_adj"];
    let shown = both_ways(command, &[("--oom-score-adj", "321")], &score);
    assert_eq!(shown, "321\n");
    assert_refused(
        &run(command(), &["--oom-score-adj", "2000", "echo", "started"]),
        "write a number from -1000",
    );
}

#[test]
fn an_oom_score_that_may_not_be_lowered_is_only_warned_of() {
    need!("setpriv");
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-sys_resource", crate::common::HINIT]);
    let output = run(command, &["--oom-score-adj", "-999", "echo", "started"]);
    assert_eq!(stdout(&output), "started\n");
    assert!(stderr(&output).contains("--oom-score-adj -999: Permission denied"), "{output:?}");
}
