//! No app at all: the first process of a pod, which holds its namespaces and
//! reaps what is left in them (`catatonit -P`).

use super::runtime::POLL_FALLBACK;
use crate::personality::Personality;
use crate::signal::Signal;
use crate::sys::fds;
use crate::sys::process::{self, Wait};
use crate::sys::signals::{Arrival, Inbox};
use log::error;
use std::io;

/// Waits for SIGTERM or SIGINT and returns 0 then, or the personality's code for a
/// failure. Every other signal is ignored.
pub fn run(personality: Personality) -> i32 {
    match wait_for_stop() {
        Ok(()) => 0,
        Err(error) => {
            error!("cannot pause: {error}");
            personality.own_failure()
        }
    }
}

fn wait_for_stop() -> io::Result<()> {
    let mut inbox = Inbox::open()?;
    let mut arrivals = Vec::with_capacity(32);
    loop {
        // Before the first wait too: what died earlier is announced by nobody.
        while let Wait::Changed(..) = process::wait_any() {}
        if fds::wait_for_input(&mut [fds::input(inbox.fd())], None).is_err() {
            std::thread::sleep(POLL_FALLBACK);
        }
        inbox.take(&mut arrivals);
        if arrivals.iter().any(is_stop_request) {
            return Ok(());
        }
    }
}

fn is_stop_request(arrival: &Arrival) -> bool {
    [Signal::TERM, Signal::INT].contains(&arrival.signal)
}
