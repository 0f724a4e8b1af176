//! What an init holds, and how often it wakes, when nothing happens.

use crate::subject::Subject;
use crate::{Outcome, start};
use std::process::Child;
use std::time::Duration;
use std::{fs, thread};

const SETTLE: Duration = Duration::from_secs(1);
const WATCH: Duration = Duration::from_secs(10);

pub(crate) struct Idle {
    /// `VmRSS` in kB.
    pub(crate) resident: f64,
    /// `RssAnon` in kB: what is this process's own.
    pub(crate) anonymous: f64,
    /// Context switches while it was watched.
    pub(crate) wakeups: f64,
}

/// All of them at once, so that they see the same machine.
pub(crate) fn measure(subjects: &[Subject]) -> Outcome<Vec<Idle>> {
    let start = |subject| start::spawn(subject, &[], &["sleep", "60"], start::can_be_first());
    let mut children = subjects.iter().map(start).collect::<Outcome<Vec<_>>>()?;
    thread::sleep(SETTLE);
    let before = children.iter().map(switches).collect::<Outcome<Vec<_>>>()?;
    thread::sleep(WATCH);
    let idle = children.iter().zip(before).map(|(child, before)| look(child, before)).collect();
    children.iter_mut().try_for_each(start::stop)?;
    idle
}

fn look(child: &Child, before: f64) -> Outcome<Idle> {
    Ok(Idle {
        resident: status(child, "VmRSS:")?,
        anonymous: anonymous(child)?,
        wakeups: switches(child)? - before,
    })
}

/// `RssAnon` in kB.
pub(crate) fn anonymous(child: &Child) -> Outcome<f64> {
    status(child, "RssAnon:")
}

fn switches(child: &Child) -> Outcome<f64> {
    Ok(status(child, "voluntary_ctxt_switches:")? + status(child, "nonvoluntary_ctxt_switches:")?)
}

fn status(child: &Child, key: &str) -> Outcome<f64> {
    let text = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.split_whitespace().next()?.parse().ok());
    value.ok_or_else(|| format!("no {key} of process {}", child.id()).into())
}
