//! What the commands of health checks share with the app: in Docker both run in
//! the container, with its limits, its user and its environment.

use crate::common::{TempDir, everywhere, fixture, hinit, until};
use crate::{USER, need};
use std::path::Path;

/// Prints what a process has.
const SHOW: &str = "grep Umask /proc/self/status; grep '^Max open files' /proc/self/limits";

/// Runs the fixture under hinit until a status says this.
fn status_says(options: &[&str], status: &Path, wanted: &[&str]) {
    everywhere(|mode| {
        let _ = std::fs::remove_file(status);
        let rest = ["--status-file", status.to_str().unwrap(), &fixture(), "signals"];
        let running = hinit(mode, [options, &rest].concat()).start();
        let mut last = String::new();
        let told = || {
            last = std::fs::read_to_string(status).unwrap_or_default();
            wanted.iter().all(|text| last.contains(text)).then_some(())
        };
        until(&format!("the status says {wanted:?}"), told);
        running.signal(15);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn a_command_has_the_limits_and_the_umask_of_the_app() {
    let scratch = TempDir::new("before");
    let status = scratch.path().join("status.json");
    let limits = ["--ulimit", "nofile=100:200", "--umask", "0127", "--health-cmd", SHOW];
    status_says(
        &limits,
        &status,
        &["Umask:\\t0127\\n", "Max open files            100                  200"],
    );
}

#[test]
fn so_has_one_that_the_start_waits_for() {
    let scratch = TempDir::new("before");
    let script = scratch.file("script", &format!("({SHOW}) > $1"));
    let shown = scratch.path().join("shown");
    let wait = format!("exec:'sh {} {}'", script.display(), shown.display());
    everywhere(|mode| {
        let options = ["--ulimit", "nofile=100:200", "--umask", "0127", "--wait-for", &wait];
        let out = hinit(mode, [options.as_slice(), &["echo", "started"]].concat()).output();
        assert_eq!((out.code, out.stdout.as_str()), (0, "started\n"), "{}", out.stderr);
        let shown = std::fs::read_to_string(&shown).unwrap();
        assert!(shown.starts_with("Umask:\t0127\nMax open files            100 "), "{shown}");
    });
}

#[test]
fn what_hinit_probes_itself_has_no_limit_that_is_meant_for_the_app() {
    let scratch = TempDir::new("before");
    let status = scratch.path().join("status.json");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp://{}", listener.local_addr().unwrap());
    // The fixture itself needs five descriptors, and a probe more.
    let options = ["--ulimit", "nofile=6", "--health", &target];
    status_says(&options, &status, &["accepts connections"]);
}

#[test]
fn a_command_has_the_user_and_the_capabilities_of_the_app() {
    need!();
    let scratch = TempDir::new("before");
    let status = scratch.path().join("status.json");
    let show = "grep -E '^(Uid|CapAmb|NoNewPrivs)' /proc/self/status";
    let options = [&USER[..], &["--cap-add", "NET_BIND_SERVICE", "--health-cmd", show]].concat();
    // The document is the user's, so its directory must be too.
    std::os::unix::fs::chown(scratch.path(), Some(10001), Some(10002)).unwrap();
    let wanted = ["Uid:\\t10001\\t10001", "CapAmb:\\t0000000000000400", "NoNewPrivs:\\t1"];
    status_says(&options, &status, &wanted);
}

#[test]
fn a_variable_in_a_check_is_the_apps() {
    let scratch = TempDir::new("before");
    let status = scratch.path().join("status.json");
    let [one, two] = [("one", "WHERE=one\nONE=1\n"), ("two", "WHERE=two\nTWO=2\nFLAG=2\n")]
        .map(|(name, text)| scratch.file(name, text));
    let options = [
        ["--env-file", one.to_str().unwrap()],
        ["--env-file", two.to_str().unwrap()],
        ["--env", "FLAG=flag"],
        ["--health", "file:///${ONE}/${TWO}/${WHERE}/${FLAG}/${UNSET:-default}"],
    ];
    status_says(options.as_flattened(), &status, &["there is no /1/2/two/flag/default"]);
    // The environment that hinit was started with comes last.
    let check = ["--env-file", one.to_str().unwrap(), "--health", "file:///${ONE}/${OWN}", "true"];
    let out = hinit(crate::common::As::Process, check).env("ONE", "own").output();
    assert_eq!(out.code, 125);
    assert!(out.stderr.contains("OWN"), "{}", out.stderr);
    let wait =
        ["--env-file", one.to_str().unwrap(), "--wait-for", "file:///${ONE}", "--wait-timeout", "1s", "true"];
    let out = hinit(crate::common::As::Process, wait).env("ONE", "own").output();
    assert!(out.stderr.contains("there is no /1"), "{}", out.stderr);
}
