//! A hinit that is stuck, stopped or killed is not believed for long.

use crate::common::{As, send, until};
use crate::{Watched, said};

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
fn a_stopped_hinit_is_stale_once_a_check_is_overdue() {
    let watched = Watched::start(As::Process);
    watched.make_healthy();
    assert_eq!(said(&watched.status(&["--wait", "--timeout", "1m"]).output().unwrap()).0, 0);
    watched.running.signal(STOP);
    let text = until("it is stale", || {
        let (code, text) = said(&watched.status(&[]).output().unwrap());
        (code == 1).then_some(text)
    });
    watched.running.signal(CONT);
    assert!(text.starts_with("unhealthy: stale, hinit (pid "), "{text}");
    // It goes on as if nothing had been.
    assert_eq!(said(&watched.status(&["--wait", "--timeout", "1m"]).output().unwrap()).0, 0);
}
