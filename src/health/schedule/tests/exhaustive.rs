//! All states of the schedule, by all events, under several timings.
//!
//! Times are relative to now, and what is equal for the schedule is one state.
//! Time goes to just before each moment that matters, to it, and far beyond all of
//! them (a paused container). Events come at any of these times, also between a
//! deadline and its tick.

mod faults;
mod invariants;

use super::super::*;
use crate::exploration::{self, Model};
use faults::Fault;

/// Now, in every state.
const NOW: Moment = Duration::from_secs(86_400);
const MOMENT: Duration = Duration::from_millis(1);
const FAR: Duration = Duration::from_secs(3_600);

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The schedule, and the processes that it has started.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Point {
    schedule: Schedule,
    /// There is a round whose processes have not all been reaped.
    is_alive: bool,
    /// It has been killed.
    is_killed: bool,
    /// A check has passed in this life of the app.
    has_passed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Tick,
    /// The round is over, with this exit code.
    Finished(i32),
    NotStarted,
    CheckSoon,
    Pause,
    Restarted,
    Passes(Duration),
}

struct Config {
    timing: Timing,
    fault: Option<Fault>,
}

impl Config {
    const COUNT: usize = 48;

    /// Each number below [`Self::COUNT`] is another one.
    fn number(number: usize) -> Self {
        let mut rest = number;
        let mut pick = |choices: &[u64]| {
            let picked = choices[rest % choices.len()];
            rest /= choices.len();
            picked
        };
        let retries = u32::try_from(pick(&[2, 1, 3])).unwrap();
        let [interval, timeout, start_period, start_interval] =
            [[1_000, 2_000], [3_000, 500], [0, 900], [400, 200]].map(|choices| ms(pick(&choices)));
        let timing = Timing { interval, timeout, start_period, start_interval, retries };
        Self { timing, fault: None }
    }

    fn late(&self) -> Duration {
        LATE.max(self.timing.interval)
    }
}

// --- time -------------------------------------------------------------------

/// The moments of a state that decide something.
fn critical(point: &Point) -> impl Iterator<Item = Moment> {
    let schedule = &point.schedule;
    let is_starting = schedule.status == Status::Starting;
    let round = match schedule.round {
        Round::Idle => None,
        Round::Running(_, start) => Some(schedule.times_out(start)),
        Round::Dying(since) => Some(since + REAP_GRACE),
    };
    let grace = is_starting.then(|| schedule.started + schedule.timing.start_period);
    let early = schedule.probes_early().then_some(schedule.early_due);
    let all = [Some(schedule.due), early, round, grace, schedule.next_deadline()];
    all.into_iter().flatten().filter(|at| *at > NOW)
}

/// Makes all times older, and equal if they are equal for the schedule.
fn age(config: &Config, point: &mut Point, by: Duration) {
    let timing = config.timing;
    let (late, schedule) = (config.late() + MOMENT, &mut point.schedule);
    let older = |at: &mut Moment, most: Duration| {
        *at = at.saturating_sub(by).max(NOW.saturating_sub(most));
    };
    older(&mut schedule.due, late);
    older(&mut schedule.early_due, late);
    older(&mut schedule.started, timing.start_period + timing.timeout + late);
    let since = match schedule.round {
        Round::Running(_, start) => start.saturating_sub(by),
        Round::Idle | Round::Dying(_) => NOW,
    };
    if schedule.started + timing.start_period <= since {
        // The start period was over when the last round began.
        schedule.started = NOW.saturating_sub(timing.start_period + timing.timeout + late);
    }
    match &mut schedule.round {
        Round::Idle => {}
        Round::Running(_, start) => older(start, timing.timeout + late),
        Round::Dying(since) => older(since, REAP_GRACE + late),
    }
    forget_what_decides_nothing(schedule);
}

fn forget_what_decides_nothing(schedule: &mut Schedule) {
    schedule.log.clear();
    schedule.early_reason = None;
    schedule.is_slow = false;
    schedule.owed = schedule.owed.map(|_| NOW);
    schedule.streak = schedule.streak.min(schedule.timing.retries);
    schedule.missed = schedule.missed.min(schedule.timing.retries.max(2));
    if !schedule.probes_early() {
        (schedule.early_due, schedule.pause) = (NOW, FIRST_PAUSE);
    }
    if schedule.status != Status::Starting {
        (schedule.started, schedule.seen_healthy_early) = (NOW, false);
    }
    if schedule.is_paused {
        // Set by the next start.
        (schedule.started, schedule.due, schedule.early_due) = (NOW, NOW, NOW);
        (schedule.streak, schedule.missed, schedule.owed, schedule.pause) = (0, 0, None, FIRST_PAUSE);
    }
}

fn is_due(schedule: &Schedule) -> bool {
    schedule.next_deadline().is_some_and(|deadline| deadline <= NOW)
}

// --- the model --------------------------------------------------------------

impl Model for Config {
    type State = Point;
    type Step = Step;

    fn first(&self) -> Point {
        let schedule = Schedule::new(self.timing, NOW);
        Point { schedule, is_alive: false, is_killed: false, has_passed: false }
    }

