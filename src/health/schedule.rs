//! When to probe, and what the results mean: Docker's state machine, pure.
//!
//! No clock, no system call: events come in with their time, and actions are
//! returned. Two kinds of rounds run in it (docs/design.md, section 8).
//!
//! **Regular rounds** are Docker's, exactly (moby's `monitor` and
//! `handleProbeResult`): the status, the streak and the moments. One thing is
//! not copied: Docker oversleeps the end of the start period when the start
//! interval is longer than what is left of it (moby#46747).
//!
//! **Early rounds** run in addition while the app is starting (requested in
//! moby#33410 and moby#48874): one at once, then with growing pauses between the
//! regular rounds. Only their success counts. So the app never gets healthy later
//! than with Docker and never unhealthy sooner, and streaks and moments are the
//! same.
//!
//! A *round* is one check of the app: one probe process, or several that all
//! have to pass. Rounds never overlap (H4): the next one waits until the last
//! process of the one before has been reaped (k8s#110070). If that does not
//! happen (a process in an uninterruptible system call, a frozen cgroup), each
//! moment at which a regular round is due is a failure.
//!
//! A round that hinit cannot start (the pids limit) is no result. One is not
//! counted; several in a row make the status unhealthy, without blame for the app.

use super::Status;
use crate::plan::Timing;
use crate::time::{GoDuration, Moment, rounded};
use std::collections::VecDeque;
use std::time::Duration;

/// Docker keeps the last five results.
const LOG_ENTRIES: usize = 5;
/// The exit code of a round that timed out or could not be started, as in Docker.
pub(crate) const NO_EXIT_CODE: i32 = -1;
/// The first pause between early rounds; it is doubled after each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// A wake-up counts as late only beyond this, however short the interval: a busy
/// machine may cause a smaller delay.
const LATE: Duration = Duration::from_secs(1);
/// The time that a killed round has until it is reaped. After that, a regular
/// round that is due has failed.
const REAP_GRACE: Duration = Duration::from_secs(1);

/// A failure before this age of the app is nothing to tell of: most apps need some
/// seconds to start.
const TIME_TO_START: Duration = Duration::from_secs(5);

/// What the caller has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start one round, then call [`Schedule::finished`] or [`Schedule::not_started`].
    Start(Kind),
    /// Kill the round's process groups, and still call [`Schedule::finished`]
    /// when all of them have been reaped.
    Kill,
    /// The shown status changed, or the app has failed while it was unhealthy
    /// for another reason.
    Changed(Change),
    /// The first failure of an app that should have started by now. Later ones
    /// are silent until the status changes.
    StillStarting {
        /// The output of the round.
        reason: String,
        /// Its exit code.
        exit_code: i32,
    },
    /// The status document has to be written again.
    Publish,
}

/// Why a round is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// At Docker's moment: its result counts.
    Regular,
    /// Before or between these, while starting: only its success counts.
    Early,
}

/// A change of the shown status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The status before.
    pub from: Status,
    /// The status now.
    pub to: Status,
    /// The output of the round that changed it; empty after a restart.
    pub reason: String,
    /// That round's exit code; 0 after a restart.
    pub exit_code: i32,
    /// Whether the app has failed, so that `--health-on-failure` acts. Not if
    /// hinit could not start its checks.
    pub app_failed: bool,
}

/// One result in the log, in Docker's terms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// When the round started.
    pub start: Moment,
    /// When its result was known.
    pub end: Moment,
    /// 0 is healthy; [`NO_EXIT_CODE`] means it timed out or was not found.
    pub exit_code: i32,
    /// The output.
    pub output: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Round {
    Idle,
    Running(Kind, Moment),
    /// Killed at this time, and not reaped yet; its result is discarded.
    Dying(Moment),
}

/// The state of health of one app.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each with a name")]
pub struct Schedule {
    timing: Timing,
    started: Moment,
    status: Status,
    seen_healthy_early: bool,
    streak: u32,
    /// Whether the status is unhealthy by failures of the app.
    app_failed: bool,
    /// Consecutive regular rounds that could not be started and that count.
    missed: u32,
    /// When the result of the first of them was due.
    owed: Option<Moment>,
    log: VecDeque<Entry>,
    early_reason: Option<String>,
    /// Whether [`Action::StillStarting`] has been returned in this life.
    is_slow: bool,
    round: Round,
    due: Moment,
    early_due: Moment,
    pause: Duration,
    /// The app has ended for now: nothing is due.
    is_paused: bool,
}

