//! A stop request in the first milliseconds of hinit's life is never lost.

mod common;

use common::{As, Running, everywhere, hinit, status_field, until};
use std::thread;
use std::time::Duration;

const STARTS: u64 = 400;

/// A pause of 0 to 1.5 ms that differs from start to start, the same in each run.
fn pause(start: u64) {
    thread::sleep(Duration::from_micros(start.wrapping_mul(7919) % 1500));
}

/// As PID 1, what comes before hinit's first instruction is thrown away by the
/// kernel; from then on everything is blocked, which /proc shows.
fn first_instruction(running: &Running) {
    until("hinit has blocked the signals", || {
        let blocked = status_field(running.pid, "SigBlk")?;
        // Everything but KILL and STOP, which cannot be blocked.
        (blocked == "fffffffffffbfeff").then_some(())
    });
}

fn loses_none(group: &str) {
    everywhere(|mode| {
        for start in 0..STARTS {
            let running = hinit(mode, [group, "sleep", "600"]).start();
            if mode == As::Pid1 {
                first_instruction(&running);
            }
            pause(start);
            running.signal(15);
            assert_eq!(running.wait().code, 143, "start {start} as {mode:?}");
        }
    });
}

#[test]
fn a_term_right_after_the_start_stops_the_app() {
    loses_none("--group=false");
}

#[test]
fn a_term_right_after_the_start_stops_the_group() {
    loses_none("--group");
}
