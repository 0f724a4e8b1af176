//! All states of the machine, by all events, under many configurations.
//!
//! Times are relative to now, and what is equal for the machine is one state: a
//! deadline that has passed, a life longer than ten seconds. Time goes to just
//! before each moment that matters, to it, and far beyond all of them (a frozen
//! machine). Events come at any of these times, also between a deadline and its
//! tick.

mod faults;
mod invariants;

use super::super::*;
use crate::exploration::{self, Model};
use faults::Fault;

/// Now, in every state.
const NOW: Moment = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(1);
const FAR: Duration = Duration::from_secs(3_600);
const LONG_LIFE: Duration = Duration::from_secs(10);

/// The part of a machine that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Core {
    state: State,
    suspended: bool,
    started_at: Moment,
    limit_at: Option<Moment>,
    forced_code: Option<i32>,
    restart_after_stop: bool,
    restarts: Restarts,
    quit: Option<(Signal, Moment)>,
}

/// The machine, and what its actions were carried out on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Point {
    core: Core,
    /// Whether there is an app that has not been reaped.
    has_app: bool,
    /// The app is about to be executed.
    is_starting: bool,
    /// It must not be started again.
    stop_requested: bool,
    /// It got a SIGQUIT that an engine sent.
    quit_at: Option<Moment>,
    last_code: Option<i32>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Event(Event),
    Passes(Duration),
}

/// One configuration, and a fault in it if the walk is to find one.
struct Config {
    stop: Stop,
    life: Life,
    is_pid1: bool,
    dependencies: Option<Duration>,
    fault: Option<Fault>,
}

impl Config {
    const COUNT: usize = 1_536;

    /// Each number below [`Self::COUNT`] is another one.
    fn number(number: usize) -> Self {
        let mut rest = number;
        let mut pick = |count: usize| {
            let picked = rest % count;
            rest /= count;
            picked
        };
        let policies = [Restart::Always, Restart::No, Restart::OnFailure { most: Some(1) }];
        let reactions = [OnFailure::Restart, OnFailure::None, OnFailure::Stop, OnFailure::Kill];
        let life = Life { restart: policies[pick(3)], on_failure: reactions[pick(4)], ..Life::default() };
        let mut if_picked = |seconds| (pick(2) == 1).then_some(SECOND * seconds);
        let stop = Stop {
            drain: if_picked(2).unwrap_or_default(),
            timeout: if_picked(3),
            sweep: if_picked(4),
            signal: if_picked(1).map(|_| Signal::QUIT),
            ..Stop::default()
        };
        let limit = if_picked(7);
        let (is_pid1, dependencies) = (if_picked(1).is_some(), if_picked(5));
        Self { stop, life: Life { limit, ..life }, is_pid1, dependencies, fault: None }
    }

    fn with(fault: Fault, change: impl FnOnce(&mut Self)) -> Self {
        let mut config = Self::number(0);
        config.fault = Some(fault);
        config.stop.timeout = Some(SECOND);
        change(&mut config);
        config
    }

    fn machine(&self, core: &Core) -> Machine {
        Machine {
            stop: self.stop.clone(),
            life: self.life.clone(),
            is_pid1: self.is_pid1,
            state: core.state,
            suspended: core.suspended,
            started_at: core.started_at,
            limit_at: core.limit_at,
            forced_code: core.forced_code,
            restart_after_stop: core.restart_after_stop,
            restarts: core.restarts,
            quit: core.quit,
            // It decides on a line of the log only.
            suggests_stop_signal: false,
        }
    }

    fn core(&self, machine: &Machine) -> Core {
        let most = match self.life.restart {
            Restart::OnFailure { most } => most.unwrap_or(0),
            Restart::No | Restart::Always => 0,
        };
        Core {
            state: machine.state,
            suspended: machine.suspended,
            started_at: machine.started_at,
            limit_at: machine.limit_at,
            forced_code: machine.forced_code,
            restart_after_stop: machine.restart_after_stop,
            restarts: machine.restarts.with_count_up_to(most),
            quit: machine.quit,
        }
    }

