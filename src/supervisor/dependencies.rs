//! The app's dependencies (`--wait-for`): it is not started before they are ready.

use crate::health::checks::Checks;
use crate::health::monitor::{Monitor, MonitorEvent};
use crate::health::{self, Status, schedule::Schedule};
use crate::plan::probe::Probe;
use crate::plan::{Health, Timing};
use crate::sys::process::Ending;
use crate::sys::{Pid, clock};
use crate::time::{Moment, rounded};
use log::info;
use std::time::Duration;

/// The longest pause between two probes.
const INTERVAL: Duration = Duration::from_secs(1);
/// Of one probe; the machine keeps `--wait-timeout`, the limit of all of them.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The first line is logged after this, even if the first probe has not ended.
const FIRST_LINE: Duration = Duration::from_secs(1);
/// A line is repeated after this even if nothing has changed.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The probes with their schedule: at once, then every second, without end.
pub(super) fn checks_of(probes: &[Probe]) -> Health {
    Health { probes: probes.to_vec(), timing: timing() }
}

fn timing() -> Timing {
    let forever = Duration::from_nanos(u64::MAX);
    Timing {
        interval: INTERVAL,
        timeout: TIMEOUT,
        start_period: forever,
        start_interval: INTERVAL,
        retries: u32::MAX,
    }
}

/// Probes the dependencies until all of them are ready.
#[derive(Debug)]
pub(super) struct Dependencies {
    monitor: Monitor,
    since: Moment,
    events: Vec<MonitorEvent>,
    last_line: Option<(String, Moment)>,
}

impl Dependencies {
    /// Starts probing now.
    pub(super) fn new(checks: Checks) -> Self {
        let now = clock::now();
        Self { monitor: Monitor::new(checks, timing(), now), since: now, events: Vec::new(), last_line: None }
    }

    /// What to poll.
    pub(super) fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// When [`Self::turn`] is wanted at the latest.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let line = self.last_line.is_none().then(|| self.since.saturating_add(FIRST_LINE));
        self.monitor.deadline().into_iter().chain(line).min()
    }

    /// A child was reaped: whether it was one of the probes.
    pub(super) fn reaped(&mut self, pid: Pid, ending: Ending, now: Moment) -> bool {
        self.monitor.reaped(pid, ending, now, &mut self.events)
    }

    /// One turn of the loop: whether all dependencies are ready.
    pub(super) fn turn(&mut self, now: Moment) -> bool {
        self.monitor.turn(now, &mut self.events);
        self.events.clear();
        let ready = self.monitor.schedule().shown() == Status::Healthy;
        if ready {
            info!("dependencies are ready after {}", rounded(now.saturating_sub(self.since)));
        } else {
            self.log_progress(now);
        }
        ready
    }

    /// Logs a line when the reason changes, and every ten seconds.
    fn log_progress(&mut self, now: Moment) {
        let Some(reason) = reason(self.monitor.schedule()).or_else(|| self.reason_so_far(now)) else {
            return;
        };
        let is_new = self
            .last_line
            .as_ref()
            .is_none_or(|(logged, at)| *logged != reason || now.saturating_sub(*at) >= LINE_EVERY);
        if is_new {
            let waited = rounded(now.saturating_sub(self.since));
            info!(
                "waiting for dependencies, {waited} so far: {}",
                health::reason(&reason, None, health::LONGEST_REASON)
            );
            self.last_line = Some((reason, now));
        }
    }

    /// What a slow first probe is waiting for.
    fn reason_so_far(&self, now: Moment) -> Option<String> {
        let is_due = self.last_line.is_none() && now.saturating_sub(self.since) >= FIRST_LINE;
        is_due.then(|| match self.monitor.partial_output() {
            output if output.trim().is_empty() => "the first probe has not ended".to_owned(),
            output => output,
        })
    }
}

fn reason(schedule: &Schedule) -> Option<String> {
    let early = schedule.early_reason().map(str::to_owned);
    early.or_else(|| schedule.log().last().map(|entry| entry.output.clone()))
}
