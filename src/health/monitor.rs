//! Connects the schedule with its rounds of probes, for the loop of PID 1.

use super::checks::Checks;
use super::probe_round::{Outcome, ProbeRound};
use super::schedule::{Action, Change, Schedule};
use crate::plan::Timing;
use crate::sys::Pid;
use crate::sys::process::Ending;
use crate::text::one_line;
use crate::time::Moment;
use log::debug;
use std::io;
use std::os::fd::BorrowedFd;

/// An event for the supervisor.
#[derive(Debug)]
pub(crate) enum MonitorEvent {
    /// The shown status changed: log it and act on it.
    Changed(Change),
    /// The app has not become healthy for some seconds: log the reason once.
    StillStarting {
        /// The output of the check.
        reason: String,
        /// Its exit code.
        exit_code: i32,
    },
    /// Write the status document again.
    Publish,
    /// hinit could not start a check, for another reason than before.
    NotStarted(String),
}

/// Monitors the health of one app. Dropping it kills a check in flight.
#[derive(Debug)]
pub(crate) struct Monitor {
    schedule: Schedule,
    checks: Checks,
    round: Option<ProbeRound>,
    /// Why the last round could not be started.
    not_started: Option<String>,
}

impl Monitor {
    /// The app was started `now`.
    pub(crate) fn new(checks: Checks, timing: Timing, now: Moment) -> Self {
        Self { schedule: Schedule::new(timing, now), checks, round: None, not_started: None }
    }

    /// The schedule with the app's health.
    pub(crate) fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The output so far of the running checks, or what they are waiting for.
    pub(crate) fn partial_output(&self) -> String {
        self.round.as_ref().map(ProbeRound::partial).unwrap_or_default()
    }

    /// When [`Self::turn`] is wanted at the latest.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        let round = self.round.as_ref().and_then(ProbeRound::deadline);
        self.schedule.next_deadline().into_iter().chain(round).min()
    }

    /// What to poll for input.
    pub(crate) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.round.iter().flat_map(ProbeRound::fds)
    }

    /// One turn of the loop: reads output and does what is due. To be called
    /// after the children of this turn have been reaped.
    pub(crate) fn turn(&mut self, now: Moment, events: &mut Vec<MonitorEvent>) {
        if let Some(round) = &mut self.round {
            round.read();
            round.tick(now);
        }
        let round = &self.round;
        let actions =
            self.schedule.tick(now, || round.as_ref().map(ProbeRound::progress).unwrap_or_default());
        self.carry_out(actions, now, events);
    }

    /// A child was reaped: whether it was a check.
    pub(crate) fn reaped(
        &mut self,
        pid: Pid,
        ending: Ending,
        now: Moment,
        events: &mut Vec<MonitorEvent>,
    ) -> bool {
        let is_ours = self.round.as_mut().is_some_and(|round| round.reaped(pid, ending));
        if is_ours {
            self.settle(now, events);
        }
        is_ours
    }

    /// The app has sent READY=1: checks at once if it is starting.
    pub(crate) fn check_soon(&mut self, now: Moment) {
        self.schedule.check_soon(now);
    }

    /// The app has ended for now: a running check is killed and its result
    /// discarded, and none is started until [`Self::restarted`].
    pub(crate) fn pause(&mut self, now: Moment, events: &mut Vec<MonitorEvent>) {
        let actions = self.schedule.pause(now);
        self.carry_out(actions, now, events);
    }

    /// The app was started again `now`.
    pub(crate) fn restarted(&mut self, now: Moment, events: &mut Vec<MonitorEvent>) {
        let actions = self.schedule.restarted(now);
        self.carry_out(actions, now, events);
    }

    fn carry_out(&mut self, actions: Vec<Action>, now: Moment, events: &mut Vec<MonitorEvent>) {
        for action in actions {
            match action {
                Action::Start(_) => {
                    self.round = Some(ProbeRound::start(&self.checks, now));
                    self.settle(now, events);
                }
                Action::Kill => {
                    debug!("killing a check that did not end in time");
                    self.round.iter_mut().for_each(ProbeRound::kill);
                }
                Action::Changed(change) => events.push(MonitorEvent::Changed(change)),
                Action::StillStarting { reason, exit_code } => {
                    events.push(MonitorEvent::StillStarting { reason, exit_code });
                }
                Action::Publish => events.push(MonitorEvent::Publish),
            }
        }
    }

    /// Handles the outcome of a round that is over. A round without a process
    /// (none could be started) is over at once.
    fn settle(&mut self, now: Moment, events: &mut Vec<MonitorEvent>) {
        let Some(round) = self.round.take_if(|round| round.is_over()) else { return };
        let actions = match round.outcome() {
            Outcome::Result { exit_code, output } => {
                debug!(
                    "checked, exit code {exit_code}: {}",
                    one_line(output.trim_end(), super::LONGEST_REASON)
                );
                self.not_started = None;
                self.schedule.finished(now, exit_code, output)
            }
            Outcome::NotStarted(error) => {
                let reason = not_started_reason(&error);
                if self.not_started.as_ref() != Some(&reason) {
                    events.push(MonitorEvent::NotStarted(reason.clone()));
                    self.not_started = Some(reason.clone());
                }
                self.schedule.not_started(now, reason)
            }
        };
        self.carry_out(actions, now, events);
    }
}