    fn is_stop_request(&self, arrival: Arrival) -> bool {
        [Signal::TERM, Signal::INT].contains(&arrival.signal) || self.stop.signal == Some(arrival.signal)
    }

    /// A SIGQUIT that may be the image's STOPSIGNAL.
    fn may_be_stop_signal(&self, arrival: Arrival) -> bool {
        arrival == from(Signal::QUIT, Sender::Outside) && self.is_pid1 && self.stop.signal.is_none()
    }
}

const fn from(signal: Signal, sender: Sender) -> Arrival {
    Arrival { signal, sender }
}

// --- time -------------------------------------------------------------------

/// The moments of a state that decide something. Those at which a drain or a pause
/// would end together with the run limit are among them.
fn critical(config: &Config, point: &Point) -> impl Iterator<Item = Moment> {
    let core = &point.core;
    let own = match core.state {
        State::Draining { until, .. }
        | State::RestartPending { until }
        | State::Starting { until: Some(until) } => [Some(until), None],
        State::Stopping { kill_at } => [kill_at, None],
        State::Killed { give_up_at } => [Some(give_up_at), None],
        State::Sweeping { kill_at, .. } => [Some(kill_at), None],
        State::SweepKilled { again_at, give_up_at, .. } => [Some(again_at), Some(give_up_at)],
        State::Starting { until: None } | State::Running | State::Exited => [None, None],
    };
    let long_life = point.has_app.then(|| core.started_at + LONG_LIFE);
    let quit = core.quit.map(|(_, at)| at + QUIT_ANSWER + MOMENT);
    let durations = [config.stop.drain, { core.restarts }.next(Duration::ZERO)];
    let ties = durations.map(|duration| core.limit_at.map(|at| at.saturating_sub(duration)));
    let all = own.into_iter().chain(ties).chain([core.limit_at, long_life, quit]);
    all.flatten().filter(|at| *at > NOW)
}

/// Makes all times older, and equal if they are equal for the machine.
fn age(point: &mut Point, by: Duration) {
    let older = |at: &mut Moment| *at = at.saturating_sub(by).max(NOW);
    let core = &mut point.core;
    match &mut core.state {
        State::Draining { until, .. }
        | State::RestartPending { until }
        | State::Starting { until: Some(until) } => older(until),
        State::Stopping { kill_at } => kill_at.iter_mut().for_each(older),
        State::Killed { give_up_at } => older(give_up_at),
        State::Sweeping { kill_at, .. } => older(kill_at),
        State::SweepKilled { again_at, give_up_at, .. } => [again_at, give_up_at].into_iter().for_each(older),
        State::Starting { until: None } | State::Running | State::Exited => {}
    }
    core.limit_at.iter_mut().for_each(older);
    core.started_at = core.started_at.saturating_sub(by).max(NOW.saturating_sub(LONG_LIFE));
    let is_fresh = |at: &Moment| *at + QUIT_ANSWER >= NOW;
    core.quit = core.quit.map(|(signal, at)| (signal, at.saturating_sub(by))).filter(|(_, at)| is_fresh(at));
    point.quit_at = point.quit_at.map(|at| at.saturating_sub(by)).filter(is_fresh);
    forget_what_decides_nothing(point);
}

fn forget_what_decides_nothing(point: &mut Point) {
    let is_last_life = point.is_last_life();
    let core = &mut point.core;
    if !point.has_app {
        // Set by the next start, successful or not.
        core.started_at = NOW;
    }
    if is_last_life {
        (core.started_at, core.restarts, core.quit) = (NOW, Restarts::default(), None);
        point.quit_at = None;
        core.suspended &= point.has_app;
        if !matches!(core.state, State::Draining { .. }) {
            core.limit_at = None;
        }
    }
}

fn is_due(machine: &Machine) -> bool {
    machine.deadline().is_some_and(|deadline| deadline <= NOW)
}

// --- the model --------------------------------------------------------------

