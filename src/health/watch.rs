//! The schedule and its rounds together, as PID 1's loop holds them.

use super::process::{Checks, Outcome, Round};
use super::schedule::{Action, Change, Schedule};
use crate::plan::Timing;
use crate::sys::Pid;
use crate::sys::process::Ending;
use crate::text::one_line;
use crate::time::Moment;
use log::debug;
use std::io;
use std::os::fd::BorrowedFd;

/// What the supervisor is told.
#[derive(Debug)]
pub enum News {
    /// The shown status changed: to be logged, and acted on.
    Changed(Change),
    /// The status document is to be written anew.
    Publish,
    /// hinit could not run a check; it does not count, and is tried again.
    Unable(io::Error),
}

/// Watches over the health of one app. Dropping it kills a check in flight.
#[derive(Debug)]
pub struct Watch {
    schedule: Schedule,
    checks: Checks,
    round: Option<Round>,
    paused: bool,
}

impl Watch {
    /// The app was started `now`.
    pub fn new(checks: Checks, timing: Timing, now: Moment) -> Self {
        Self { schedule: Schedule::new(timing, now), checks, round: None, paused: false }
    }

    /// What is known of the app's health.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What the checks in flight have said, or what they wait for.
    pub fn said_so_far(&self) -> String {
        self.round.as_ref().map(Round::partial).unwrap_or_default()
    }

    /// When [`Self::turn`] is wanted at the latest.
    pub fn deadline(&self) -> Option<Moment> {
        if self.paused {
            return None;
        }
        let round = self.round.as_ref().and_then(Round::deadline);
        self.schedule.next_deadline().into_iter().chain(round).min()
    }

    /// What to poll for input.
    pub fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.round.iter().flat_map(Round::fds)
    }

    /// One turn of the loop: takes in output, and does what is due. To be
    /// called after the children of this turn have been reaped.
    pub fn turn(&mut self, now: Moment, news: &mut Vec<News>) {
        if self.paused {
            return;
        }
        if let Some(round) = &mut self.round {
            round.read();
            round.tick(now);
        }
        let round = &self.round;
        let actions = self.schedule.tick(now, || round.as_ref().map(Round::partial).unwrap_or_default());
        self.obey(actions, now, news);
    }

    /// A child was reaped: whether it was a check.
    pub fn reaped(&mut self, pid: Pid, ending: Ending, now: Moment, news: &mut Vec<News>) -> bool {
        let is_ours = self.round.as_mut().is_some_and(|round| round.reaped(pid, ending));
        if is_ours {
            self.settle(now, news);
        }
        is_ours
    }

    /// The app has said something of itself: look at once if it is starting.
    pub fn hurry(&mut self, now: Moment) {
        self.schedule.hurry(now);
    }

    /// The app is gone for now: a check in flight is killed and forgotten, and
    /// none is started until [`Self::restarted`].
    pub fn pause(&mut self, now: Moment) {
        self.paused = true;
        if self.round.take().is_some() {
            self.checks.forget_boards();
            self.schedule.not_started(now);
        }
    }

    /// The app was started anew `now`.
    pub fn restarted(&mut self, now: Moment, news: &mut Vec<News>) {
        self.paused = false;
        let actions = self.schedule.restarted(now);
        self.obey(actions, now, news);
    }

    fn obey(&mut self, actions: Vec<Action>, now: Moment, news: &mut Vec<News>) {
        for action in actions {
            match action {
                Action::Start(_) => {
                    self.round = Some(self.checks.start(now));
                    self.settle(now, news);
                }
                Action::Kill => {
                    debug!("a check that has not ended in time is killed");
                    self.round.iter_mut().for_each(Round::kill);
                }
                Action::Changed(change) => news.push(News::Changed(change)),
                Action::Publish => news.push(News::Publish),
            }
        }
    }

    /// Takes the outcome of a round that is over. A round of which no process
    /// could be started is over at once.
    fn settle(&mut self, now: Moment, news: &mut Vec<News>) {
        let Some(round) = self.round.take_if(|round| round.is_over()) else { return };
        let actions = match round.outcome() {
            Outcome::Result { exit_code, output } => {
                debug!(
                    "checked, exit code {exit_code}: {}",
                    one_line(output.trim_end(), super::LONGEST_REASON)
                );
                self.schedule.finished(now, exit_code, output)
            }
            Outcome::Unable(error) => {
                news.push(News::Unable(error));
                self.schedule.not_started(now)
            }
        };
        self.obey(actions, now, news);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::before::Setup;
    use crate::health::Status;
    use crate::plan::Health;
    use crate::plan::probe::Probe;
    use crate::sys::{clock, fds, process, signals};
    use std::time::Duration;

    fn watch(command: &str, timing: Timing) -> Watch {
        let inherited = signals::block_all();
        inherited.restore();
        let health = Health { probes: vec![Probe::from_command(command).unwrap()], timing };
        let checks =
            Checks::new(&health, &std::env::vars_os().collect(), &Setup::default(), inherited).unwrap();
        Watch::new(checks, timing, clock::now())
    }

    fn quick() -> Timing {
        let interval = Duration::from_millis(20);
        Timing { interval, start_interval: interval, ..Timing::default() }
    }

    /// Turns as PID 1 does, until this status is shown.
    fn until(watch: &mut Watch, status: Status) -> Change {
        let mut news = Vec::new();
        loop {
            let limit = watch.deadline().map(|at| at.saturating_sub(clock::now()));
            let mut polled: Vec<_> = watch.fds().map(fds::input).collect();
            fds::wait_for_input(&mut polled, limit).unwrap();
            watch.turn(clock::now(), &mut news);
            let silent = watch.fds().next().is_none();
            let pids: Vec<Pid> = watch.round.iter().flat_map(Round::pids).filter(|_| silent).collect();
            for pid in pids {
                let ending = process::wait_for(pid).unwrap();
                assert!(watch.reaped(pid, ending, clock::now(), &mut news));
            }
            for item in news.drain(..) {
                match item {
                    News::Changed(change) if change.to == status => return change,
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn a_check_that_passes_makes_healthy() {
        let mut watch = watch("echo fine", quick());
        assert_eq!(until(&mut watch, Status::Healthy).reason, "fine\n");
    }

    #[test]
    fn a_check_that_hangs_makes_unhealthy_and_is_killed() {
        let timing = Timing { timeout: Duration::from_millis(50), retries: 2, ..quick() };
        let mut watch = watch("echo hanging; exec sleep 600", timing);
        let change = until(&mut watch, Status::Unhealthy);
        assert_eq!(change.reason, "Health check exceeded timeout (50ms): hanging\n");
        assert_eq!(watch.schedule().streak(), 2);
    }

    #[test]
    fn a_check_that_does_not_exist_makes_unhealthy_and_says_so() {
        let mut watch = watch(r#"["/no/such/check"]"#, quick());
        assert_eq!(
            until(&mut watch, Status::Unhealthy).reason,
            "cannot start '/no/such/check': there is no such file; check the path"
        );
        assert_eq!(watch.schedule().log().next().map(|entry| entry.exit_code), Some(-1));
    }

    #[test]
    fn a_restart_of_the_app_starts_anew() {
        let mut watch = watch("true", quick());
        until(&mut watch, Status::Healthy);
        let mut news = Vec::new();
        watch.restarted(clock::now(), &mut news);
        assert!(matches!(&news[0], News::Changed(change) if change.to == Status::Starting));
        until(&mut watch, Status::Healthy);
    }
}