fn not_started_reason(error: &io::Error) -> String {
    format!(
        "hinit could not start a health check: {error}; is a limit of this container reached (pids, memory, open files)?"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Status;
    use crate::plan::Health;
    use crate::plan::probe::Probe;
    use crate::spawn::child_setup::ChildSetup;
    use crate::sys::signals::Inherited;
    use crate::sys::{clock, fds, process};
    use std::time::Duration;

    fn monitor(command: &str, timing: Timing) -> Monitor {
        let inherited = Inherited::of_a_test();
        let health = Health { probes: vec![Probe::from_command(command).unwrap()], timing };
        let checks =
            Checks::new(&health, &std::env::vars_os().collect(), &ChildSetup::default(), inherited).unwrap();
        Monitor::new(checks, timing, clock::now())
    }

    fn quick() -> Timing {
        let interval = Duration::from_millis(20);
        Timing { interval, start_interval: interval, ..Timing::default() }
    }

    /// Runs turns as PID 1 does, until this status is shown.
    fn until(monitor: &mut Monitor, status: Status) -> Change {
        let mut events = Vec::new();
        loop {
            let limit = monitor.deadline().map(|at| at.saturating_sub(clock::now()));
            let mut polled: Vec<_> = monitor.fds().map(fds::input).collect();
            fds::wait_for_input(&mut polled, limit).unwrap();
            monitor.turn(clock::now(), &mut events);
            let silent = monitor.fds().next().is_none();
            let pids: Vec<Pid> = monitor.round.iter().flat_map(ProbeRound::pids).filter(|_| silent).collect();
            for pid in pids {
                let ending = process::wait_for(pid).unwrap();
                assert!(monitor.reaped(pid, ending, clock::now(), &mut events));
            }
            for item in events.drain(..) {
                match item {
                    MonitorEvent::Changed(change) if change.to == status => return change,
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn a_check_that_passes_makes_healthy() {
        let mut monitor = monitor("echo fine", quick());
        assert_eq!(until(&mut monitor, Status::Healthy).reason, "fine\n");
    }

    #[test]
    fn a_check_that_hangs_makes_unhealthy_and_is_killed() {
        let timing = Timing { timeout: Duration::from_millis(50), retries: 2, ..quick() };
        let mut monitor = monitor("echo hanging; exec sleep 600", timing);
        let change = until(&mut monitor, Status::Unhealthy);
        assert_eq!(change.reason, "Health check exceeded timeout (50ms): hanging\n");
        assert_eq!(monitor.schedule().streak(), 2);
    }

    #[test]
    fn a_check_that_does_not_exist_makes_unhealthy_and_says_so() {
        let mut monitor = monitor(r#"["/no/such/check"]"#, quick());
        assert_eq!(
            until(&mut monitor, Status::Unhealthy).reason,
            "cannot start '/no/such/check': there is no such file; check the path"
        );
        assert_eq!(monitor.schedule().log().next().map(|entry| entry.exit_code), Some(-1));
    }

    #[test]
    fn a_restart_of_the_app_begins_with_starting() {
        let mut monitor = monitor("true", quick());
        until(&mut monitor, Status::Healthy);
        let mut events = Vec::new();
        monitor.restarted(clock::now(), &mut events);
        assert!(matches!(&events[0], MonitorEvent::Changed(change) if change.to == Status::Starting));
        until(&mut monitor, Status::Healthy);
    }
}