const SIGNALS: [Arrival; 9] = [
    from(Signal::TERM, Sender::Outside),
    from(Signal::INT, Sender::Kernel),
    from(Signal::QUIT, Sender::Outside),
    from(Signal::QUIT, Sender::Process(7)),
    from(Signal::HUP, Sender::Outside),
    from(Signal::WINCH, Sender::Outside),
    from(Signal::CONT, Sender::Unknown),
    from(Signal::TSTP, Sender::Kernel),
    from(Signal::HALT, Sender::Outside),
];

const fn killed(signal: Signal) -> Event {
    Event::Ended(Ending::Killed { signal, core: false })
}

const OF_THE_APP: [Event; 10] = [
    Event::Ended(Ending::Exited(0)),
    Event::Ended(Ending::Exited(1)),
    killed(Signal::TERM),
    killed(Signal::QUIT),
    killed(Signal::KILL),
    Event::Lost(125),
    Event::Stopped(Signal::STOP),
    Event::Stopped(Signal::TSTP),
    Event::Continued,
    Event::Unhealthy,
];

impl Model for Config {
    type State = Point;
    type Step = Step;

    fn first(&self) -> Point {
        let mut machine = Machine::new(self.stop.clone(), self.life.clone(), self.is_pid1, NOW);
        self.dependencies.iter().for_each(|limit| machine.wait_at_most(*limit));
        Point {
            core: self.core(&machine),
            has_app: false,
            is_starting: false,
            stop_requested: false,
            quit_at: None,
            last_code: None,
        }
    }

    fn steps(&self, point: &Point, into: &mut Vec<Step>) {
        if point.is_starting {
            return into.extend([Event::Started, Event::NotStarted(126)].map(Step::Event));
        }
        into.extend(SIGNALS.map(|arrival| Step::Event(Event::Signal(arrival))));
        if point.has_app {
            into.extend(OF_THE_APP.map(Step::Event));
        } else {
            into.push(Step::Event(Event::NoChildren));
        }
        if matches!(point.core.state, State::Starting { .. }) {
            into.push(Step::Event(Event::Started));
        }
        into.push(Step::Event(Event::Tick));
        // hinit wakes up at a deadline: time does not go on before its tick.
        if !is_due(&self.machine(&point.core)) {
            let next = critical(self, point).min().map(|at| at.saturating_sub(NOW));
            let times = next.into_iter().flat_map(|time| [time.saturating_sub(MOMENT), time]).chain([FAR]);
            into.extend(times.filter(|time| !time.is_zero()).map(Step::Passes));
        }
    }

    fn take(&self, point: &Point, step: Step) -> Result<Point, String> {
        let mut next = point.clone();
        match step {
            Step::Passes(time) => age(&mut next, time),
            Step::Event(event) => {
                let mut machine = self.machine(&point.core);
                let mut todo = Vec::with_capacity(8);
                faults::before(self.fault, &mut machine, event);
                machine.on(faults::instead(self.fault, event), NOW, &mut todo);
                faults::after(self.fault, point, event, &mut machine, &mut todo);
                next.happened(self, event);
                invariants::check(self, point, &next, event, &machine, &todo)?;
                next.carry_out(&todo)?;
                next.core = self.core(&machine);
                age(&mut next, Duration::ZERO);
            }
        }
        Ok(next)
    }
}

impl Point {
    /// What an event changes around the machine.
    fn happened(&mut self, config: &Config, event: Event) {
        match event {
            Event::Started => (self.has_app, self.is_starting, self.quit_at) = (true, false, None),
            Event::NotStarted(code) => (self.is_starting, self.last_code) = (false, Some(code)),
            Event::Ended(ending) => {
                self.stop_requested |= self.answers_quit(ending);
                (self.has_app, self.quit_at, self.last_code) = (false, None, Some(ending.code()));
            }
            Event::Lost(code) => {
                (self.has_app, self.stop_requested, self.last_code) = (false, true, Some(code));
            }
            Event::Signal(arrival) if config.is_stop_request(arrival) => self.stop_requested = true,
            Event::Signal(arrival) if config.may_be_stop_signal(arrival) => {
                let waits = matches!(self.core.state, State::Starting { .. } | State::RestartPending { .. });
                self.stop_requested |= waits;
                self.quit_at = self.has_app.then_some(NOW);
            }
            _ => {}
        }
    }

