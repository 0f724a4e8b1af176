//! What is skipped is counted for one run, and forgotten after it.

use crate::skipped::{Process, Run};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    directory
}

#[test]
fn reasons_are_counted_and_then_forgotten() {
    let directory = directory("counted");
    let run = Run::new(&directory, &Process::of(std::process::id()).unwrap());
    for reason in ["a drop: not root", "a pid namespace: none", "a drop: not root"] {
        run.record(reason).unwrap();
    }
    let counts = [("a drop: not root", 2), ("a pid namespace: none", 1)];
    assert_eq!(run.take(), BTreeMap::from(counts.map(|(reason, count)| (reason.to_owned(), count))));
    assert_eq!(run.take(), BTreeMap::new());
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn only_runs_that_are_over_are_cleared_away() {
    let directory = directory("stale");
    let alive = Process::of(std::process::id()).unwrap();
    let counted = Run::new(&directory, &Process::of(std::os::unix::process::parent_id()).unwrap());
    Run::new(&directory, &alive).record("another run: is going on").unwrap();
    fs::write(directory.join(format!("{}-1", alive.pid)), "its pid: is another's now\n").unwrap();
    assert_eq!(counted.take(), BTreeMap::new());
    let left: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [alive.to_string().as_str()]);
    fs::remove_dir_all(directory).unwrap();
}
