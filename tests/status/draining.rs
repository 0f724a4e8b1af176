//! What a reader is told while the app is asked to stop.

use crate::common::{TempDir, everywhere, fixture, hinit, send, until};
use crate::{said, status};
use std::fs;

const TERM: i32 = 15;

/// On the reader's own side of the namespace: the app asks.
#[test]
fn a_draining_app_is_unhealthy_for_readers_and_still_checked() {
    everywhere(|mode| {
        let dir = TempDir::new("draining");
        let (healthy, place) = (dir.file("healthy", ""), dir.path().join("status.json"));
        let check = format!("test -e {}", healthy.display());
        let health = ["--health-cmd", &check, "--health-interval", "30ms", "--health-retries", "1"];
        let stop = ["--drain", "60s", "--status-file", place.to_str().unwrap()];
        let running = hinit(mode, [&health[..], &stop, &[&fixture(), "signals"]].concat()).start();
        running.prints("ready").says("healthy, ").signal(TERM).says("draining for 1m0s");
        if mode == crate::common::As::Process {
            let (code, text) = said(&status(&place, &[]).output().unwrap());
            assert_eq!((code, text.as_str()), (1, "unhealthy: the app is draining\n"));
        }
        fs::remove_file(healthy).unwrap();
        running.says("unhealthy: ").signal(TERM).prints("got 15");
        assert_eq!(running.wait().code, 7);
    });
}

/// No check comes by that would tell of it a little later.
#[test]
fn readers_are_told_of_each_phase_without_checks_too() {
    everywhere(|mode| {
        let dir = TempDir::new("phases");
        let place = dir.path().join("status.json");
        let stop = ["--drain", "10m", "--status-file", place.to_str().unwrap(), &fixture(), "ignore-term"];
        let running = hinit(mode, stop).start();
        let tells = |phase: &str| {
            let wanted = format!("\"Status\": \"{phase}\"");
            until(phase, || {
                fs::read_to_string(&place).is_ok_and(|text| text.contains(&wanted)).then_some(())
            });
        };
        tells("running");
        running.prints("ready").signal(TERM);
        tells("draining");
        running.signal(TERM);
        tells("stopping");
        send(running.app(), 9);
        assert_eq!(running.wait().code, 137);
    });
}