    fn answers_quit(&self, ending: Ending) -> bool {
        let as_requested = match ending {
            Ending::Exited(code) => code == 0,
            Ending::Killed { signal, .. } => signal == Signal::QUIT,
        };
        self.quit_at.is_some() && as_requested
    }

    fn carry_out(&mut self, todo: &[Action]) -> Result<(), String> {
        for (index, action) in todo.iter().enumerate() {
            match action {
                Action::Signal(_)
                | Action::Resume
                | Action::GiveTerminal
                | Action::Suspend
                | Action::StopSelf
                    if !self.has_app =>
                {
                    return Err(format!("{action:?} to a reaped app"));
                }
                Action::SignalGroup(_) if self.has_app => {
                    return Err("kills the group of a living app".into());
                }
                Action::Exit(_) if index + 1 < todo.len() => return Err("something follows the exit".into()),
                Action::Start if self.has_app || self.stop_requested => {
                    return Err("starts an app beside another or after a stop request".into());
                }
                Action::Start => self.is_starting = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn has_exited(&self) -> bool {
        self.core.state == State::Exited
    }

    /// Whether no other life can follow.
    fn is_last_life(&self) -> bool {
        match self.core.state {
            State::Starting { .. } | State::Running | State::RestartPending { .. } => false,
            _ => !self.core.restart_after_stop,
        }
    }

    /// Whether hinit must end by itself from here on.
    fn has_time_limit(&self) -> bool {
        match self.core.state {
            State::Stopping { kill_at } => kill_at.is_some(),
            State::Killed { .. } | State::Sweeping { .. } | State::SweepKilled { .. } => true,
            _ => false,
        }
    }
}

// --- the walk ---------------------------------------------------------------

/// A stop request, and an app that answers it.
fn stops(point: &Point) -> Step {
    Step::Event(match point.core.state {
        _ if point.is_starting => Event::Started,
        _ if point.has_app && point.stop_requested => Event::Ended(Ending::Exited(0)),
        State::Sweeping { .. } | State::SweepKilled { .. } => Event::NoChildren,
        _ => Event::Signal(SIGNALS[0]),
    })
}

/// Nothing happens but time: neither the app nor what it left reacts.
fn only_waits(config: &Config) -> impl Fn(&Point) -> Step {
    |point| match config.machine(&point.core).deadline() {
        _ if point.is_starting => Step::Event(Event::NotStarted(126)),
        Some(deadline) if deadline > NOW => Step::Passes(deadline.saturating_sub(NOW)),
        _ => Step::Event(Event::Tick),
    }
}

/// Walks through one configuration: the number of its states and transitions.
fn explore(config: &Config) -> Result<(usize, usize), String> {
    let walk = exploration::walk(config)?;
    exploration::always_leads(config, &walk.states, Point::has_exited, stops)
        .map_err(|broken| format!("a stop request does not end hinit: {broken}"))?;
    let limited: Vec<Point> = walk.states.iter().filter(|point| point.has_time_limit()).cloned().collect();
    exploration::always_leads(config, &limited, Point::has_exited, only_waits(config))
        .map_err(|broken| format!("a stop with a time limit does not end: {broken}"))?;
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
    println!("machine: {configs} configurations, {states} states, {transitions} transitions");
}

/// Every 61st: the stride shares no factor with the number of choices, so that
/// each choice is in it.
#[test]
fn keeps_its_invariants_in_every_state_of_a_sample_of_configurations() {
    explore_all((0..Config::COUNT).step_by(61));
}

#[test]
#[ignore = "takes minutes: .ci/full exhaustive"]
fn keeps_its_invariants_in_every_state_of_all_configurations() {
    explore_all(0..Config::COUNT);
}
