//! A hinit that is stuck, stopped or killed is not believed for long.

use crate::common::cgroup::Cgroup;
use crate::common::{As, TempDir, fixture, hinit, send, skip, until};
use crate::{Watched, said, status};

const KILL: i32 = 9;
const STOP: i32 = 19;
const CONT: i32 = 18;

#[test]
fn a_killed_hinit_tells_nothing_though_its_document_is_still_there() {
    let watched = Watched::start(As::Process);
    watched.make_healthy();
    assert_eq!(said(&watched.status(&["--wait", "--timeout", "1m"]).output().unwrap()).0, 0);
    let (pid, app) = (watched.running.pid, watched.running.app());
    watched.running.signal(KILL);
    let (code, text) = until("hinit is gone", || {
        let (code, text) = said(&watched.status(&[]).output().unwrap());
        (code != 0).then_some((code, text))
    });
    send(app, KILL);
    assert!(watched.place().exists());
    assert_eq!(code, 1);
    assert!(text.contains(&format!("the hinit that wrote it (pid {pid}) is gone")), "{text}");
}

#[test]
fn a_frozen_hinit_is_stale_once_a_check_is_overdue() {
    let group = match Cgroup::new("freezer") {
        Ok(group) => group,
        Err(why) => return skip("a frozen hinit", &why),
    };
    let watched = Watched::start(As::Process);
    watched.make_healthy();
    assert_eq!(said(&watched.status(&["--wait", "--timeout", "1m"]).output().unwrap()).0, 0);
    group.add(watched.running.pid).set("freezer.state", "FROZEN");
    let text = until("it is stale", || {
        let (code, text) = said(&watched.status(&[]).output().unwrap());
        (code == 1).then_some(text)
    });
    group.set("freezer.state", "THAWED");
    assert!(text.starts_with("unhealthy: stale, hinit (pid "), "{text}");
    // It goes on as if nothing had been.
    assert_eq!(said(&watched.status(&["--wait", "--timeout", "1m"]).output().unwrap()).0, 0);
}

/// Nobody forwards a signal, reaps or probes then.
#[test]
fn a_stopped_hinit_is_unhealthy_at_once_with_checks_and_without() {
    let dir = TempDir::new("stopped");
    let place = dir.path().join("status.json");
    let plain = hinit(As::Process, ["--status-file", place.to_str().unwrap(), &fixture(), "signals"]).start();
    let watched = Watched::start(As::Process);
    watched.make_healthy();
    for (running, place) in [(&plain, &place), (&watched.running, &watched.place())] {
        let wait = || said(&status(place, &["--wait", "--timeout", "1m"]).output().unwrap());
        assert_eq!(wait().0, 0);
        running.signal(STOP);
        let text = until("it says so", || {
            let (code, text) = said(&status(place, &[]).output().unwrap());
            (code == 1).then_some(text)
        });
        assert_eq!(text, format!("unhealthy: hinit (pid {}) is stopped\n", running.pid));
        running.signal(CONT);
        assert_eq!(wait().0, 0);
    }
}
