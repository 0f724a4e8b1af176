//! Signals lost at startup: a TERM so soon after exec that the init may not have
//! set itself up, or its app may not be there yet.
//!
//! Of PID 1 the kernel itself discards a signal that is neither blocked nor
//! caught, so until an init's first instructions have run every init is deaf.
//! Those starts are counted apart: they tell how long that takes, not whether a
//! signal that was let in went astray.

use crate::subject::Subject;
use crate::{Outcome, start};
use nix::sys::signal::{SIGTERM, kill};
use std::process::Child;
use std::time::{Duration, Instant};
use std::{fs, thread};

pub(crate) const STARTS: u32 = 400;
const LATEST: Duration = Duration::from_micros(1500);

/// The starts that a TERM did not end.
pub(crate) struct Lost {
    /// The init had blocked or caught the signal, and nothing came of it.
    pub(crate) astray: usize,
    /// PID 1 had not yet said what to do with it.
    pub(crate) deaf: usize,
}

pub(crate) struct Start {
    child: Child,
    listens: bool,
}

/// Those of one subject's starts that still live.
pub(crate) struct Survivors(Vec<Start>);

pub(crate) fn start_and_stop(subject: &Subject, flags: &[&str], first: bool) -> Outcome<Survivors> {
    let mut alive = Vec::new();
    for i in 0..STARTS {
        let child = start::spawn(subject, flags, &["sleep", "600"], first)?;
        spin_until(Instant::now() + LATEST * i / STARTS);
        let listens = !first || listens(&child);
        kill(start::pid(&child)?, SIGTERM)?;
        alive.push(Start { child, listens });
        alive.retain_mut(still_runs);
    }
    Ok(Survivors(alive))
}

impl Survivors {
    /// Gives them all the time one may need, counts who is left, and ends them.
    pub(crate) fn count(mut self, limit: Instant) -> Outcome<Lost> {
        self.0.retain_mut(still_runs);
        while !self.0.is_empty() && Instant::now() < limit {
            thread::sleep(Duration::from_millis(10));
            self.0.retain_mut(still_runs);
        }
        let astray = self.0.iter().filter(|start| start.listens).count();
        let lost = Lost { astray, deaf: self.0.len() - astray };
        self.0.iter_mut().try_for_each(|start| start::end(&mut start.child))?;
        Ok(lost)
    }
}

/// Whether TERM is blocked (kept for later) or caught.
fn listens(child: &Child) -> bool {
    let text = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    ["SigBlk:", "SigCgt:"].iter().any(|key| mask(&text, key) & 1 << (SIGTERM as u64 - 1) != 0)
}

fn mask(status: &str, key: &str) -> u64 {
    let digits = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("0");
    u64::from_str_radix(digits.trim(), 16).unwrap_or(0)
}

/// A sleep is too coarse for microseconds.
fn spin_until(moment: Instant) {
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
}

fn still_runs(start: &mut Start) -> bool {
    matches!(start.child.try_wait(), Ok(None))
}