impl Schedule {
    /// The app was started `now`. The first round is due at once.
    pub fn new(timing: Timing, now: Moment) -> Self {
        let mut schedule = Self {
            timing,
            started: now,
            status: Status::Starting,
            seen_healthy_early: false,
            streak: 0,
            app_failed: false,
            missed: 0,
            owed: None,
            log: VecDeque::with_capacity(LOG_ENTRIES),
            early_reason: None,
            is_slow: false,
            round: Round::Idle,
            due: now,
            early_due: now,
            pause: Duration::ZERO,
            is_paused: false,
        };
        schedule.begin(now);
        schedule
    }

    /// When [`Self::tick`] has to be called next; none while paused.
    pub fn next_deadline(&self) -> Option<Moment> {
        let deadline = match self.round {
            Round::Idle if self.probes_early() => self.due.min(self.early_due),
            Round::Idle => self.due,
            Round::Running(Kind::Regular, start) => self.times_out(start),
            Round::Running(Kind::Early, start) => self.times_out(start).min(self.due),
            Round::Dying(since) => self.due.max(since.saturating_add(REAP_GRACE)),
        };
        (!self.is_paused).then_some(deadline)
    }

    /// Time has passed. `partial` returns the output of the running round so far,
    /// or which processes of a killed one have not been reaped; it is called only
    /// if that matters.
    pub fn tick(&mut self, now: Moment, partial: impl FnOnce() -> String) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.is_paused {
            return actions;
        }
        if self.is_late(now) {
            self.rearm(now, &mut actions);
        }
        match self.round {
            Round::Running(Kind::Regular, start) if now >= self.times_out(start) => {
                self.kill(now, &mut actions);
                let output = timeout_output(self.timing.timeout, &partial());
                self.record(Entry { start, end: now, exit_code: NO_EXIT_CODE, output }, &mut actions);
            }
            Round::Running(Kind::Early, start) if now >= self.due.min(self.times_out(start)) => {
                self.kill(now, &mut actions);
                if now >= self.times_out(start) {
                    let output = timeout_output(self.timing.timeout, &partial());
                    self.record_early(now, NO_EXIT_CODE, output, &mut actions);
                }
            }
            Round::Dying(since) if self.next_deadline().is_some_and(|deadline| now >= deadline) => {
                let output = not_reaped_output(now.saturating_sub(since), &partial());
                self.record(Entry { start: now, end: now, exit_code: NO_EXIT_CODE, output }, &mut actions);
            }
            _ => {}
        }
        self.start_what_is_due(now, &mut actions);
        actions
    }

    /// The round is over and all its processes are reaped. The exit code is 0
    /// for healthy, anything else for a failure. The result of a round that
    /// had been killed is ignored.
    pub fn finished(&mut self, now: Moment, exit_code: i32, output: String) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.is_late(now) {
            self.rearm(now, &mut actions);
            // The round is already over: there is nothing to kill.
            actions.retain(|action| *action != Action::Kill);
        }
        match std::mem::replace(&mut self.round, Round::Idle) {
            Round::Running(Kind::Regular, start) => {
                self.record(Entry { start, end: now, exit_code, output }, &mut actions);
            }
            Round::Running(Kind::Early, _) => self.record_early(now, exit_code, output, &mut actions),
            Round::Dying(_) | Round::Idle => {}
        }
        self.start_what_is_due(now, &mut actions);
        actions
    }

    /// hinit itself could not start the round (no process, no file descriptor).
    /// That says nothing about the app: the round is no failure and is retried
    /// later. A program that does not exist is a failure with [`NO_EXIT_CODE`],
    /// as in Docker.
    ///
    /// The moment by which a result was due stays. After `retries` such rounds in
    /// a row, two at least, the status is unhealthy.
    pub fn not_started(&mut self, now: Moment, reason: String) -> Vec<Action> {
        let mut actions = Vec::new();
        match std::mem::replace(&mut self.round, Round::Idle) {
            Round::Running(Kind::Regular, start) => {
                self.owed = self.owed.or(Some(self.times_out(start)));
                let entry = Entry { start, end: now, exit_code: NO_EXIT_CODE, output: reason };
                self.miss(entry, &mut actions);
            }
            Round::Running(Kind::Early, _) => {
                self.back_off(now);
                self.early_reason = Some(reason);
            }
            Round::Dying(_) | Round::Idle => {}
        }
        actions.push(Action::Publish);
        actions
    }

    /// The app has ended for now: a running round is killed, and nothing is due
    /// until [`Self::restarted`].
    pub fn pause(&mut self, now: Moment) -> Vec<Action> {
        let mut actions = Vec::new();
        self.is_paused = true;
        self.kill(now, &mut actions);
        actions
    }

    /// The app was started again. As with `docker restart` the status is starting,
    /// the streak is 0, and the log stays.
    pub fn restarted(&mut self, now: Moment) -> Vec<Action> {
        let mut actions = Vec::new();
        let from = self.shown();
        self.is_paused = false;
        self.kill(now, &mut actions);
        self.begin(now);
        if from != self.shown() {
            self.report_change(from, "", 0, &mut actions);
        }
        actions.push(Action::Publish);
        actions
    }

    /// The status to show: Docker's own, or healthy if that is still starting
    /// and an early round succeeded.
    pub fn shown(&self) -> Status {
        if self.status == Status::Starting && self.seen_healthy_early { Status::Healthy } else { self.status }
    }

    /// Consecutive failures of regular rounds that count.
    pub fn streak(&self) -> u32 {
        self.streak
    }

    /// The last five results, the oldest first.
    pub fn log(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.log.iter()
    }

    /// The output of the last early round, if no regular one has ended since.
    pub fn early_reason(&self) -> Option<&str> {
        self.early_reason.as_deref()
    }

    /// Something has happened that makes a success likely: the next early
    /// round is due at once.
    pub fn check_soon(&mut self, now: Moment) {
        self.early_due = self.early_due.min(now);
    }

    /// When the next regular round starts; none while one runs.
    pub fn next_check(&self) -> Option<Moment> {
        (!matches!(self.round, Round::Running(Kind::Regular, _))).then_some(self.due)
    }

    /// By when a regular result must be known if the supervisor is not stuck.
    pub fn result_due(&self) -> Moment {
        let due = match self.round {
            Round::Running(Kind::Regular, start) => self.times_out(start),
            _ => self.times_out(self.due),
        };
        self.owed.unwrap_or(due)
    }

    fn begin(&mut self, now: Moment) {
        self.started = now;
        self.status = Status::Starting;
        self.seen_healthy_early = false;
        self.streak = 0;
        self.app_failed = false;
        (self.missed, self.owed) = (0, None);
        self.early_reason = None;
        self.is_slow = false;
        self.due = now.saturating_add(self.delay(now));
        self.early_due = now;
        self.pause = FIRST_PAUSE.min(self.timing.start_interval);
    }

    fn probes_early(&self) -> bool {
        self.shown() == Status::Starting
    }

    fn times_out(&self, start: Moment) -> Moment {
        start.saturating_add(self.timing.timeout)
    }

    /// From now to the next regular round: Docker's `getInterval`.
    fn delay(&self, now: Moment) -> Duration {
        let grace = self.started.saturating_add(self.timing.start_period).saturating_sub(now);
        if self.status != Status::Starting || grace.is_zero() {
            return self.timing.interval;
        }
        self.timing.start_interval.min(grace.max(self.timing.interval))
    }

    /// Whether everything was frozen, the app included (a paused container, a
    /// suspended machine). Then a failure does not count.
    ///
    /// A round that is only due can start an interval later. A running regular
    /// round was frozen too, so its duration says nothing.
    fn is_late(&self, now: Moment) -> bool {
        let allowed = match self.round {
            Round::Running(Kind::Regular, _) => LATE,
            _ => LATE.max(self.timing.interval),
        };
        self.next_deadline().is_some_and(|deadline| now > deadline.saturating_add(allowed))
    }

    /// Discards the running round and starts a new interval, as Docker does after
    /// `docker unpause`.
    fn rearm(&mut self, now: Moment, actions: &mut Vec<Action>) {
        self.kill(now, actions);
        if let Round::Dying(since) = &mut self.round {
            // What was killed before has been frozen since then.
            *since = now;
        }
        self.due = now.saturating_add(self.delay(now));
        self.early_due = now;
        actions.push(Action::Publish);
    }

    fn kill(&mut self, now: Moment, actions: &mut Vec<Action>) {
        if matches!(self.round, Round::Running(..)) {
            actions.push(Action::Kill);
            self.round = Round::Dying(now);
        }
    }

    fn start_what_is_due(&mut self, now: Moment, actions: &mut Vec<Action>) {
        if self.round != Round::Idle || self.is_paused {
            return;
        }
        let kind = match () {
            () if now >= self.due => Kind::Regular,
            () if self.probes_early() && now >= self.early_due => Kind::Early,
            () => return,
        };
        self.round = Round::Running(kind, now);
        actions.push(Action::Start(kind));
    }

    /// Docker's `handleProbeResult`.
    fn record(&mut self, entry: Entry, actions: &mut Vec<Action>) {
        let from = self.shown();
        let had_failed = self.app_failed;
        self.missed = 0;
        if entry.exit_code == 0 {
            self.streak = 0;
            self.status = Status::Healthy;
            self.app_failed = false;
        } else if !self.is_excused(&entry) {
            self.streak = self.streak.saturating_add(1);
            if self.streak >= self.timing.retries {
                self.status = Status::Unhealthy;
                self.app_failed = true;
            }
        }
        self.conclude(entry, from, had_failed, actions);
    }

    /// A regular round could not be started. After enough of them the reason is
    /// in the log and counts as a result, though not of the app.
    fn miss(&mut self, entry: Entry, actions: &mut Vec<Action>) {
        let from = self.shown();
        if !self.is_excused(&entry) {
            self.missed = self.missed.saturating_add(1);
        }
        if self.missed < self.timing.retries.max(2) {
            self.due = entry.end.saturating_add(self.delay(entry.end));
            return self.back_off(entry.end);
        }
        self.status = Status::Unhealthy;
        self.conclude(entry, from, self.app_failed, actions);
    }

    /// A regular round has a result.
    fn conclude(&mut self, entry: Entry, from: Status, had_failed: bool, actions: &mut Vec<Action>) {
        self.owed = None;
        self.due = entry.end.saturating_add(self.delay(entry.end));
        self.early_due = entry.end.saturating_add(self.pause);
        self.early_reason = None;
        if from != self.shown() || self.app_failed && !had_failed {
            self.report_change(from, &entry.output, entry.exit_code, actions);
        }
        self.report_slow_start(entry.end, &entry.output, entry.exit_code, actions);
        self.remember(entry);
        actions.push(Action::Publish);
    }

    /// Failures in the start period do not count until the first success.
    fn is_excused(&self, entry: &Entry) -> bool {
        self.status == Status::Starting && entry.start.saturating_sub(self.started) < self.timing.start_period
    }

    fn remember(&mut self, entry: Entry) {
        if self.log.len() == LOG_ENTRIES {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }

    fn record_early(&mut self, now: Moment, exit_code: i32, output: String, actions: &mut Vec<Action>) {
        let from = self.shown();
        if exit_code == 0 {
            self.seen_healthy_early = true;
            self.owed = None;
        } else {
            self.back_off(now);
        }
        if from != self.shown() {
            self.report_change(from, &output, exit_code, actions);
        }
        self.report_slow_start(now, &output, exit_code, actions);
        self.early_reason = Some(output);
        actions.push(Action::Publish);
    }

    fn report_slow_start(&mut self, now: Moment, reason: &str, exit_code: i32, actions: &mut Vec<Action>) {
        let is_slow = self.shown() == Status::Starting && now.saturating_sub(self.started) >= TIME_TO_START;
        if is_slow && !std::mem::replace(&mut self.is_slow, true) {
            actions.push(Action::StillStarting { reason: reason.to_owned(), exit_code });
        }
    }

    fn back_off(&mut self, now: Moment) {
        self.early_due = now.saturating_add(self.pause);
        self.pause = self.pause.saturating_mul(2).min(self.timing.start_interval);
    }

    fn report_change(&self, from: Status, reason: &str, exit_code: i32, actions: &mut Vec<Action>) {
        let (to, reason) = (self.shown(), reason.to_owned());
        actions.push(Action::Changed(Change { from, to, reason, exit_code, app_failed: self.app_failed }));
    }
}

/// Docker's message for a probe that took longer than `limit`, to the letter.
pub(super) fn timeout_output(limit: Duration, partial: &str) -> String {
    let line = format!("Health check exceeded timeout ({})", GoDuration(limit));
    if partial.is_empty() { line } else { format!("{line}: {partial}") }
}

/// The message for a round that was due while a killed one had not been reaped.
fn not_reaped_output(time: Duration, left: &str) -> String {
    let line = format!("a check that was killed {} ago has not ended, so no other is started", rounded(time));
    if left.is_empty() { line } else { format!("{line}: {left}") }
}

#[cfg(test)]
mod tests;
