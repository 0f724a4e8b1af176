//! A parent that dies, and `--pdeath-signal`.

use crate::common::{As, HINIT, TempDir, hinit, send, until};
use crate::{KILL, TERM, root_for};
use std::fs::{self, File};
use std::process::Command;

/// hinit with these words as the child of a shell that waits for it.
fn below_a_shell(words: &[&str]) -> crate::common::Running {
    let shell = ["-c", "\"$@\" & wait", "sh", HINIT];
    hinit(As::Process, [&shell, words].concat()).program("sh").start()
}

/// A change of credentials clears what was asked for before it (prctl(2)).
#[test]
fn a_dropped_hinit_hears_of_its_parent_s_death() {
    if !root_for("a drop") {
        return;
    }
    let app = "trap 'echo orphan' USR1; trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done";
    let words = ["--user", "10001:10001", "--pdeath-signal", "USR1", "sh", "-c", app];
    let parent = below_a_shell(&words);
    parent.prints("ready");
    let hinit = parent.app();
    send(parent.pid, KILL);
    parent.prints("orphan");
    send(hinit, TERM);
}

/// It died while hinit got ready, before it could ask to be told: so nobody
/// ever will tell (tini starts its app then).
#[test]
fn nothing_is_started_for_a_parent_that_has_died_already() {
    let directory = TempDir::new("parent");
    let fifo = directory.path().join("variables");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let words = ["--env-file", fifo.to_str().unwrap(), "--pdeath-signal", "TERM", "echo", "started"];
    let parent = below_a_shell(&words);
    let hinit = parent.app();
    until("hinit waits for its variables", || {
        let at = fs::read_to_string(format!("/proc/{hinit}/wchan")).unwrap_or_default();
        at.contains("poll").then_some(())
    });
    send(parent.pid, KILL);
    until("the parent is gone", || {
        let stat = fs::read_to_string(format!("/proc/{hinit}/stat")).unwrap_or_default();
        let of = stat.rsplit(')').next().and_then(|fields| fields.split_whitespace().nth(1)?.parse().ok());
        (of != Some(parent.pid)).then_some(())
    });
    drop(File::options().write(true).open(&fifo).unwrap());
    parent.says("hinit's parent has already died, not starting the app (--pdeath-signal SIGTERM)");
    assert_eq!(parent.wait().stdout, "");
}
