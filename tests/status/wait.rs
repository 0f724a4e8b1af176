//! `hinit status --wait`.

use crate::common::{As, TempDir, send, until};
use crate::{Watched, said, status};
use std::fs;
use std::process::Child;

const KILL: i32 = 9;
const TERM: i32 = 15;
const STOP: i32 = 19;

/// Whether it waits: it has looked, found something else, and sleeps.
fn waits(child: &mut Child) {
    let pid = child.id();
    until("status waits", || {
        let sleeping =
            fs::read_to_string(format!("/proc/{pid}/wchan")).is_ok_and(|at| at.contains("nanosleep"));
        sleeping.then_some(())
    });
    assert!(child.try_wait().unwrap().is_none());
}

#[test]
fn returns_when_the_app_has_become_healthy() {
    for word in ["--wait", "--wait=healthy"] {
        let watched = Watched::start(As::Process);
        let mut waiting = watched.status(&[word, "--timeout", "1m"]).spawn().unwrap();
        waits(&mut waiting);
        watched.make_healthy();
        let (code, text) = said(&waiting.wait_with_output().unwrap());
        assert!(code == 0 && text.starts_with("healthy: fine"), "{code} {text}");
    }
}

#[test]
fn returns_at_once_if_it_is_healthy_already_and_shows_the_document_if_asked() {
    let watched = Watched::start(As::Process);
    watched.make_healthy();
    let (code, _) = said(&watched.status(&["--wait", "--timeout", "1m"]).output().unwrap());
    assert_eq!(code, 0);
    let (code, json) = said(&watched.status(&["--wait", "--json", "--timeout", "1m"]).output().unwrap());
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, document["State"]["Health"]["Status"].as_str()), (0, Some("healthy")));
}

#[test]
fn gives_up_after_the_timeout_with_the_last_reason() {
    let watched = Watched::start(As::Process);
    until("it is unhealthy", || {
        let (_, text) = said(&watched.status(&[]).output().unwrap());
        text.starts_with("unhealthy: ").then_some(())
    });
    let (code, text) = said(&watched.status(&["--wait", "--timeout", "100ms"]).output().unwrap());
    assert!(code == 1 && text.starts_with("unhealthy: missing ("), "{text}");
    assert!(text.ends_with("(waited 100ms)\n"), "{text}");
}

#[test]
fn ends_with_the_hinit_that_it_waits_for_and_says_how_the_app_ended() {
    // The fixture's own code, and a signal that it does not catch.
    for (signal, end) in [(TERM, "exited with code 7"), (KILL, "was killed by SIGKILL")] {
        let watched = Watched::start(As::Process);
        let mut waiting = watched.status(&["--wait"]).spawn().unwrap();
        waits(&mut waiting);
        let pid = watched.running.pid;
        send(if signal == TERM { pid } else { watched.running.app() }, signal);
        let (code, text) = said(&waiting.wait_with_output().unwrap());
        let ended = format!("hinit: error: hinit (pid {pid}) has ended: the app {end}; its last status was ");
        assert!(code == 1 && text.starts_with(&ended), "{text}");
    }
}

#[test]
fn ends_when_hinit_is_killed_though_its_document_is_still_there() {
    let watched = Watched::start(As::Process);
    let mut waiting = watched.status(&["--wait"]).spawn().unwrap();
    waits(&mut waiting);
    let (pid, app) = (watched.running.pid, watched.running.app());
    watched.running.signal(KILL);
    let (code, text) = said(&waiting.wait_with_output().unwrap());
    send(app, KILL);
    assert_eq!(code, 1);
    assert!(
        text.starts_with(&format!("hinit: error: hinit (pid {pid}) is gone; its last status was ")),
        "{text}"
    );
}

/// Another hinit that takes over the path is not the one that was waited for.
#[test]
fn ends_when_another_hinit_writes_to_the_same_file() {
    let first = Watched::start(As::Process);
    let mut waiting = first.status(&["--wait"]).spawn().unwrap();
    waits(&mut waiting);
    // It would put its own document there again.
    first.running.signal(STOP);
    let second = Watched::start(As::Process);
    second.make_healthy();
    assert_eq!(said(&second.status(&["--wait"]).output().unwrap()).0, 0);
    fs::copy(second.place(), first.dir.path().join("copy")).unwrap();
    fs::rename(first.dir.path().join("copy"), first.place()).unwrap();
    let (code, text) = said(&waiting.wait_with_output().unwrap());
    assert!(code == 1 && text.contains(&format!("hinit (pid {}) is gone", first.running.pid)), "{text}");
}

#[test]
fn waits_for_a_hinit_that_is_about_to_start() {
    let watched = Watched::start(As::Process);
    watched.make_healthy();
    assert_eq!(said(&watched.status(&["--wait", "--timeout", "1m"]).output().unwrap()).0, 0);
    let later = TempDir::new("later");
    let place = later.path().join("status.json");
    let mut waiting = status(&place, &["--wait", "--timeout", "1m"]).spawn().unwrap();
    waits(&mut waiting);
    fs::copy(watched.place(), &place).unwrap();
    let (code, text) = said(&waiting.wait_with_output().unwrap());
    assert_eq!(code, 0, "{text}");
}

#[test]
fn says_for_how_long_there_was_no_document_to_believe() {
    let watched = Watched::start(As::Process);
    let place = watched.place();
    until("hinit has told of itself", || place.exists().then_some(()));
    watched.running.signal(KILL);
    until("hinit is gone", || {
        let output = status(&place, &["--wait", "--timeout", "10ms"]).output().unwrap();
        let (code, text) = said(&output);
        (code == 1 && text.ends_with("is gone (waited 10ms)\n")).then_some(())
    });
}

#[test]
fn refuses_what_it_cannot_wait_for() {
    let dir = TempDir::new("refuses");
    let place = dir.path().join("status.json");
    for words in [["--wait=unhealthy"].as_slice(), &["--timeout", "1s"], &["--wait", "--timeout", "soon"]] {
        let (code, text) = said(&status(&place, words).output().unwrap());
        assert!(code == 1 && text.lines().count() == 1, "{words:?}: {text}");
        assert!(text.contains("--wait") || text.contains("'soon' is not a duration"), "{words:?}: {text}");
    }
}
