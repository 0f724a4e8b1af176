//! What years of probing cost PID 1: its memory after 1,000 probes and after
//! 100,000, at the shortest interval there is.

use crate::probe::Server;
use crate::subject::Subject;
use crate::{Outcome, idle, start};
use std::time::Duration;

const WARM: usize = 1_000;
pub(crate) const PROBES: usize = 100_000;
/// A probe takes some milliseconds on a busy machine.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// `RssAnon` of PID 1 in kB.
pub(crate) struct Growth {
    pub(crate) warm: f64,
    pub(crate) end: f64,
}

pub(crate) fn measure(hinit: &Subject, server: &Server) -> Outcome<Growth> {
    let url = server.url();
    let timing = ["--health-interval", "1ms", "--health-start-interval", "1ms"];
    // The server is the benchmark, which would be another process off PID 1.
    let flags = [&["--health", &url, "--any-listener"][..], &timing].concat();
    let before = server.requests();
    // The app outlives the whole limit: an end of it would end the probing.
    let mut child = start::spawn(hinit, &flags, &["sleep", "3600"], start::can_be_first())?;
    let after = |probes| {
        server.wait_for(before + probes, LIMIT)?;
        idle::anonymous(&child)
    };
    let growth = after(WARM).and_then(|warm| Ok(Growth { warm, end: after(PROBES)? }));
    start::stop(&mut child)?;
    growth
}
