//! A file that somebody names, and the places where hinit looks otherwise.

use crate::common::{As, HINIT, TempDir, everywhere, fixture, hinit, until};
use crate::{said, status};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// As a reader that names no file, or names it by the variable.
fn by_list(first: Option<&Path>) -> (i32, String) {
    let mut command = Command::new(HINIT);
    command.arg("status").envs(first.map(|path| ("HINIT_STATUS_FILE", path)));
    said(&command.output().unwrap())
}

#[test]
fn nobody_else_answers_for_a_file_that_is_named() {
    let dir = TempDir::new("named");
    let missing = dir.path().join("missing.json");
    // Known to all of this machine, where others may run too.
    let running = hinit(As::Process, [fixture().as_str(), "signals"]).start();
    running.prints("ready");
    let answers = |(code, text): (i32, String)| code == 0 || text.contains("more than one hinit runs here");
    until("a hinit of this machine answers", || answers(by_list(None)).then_some(()));
    assert!(answers(by_list(Some(&missing))), "the variable is only the first place");
    for words in [[].as_slice(), &["--json"], &["--wait", "--timeout", "10ms"]] {
        let (code, text) = said(&status(&missing, words).output().unwrap());
        let why = format!("hinit: error: {}: there is no status document;", missing.display());
        assert!(code == 1 && text.starts_with(&why) && text.lines().count() == 1, "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_had_is_warned_of_with_the_place_taken_instead() {
    let dir = TempDir::new("taken");
    let path = dir.path().join("status.json");
    let words = ["--status-file", path.to_str().unwrap(), &fixture(), "signals"];
    let first = hinit(As::Process, words).start();
    first.prints("ready");
    let second = hinit(As::Process, words).start();
    let told = format!("--status-file {}: the hinit with pid {} writes there; ", path.display(), first.pid);
    second.prints("ready").says(&told);
    assert_eq!(said(&status(&path, &[]).output().unwrap()).0, 0);
}

#[test]
fn a_fifo_where_a_document_is_looked_for_is_not_waited_for() {
    everywhere(|mode| {
        let dir = TempDir::new("fifo");
        let fifo = dir.path().join("status.json");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let mut reader = status(&fifo, &[]).spawn().unwrap();
        until("the reader has its answer", || reader.try_wait().unwrap());
        let (code, text) = said(&reader.wait_with_output().unwrap());
        assert!(code == 1 && text.ends_with("it is not a regular file\n"), "{text}");
        let words = ["--status-file", fifo.to_str().unwrap(), &fixture(), "signals"];
        let running = hinit(mode, words).start();
        running.prints("ready");
        until("a document is there", || std::fs::metadata(&fifo).ok().filter(std::fs::Metadata::is_file));
        running.signal(15);
        assert_eq!(running.wait().code, 7);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "a hinit that has ended tells nothing");
    });
}

#[test]
fn any_user_may_read_a_document_whatever_the_umask_is() {
    let dir = TempDir::new("umask");
    let path = dir.path().join("status.json");
    let words = ["--status-file", path.to_str().unwrap(), &fixture(), "signals"];
    let closed = || {
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
        Ok(())
    };
    let running = hinit(As::Process, words).before_exec(closed).start();
    running.prints("ready");
    let mode = until("a document is there", || std::fs::metadata(&path).ok()).permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}