    fn steps(&self, point: &Point, into: &mut Vec<Step>) {
        let schedule = &point.schedule;
        into.push(Step::Tick);
        if point.is_alive {
            into.extend([Step::Finished(0), Step::Finished(1), Step::NotStarted]);
        }
        if schedule.is_paused {
            into.extend([Step::Restarted, Step::Passes(FAR)]);
            return;
        }
        into.extend([Step::Pause, Step::CheckSoon]);
        // hinit wakes up at a deadline: time does not go on before its tick.
        if !is_due(schedule) {
            let next = critical(point).min().map(|at| at.saturating_sub(NOW));
            let times = next.into_iter().flat_map(|time| [time.saturating_sub(MOMENT), time]).chain([FAR]);
            into.extend(times.filter(|time| !time.is_zero()).map(Step::Passes));
        }
    }

    fn take(&self, point: &Point, step: Step) -> Result<Point, String> {
        let mut next = point.clone();
        if let Step::Passes(time) = step {
            age(self, &mut next, time);
            return Ok(next);
        }
        let mut actions = happen(&mut next.schedule, step);
        faults::after(self.fault, point, step, &mut next.schedule, &mut actions);
        if let Step::Finished(code) = step {
            next.has_passed |= code == 0 && !point.is_killed;
        }
        if matches!(step, Step::Finished(_) | Step::NotStarted) {
            (next.is_alive, next.is_killed) = (false, false);
        }
        next.has_passed &= step != Step::Restarted;
        next.carry_out(&actions)?;
        invariants::check(point, &next, step, &actions)?;
        age(self, &mut next, Duration::ZERO);
        Ok(next)
    }
}

fn happen(schedule: &mut Schedule, step: Step) -> Vec<Action> {
    match step {
        Step::Tick => schedule.tick(NOW, String::new),
        Step::Finished(code) => schedule.finished(NOW, code, String::new()),
        Step::NotStarted => schedule.not_started(NOW, String::new()),
        Step::Pause => schedule.pause(NOW),
        Step::Restarted => schedule.restarted(NOW),
        Step::CheckSoon => {
            schedule.check_soon(NOW);
            Vec::new()
        }
        Step::Passes(_) => Vec::new(),
    }
}

impl Point {
    fn carry_out(&mut self, actions: &[Action]) -> Result<(), String> {
        for action in actions {
            match action {
                Action::Start(_) if self.is_alive || self.schedule.is_paused => {
                    return Err("starts a round beside another or without an app".into());
                }
                Action::Start(_) => self.is_alive = true,
                Action::Kill if self.is_killed || !self.is_alive => {
                    return Err("kills what is not there".into());
                }
                Action::Kill => self.is_killed = true,
                _ => {}
            }
        }
        Ok(())
    }
}

// --- the walk ---------------------------------------------------------------

/// Time passes, and each round that is started ends by this step. None of those
/// that are killed is reaped if there is none.
fn every_round(end: Option<Step>) -> impl Fn(&Point) -> Step {
    move |point| match (end, point.schedule.next_deadline()) {
        (Some(_), _) if point.is_killed => Step::Finished(137),
        (Some(end), _) if point.is_alive => end,
        (_, Some(deadline)) if deadline > NOW => Step::Passes(deadline.saturating_sub(NOW)),
        _ => Step::Tick,
    }
}

/// Walks through one configuration: the number of its states and transitions.
fn explore(config: &Config) -> Result<(usize, usize), String> {
    let walk = exploration::walk(config)?;
    let running: Vec<Point> = walk.states.iter().filter(|point| !point.schedule.is_paused).cloned().collect();
    for (name, end, status) in [
        ("rounds that pass", Some(Step::Finished(0)), Status::Healthy),
        ("rounds that fail", Some(Step::Finished(1)), Status::Unhealthy),
        ("rounds that cannot be started", Some(Step::NotStarted), Status::Unhealthy),
        ("rounds that never end", None, Status::Unhealthy),
    ] {
        let reached = |point: &Point| point.schedule.shown() == status;
        exploration::always_leads(config, &running, reached, every_round(end))
            .map_err(|broken| format!("{name} do not make {status}: {broken}"))?;
    }
    Ok((walk.states.len(), walk.transitions))
}

#[allow(clippy::print_stdout, reason = "the numbers are the result")]
fn explore_all(numbers: impl Iterator<Item = usize>) {
    let (mut configs, mut states, mut transitions) = (0, 0, 0);
    for number in numbers {
        let found = explore(&Config::number(number));
        let (more_states, more_transitions) =
            found.unwrap_or_else(|broken| panic!("configuration {number}: {broken}"));
        (configs, states, transitions) = (configs + 1, states + more_states, transitions + more_transitions);
    }
    println!("schedule: {configs} configurations, {states} states, {transitions} transitions");
}

/// Every 13th: the stride shares no factor with the number of choices, so that each
/// choice is in it.
#[test]
fn keeps_its_invariants_in_every_state_of_a_sample_of_timings() {
    explore_all((0..Config::COUNT).step_by(13));
}

#[test]
#[ignore = "takes minutes: .ci/full exhaustive"]
fn keeps_its_invariants_in_every_state_of_all_timings() {
    explore_all(0..Config::COUNT);
}
