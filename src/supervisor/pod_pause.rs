//! The pause process of a pod (`catatonit -P`): it starts no app, keeps the
//! namespaces of the pod alive and reaps orphans.

use super::runtime::POLL_FALLBACK;
use crate::personality::Personality;
use crate::signal::Signal;
use crate::sys::fds;
use crate::sys::process::{self, Wait};
use crate::sys::signals::{Arrival, Inbox};
use log::error;
use std::io;

/// Waits for SIGTERM or SIGINT and returns 0, or the personality's code for a
/// failure. Other signals are ignored.
pub(crate) fn run(personality: Personality) -> i32 {
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
        // Before the first wait too: there is no SIGCHLD for earlier deaths.
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
