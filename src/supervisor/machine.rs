//! The life of the app as a pure machine: an event and a time in, actions out.
//!
//! No clock, no system call, no global. The states are those of docs/design.md, section
//! 9, and every transition is in [`Machine::on`].
//!
//! Invariants, kept here and checked by the property tests:
//! 1. A process that was reaped is never signalled; what is left of its group
//!    may be, at once.
//! 2. There is one [`Action::Exit`], and nothing comes after it.
//! 3. After a stop request the app is never started again.
//! 4. A stop with a time limit ends: TERM, then KILL, then giving up.
//! 5. Restarts are never closer than 100 ms.

use super::restart_backoff::Restarts;
use crate::exit_code;
use crate::phase::Phase;
// What the status document shows as the state.
use crate::plan::{Life, OnFailure, Stop};
use crate::signal::Signal;
use crate::sys::process::Ending;
use crate::sys::signals::Arrival;
use crate::time::Moment;
use std::time::Duration;

/// How long what was killed may take to disappear before hinit leaves without
/// it: a process in an uninterruptible system call cannot be killed.
pub const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// How often what is left is killed again: it may have forked meanwhile.
const KILL_AGAIN: Duration = Duration::from_millis(100);

/// Docker's own grace period, for a stop that nobody asked for and that has to
/// end, without a `--stop-timeout`.
const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// What the machine is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The app has been executed.
    Started,
    /// The app could not be started again; the code says why.
    NotStarted(i32),
    /// A signal arrived that is for the app.
    Signal(Arrival),
    /// The app ended and has been reaped.
    Ended(Ending),
    /// The app is no child of hinit's any more, though it was not reaped; the
    /// code says that this is a failure.
    Lost(i32),
    /// The app was stopped, by `^Z` or SIGSTOP.
    Stopped(Signal),
    /// The app goes on.
    Continued,
    /// The app has turned unhealthy.
    Unhealthy,
    /// No process is left that hinit could reap.
    NoChildren,
    /// The deadline of [`Machine::deadline`] may have come.
    Tick,
}

/// What the machine wants done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start the app again.
    Start,
    /// Send this to the app, or to its group if the plan says so.
    Signal(Signal),
    /// Send SIGCONT to the app's whole group, and give it the terminal if
    /// hinit has it.
    Resume,
    /// Give the app the terminal if hinit has it.
    GiveTerminal,
    /// Send this to what is left of the app's group, now that the app is gone.
    SignalGroup(Signal),
    /// Stop hinit itself, so that the shell that started it takes over.
    Suspend,
    /// Stop hinit alone, as it was asked to.
    StopSelf,
    /// Send this to every process left.
    SignalAll(Signal),
    /// The phase has changed: publish it.
    Enter(Phase),
    /// Say this in the log.
    Log(Notice),
    /// Leave with this code; nothing comes after it.
    Exit(i32),
}

/// Something worth a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A signal is passed on, as this one.
    Forwarding(Arrival, Signal),
    /// A signal is ignored, as the plan says.
    Ignoring(Arrival),
    /// A signal came while there is no app to get it.
    NoApp(Arrival),
    /// A stop request came while there is no app, and there will be none.
    NotStarting(Arrival),
    /// A stop request arrived; the app hears of it after this time.
    Draining(Arrival, Duration),
    /// A stop request arrived, and the app gets this signal.
    Stopping(Arrival, Signal),
    /// The drain is over, and the app gets this signal.
    Drained(Signal),
    /// What the app needs was not there in time.
    DependenciesTimedOut(Duration),
    /// The app is unhealthy, and by this action gets this signal.
    ActingOnHealth(OnFailure, Signal),
    /// The run limit has passed, and the app gets this signal if there is one.
    LimitPassed(Duration, Option<Signal>),
    /// The grace period is over, the app is killed.
    GracePeriodOver(Duration),
    /// The app ended.
    Ended(Ending),
    /// What is left of the app's group gets this, if signals go to the group.
    SignalingGroup(Signal),
    /// hinit stops itself after the app.
    StoppingItself,
    /// It will be started again after this pause, for the so-many-th time.
    Restarting(Duration, u32),
    /// It would be started again, but has been so often as the policy allows.
    RestartsUsedUp(u32),
    /// What is left is asked to end within this time.
    Sweeping(Duration),
    /// What is left did not end in time and is killed.
    SweepTimedOut,
    /// What was killed does not disappear.
    SurvivedKill,
}

/// Where in its life the app is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first start, at most until then.
    Starting {
        until: Option<Moment>,
    },
    Running,
    /// A stop request waits; the app will get `sent`.
    Draining {
        until: Moment,
        sent: Signal,
    },
    /// Asked to stop; `kill_at` is none without a grace period.
    Stopping {
        kill_at: Option<Moment>,
    },
    /// Killed after the grace period.
    Killed {
        give_up_at: Moment,
    },
    /// Between two lives.
    RestartPending {
        until: Moment,
    },
    /// The app is gone, the rest has been asked to go.
    Sweeping {
        kill_at: Moment,
        code: i32,
    },
    /// The rest has been killed.
    SweepKilled {
        again_at: Moment,
        give_up_at: Moment,
        code: i32,
    },
    Exited,
}

/// See the module's head.
#[derive(Debug)]
pub struct Machine {
    stop: Stop,
    life: Life,
    is_pid1: bool,
    state: State,
    suspended: bool,
    started_at: Moment,
    limit_at: Option<Moment>,
    /// The exit code, whatever the app's own will be.
    forced_code: Option<i32>,
    /// Asked to stop because it is unhealthy, to be started again.
    restart_after_stop: bool,
    restarts: Restarts,
}

impl Machine {
    /// A machine whose app is about to be started for the first time.
    ///
    /// Only as PID 1 nobody could ever continue a stopped hinit.
    pub fn new(stop: Stop, life: Life, is_pid1: bool, now: Moment) -> Self {
        Self {
            stop,
            life,
            is_pid1,
            state: State::Starting { until: None },
            suspended: false,
            started_at: now,
            limit_at: None,
            forced_code: None,
            restart_after_stop: false,
            restarts: Restarts::default(),
        }
    }

    /// The app is not started before what it needs is there, and hinit leaves
    /// with [`exit_code::TIMEOUT`] if that takes longer than this.
    pub fn wait_at_most(&mut self, limit: Duration) {
        self.state = State::Starting { until: Some(self.started_at.saturating_add(limit)) };
    }

    /// How often the app has been started again.
    pub fn restarts(&self) -> u32 {
        self.restarts.count()
    }

    /// When [`Event::Tick`] is wanted at the latest.
    pub fn deadline(&self) -> Option<Moment> {
        let own = match self.state {
            State::Draining { until, .. } | State::RestartPending { until } => Some(until),
            State::Stopping { kill_at } => kill_at,
            State::Starting { until } => until,
            State::Killed { give_up_at } => Some(give_up_at),
            State::Sweeping { kill_at, .. } => Some(kill_at),
            State::SweepKilled { again_at, .. } => Some(again_at),
            State::Running | State::Exited => None,
        };
        [own, self.limit_at.filter(|_| self.limit_applies())].into_iter().flatten().min()
    }

    /// Takes an event and adds to `todo` what follows from it.
    pub fn on(&mut self, event: Event, now: Moment, todo: &mut Vec<Action>) {
        if self.state == State::Exited {
            return;
        }
        match event {
            Event::Started => self.started(now, todo),
            Event::NotStarted(code) => {
                self.started_at = now;
                self.life_over(code, now, todo);
            }
            Event::Signal(arrival) => self.signal(arrival, now, todo),
            Event::Stopped(signal) => self.stopped(signal, todo),
            Event::Continued => self.suspended = false,
            Event::Ended(ending) => {
                self.signal_group(todo);
                todo.push(Action::Log(Notice::Ended(ending)));
                let at_once = todo.len();
                self.life_over(ending.code(), now, todo);
                // As an engine does: a worker that lives on would hold the port
                // of the next life, and each life would leave more of them.
                if matches!(self.state, State::RestartPending { .. }) {
                    todo.insert(at_once, Action::SignalGroup(Signal::KILL));
                }
            }
            // Never started again: it may live on somewhere.
            Event::Lost(code) => self.finish(code, now, todo),
            Event::Unhealthy => self.unhealthy(now, todo),
            Event::NoChildren => self.no_children(todo),
            Event::Tick => self.tick(now, todo),
        }
    }

    /// The app is gone, and whoever is left of its group is told.
    fn signal_group(&self, todo: &mut Vec<Action>) {
        let Some(signal) = self.stop.group_exit_signal else { return };
        todo.push(Action::Log(Notice::SignalingGroup(signal)));
        if self.stop.group {
            todo.push(Action::SignalGroup(signal));
        }
    }

    fn started(&mut self, now: Moment, todo: &mut Vec<Action>) {
        if matches!(self.state, State::Starting { .. }) {
            self.limit_at = self.life.limit.map(|limit| now.saturating_add(limit));
        }
        self.started_at = now;
        self.suspended = false;
        self.enter(State::Running, Phase::Running, todo);
    }

    fn signal(&mut self, arrival: Arrival, now: Moment, todo: &mut Vec<Action>) {
        match self.stop.rewritten(arrival.signal) {
            None => todo.push(Action::Log(Notice::Ignoring(arrival))),
            Some(signal) if self.is_stop_request(arrival.signal) => {
                let sent = self.stop.signal.unwrap_or(signal);
                self.request_stop(arrival, sent, now, todo);
            }
            Some(signal) => self.forward(arrival, signal, todo),
        }
        if self.stop.stops_with_app && is_job_control(arrival.signal) && self.has_app() {
            todo.push(Action::Log(Notice::StoppingItself));
            todo.push(Action::StopSelf);
        }
    }

    fn is_stop_request(&self, signal: Signal) -> bool {
        signal == Signal::TERM || signal == Signal::INT || Some(signal) == self.stop.signal
    }

    fn forward(&mut self, arrival: Arrival, signal: Signal, todo: &mut Vec<Action>) {
        if !self.has_app() {
            todo.push(Action::Log(Notice::NoApp(arrival)));
        } else if signal == Signal::CONT {
            self.forward_cont(arrival, todo);
        } else {
            todo.push(Action::Log(Notice::Forwarding(arrival, signal)));
            todo.push(Action::Signal(signal));
        }
    }

    /// `fg` and `bg` of a shell arrive so.
    fn forward_cont(&self, arrival: Arrival, todo: &mut Vec<Action>) {
        if self.suspended {
            return todo.push(Action::Resume);
        }
        todo.push(Action::Log(Notice::Forwarding(arrival, Signal::CONT)));
        todo.push(Action::GiveTerminal);
        todo.push(Action::Signal(Signal::CONT));
    }

    /// Whether there is an app that has not been reaped (invariant 1).
    fn has_app(&self) -> bool {
        match self.state {
            State::Running | State::Draining { .. } | State::Stopping { .. } | State::Killed { .. } => true,
            State::Starting { .. }
            | State::RestartPending { .. }
            | State::Sweeping { .. }
            | State::SweepKilled { .. }
            | State::Exited => false,
        }
    }

    fn request_stop(&mut self, request: Arrival, sent: Signal, now: Moment, todo: &mut Vec<Action>) {
        match self.state {
            State::Running if !self.stop.drain.is_zero() => {
                let until = now.saturating_add(self.stop.drain);
                self.enter(State::Draining { until, sent }, Phase::Draining, todo);
                todo.push(Action::Log(Notice::Draining(request, self.stop.drain)));
            }
            State::Running | State::Draining { .. } => {
                todo.push(Action::Log(Notice::Stopping(request, sent)));
                self.ask_to_stop(sent, self.stop.timeout, now, todo);
            }
            State::Stopping { .. } | State::Killed { .. } => {
                self.restart_after_stop = false;
                self.forward(request, sent, todo);
            }
            // Between two lives the request itself ends it.
            State::RestartPending { .. } | State::Starting { .. } => {
                todo.push(Action::Log(Notice::NotStarting(request)));
                self.finish(exit_code::SIGNAL_BASE + request.signal.number(), now, todo);
            }
            State::Sweeping { code, .. } => self.kill_leftovers(code, now, todo),
            State::SweepKilled { .. } | State::Exited => {}
        }
    }

    fn ask_to_stop(&mut self, sent: Signal, grace: Option<Duration>, now: Moment, todo: &mut Vec<Action>) {
        let kill_at = grace.map(|grace| now.saturating_add(grace));
        self.enter(State::Stopping { kill_at }, Phase::Stopping, todo);
        todo.push(Action::Signal(sent));
        if self.suspended {
            todo.push(Action::Resume);
        }
    }

    /// The app was stopped. Asked to end, it must go on to do so. By `^Z`, the
    /// shell behind hinit takes over; as PID 1 there is none, and a terminal
    /// that nobody can wake again would hang (tini).
    fn stopped(&mut self, signal: Signal, todo: &mut Vec<Action>) {
        self.suspended = true;
        let by_terminal = is_job_control(signal);
        match self.state {
            State::Stopping { .. } => todo.push(Action::Resume),
            _ if by_terminal && self.is_pid1 => todo.push(Action::Resume),
            _ if by_terminal => todo.push(Action::Suspend),
            _ => {}
        }
    }

    /// One life of the app is over; the policy may want another one.
    fn life_over(&mut self, code: i32, now: Moment, todo: &mut Vec<Action>) {
        let by_itself = matches!(self.state, State::Running | State::RestartPending { .. });
        let wanted = by_itself && self.restarts.wanted(self.life.restart, self.after_ok_exit(code));
        let restart_after_stop = std::mem::take(&mut self.restart_after_stop);
        let failed = restart_after_stop || by_itself && self.after_ok_exit(code) != 0;
        if !wanted && failed && self.restarts.used_up(self.life.restart) {
            todo.push(Action::Log(Notice::RestartsUsedUp(self.restarts.count())));
            if restart_after_stop && code == 0 {
                self.forced_code = Some(exit_code::UNHEALTHY);
            }
            return self.finish(code, now, todo);
        }
        if !wanted && !restart_after_stop {
            return self.finish(code, now, todo);
        }
        let pause = self.restarts.next(now.saturating_sub(self.started_at));
        todo.push(Action::Log(Notice::Restarting(pause, self.restarts.count())));
        let until = now.saturating_add(pause);
        self.enter(State::RestartPending { until }, Phase::Restarting, todo);
    }

    fn after_ok_exit(&self, code: i32) -> i32 {
        if self.life.ok_exit.contains(&code) { 0 } else { code }
    }

    /// The app is gone for good: look after the rest, or leave.
    fn finish(&mut self, code: i32, now: Moment, todo: &mut Vec<Action>) {
        let code = self.forced_code.unwrap_or_else(|| self.after_ok_exit(code));
        let Some(limit) = self.stop.sweep else { return self.leave(code, todo) };
        todo.push(Action::Log(Notice::Sweeping(limit)));
        let kill_at = now.saturating_add(limit);
        self.enter(State::Sweeping { kill_at, code }, Phase::Stopping, todo);
        todo.push(Action::SignalAll(Signal::TERM));
        todo.push(Action::SignalAll(Signal::CONT));
    }

    fn no_children(&mut self, todo: &mut Vec<Action>) {
        if let State::Sweeping { code, .. } | State::SweepKilled { code, .. } = self.state {
            self.leave(code, todo);
        }
    }

    fn tick(&mut self, now: Moment, todo: &mut Vec<Action>) {
        if self.limit_applies() && self.limit_at.is_some_and(|at| at <= now) {
            self.time_out(now, todo);
        }
        match self.state {
            State::Draining { until, sent } if until <= now => {
                todo.push(Action::Log(Notice::Drained(sent)));
                self.ask_to_stop(sent, self.stop.timeout, now, todo);
            }
            State::Stopping { kill_at: Some(at) } if at <= now => self.kill(now, todo),
            State::Killed { give_up_at } if give_up_at <= now => {
                self.give_up(exit_code::SIGNAL_BASE + Signal::KILL.number(), todo);
            }
            State::RestartPending { until } if until <= now => todo.push(Action::Start),
            State::Starting { until: Some(until) } if until <= now => self.dependencies_timed_out(now, todo),
            State::Sweeping { kill_at, code } if kill_at <= now => self.kill_leftovers(code, now, todo),
            State::SweepKilled { give_up_at, code, .. } if give_up_at <= now => self.give_up(code, todo),
            State::SweepKilled { again_at, give_up_at, code } if again_at <= now => {
                self.state =
                    State::SweepKilled { again_at: now.saturating_add(KILL_AGAIN), give_up_at, code };
                todo.push(Action::SignalAll(Signal::KILL));
            }
            _ => {}
        }
    }

    fn dependencies_timed_out(&mut self, now: Moment, todo: &mut Vec<Action>) {
        todo.push(Action::Log(Notice::DependenciesTimedOut(now.saturating_sub(self.started_at))));
        self.leave(exit_code::TIMEOUT, todo);
    }

    /// Only a running app is acted on: one that is asked to stop may well be
    /// unhealthy.
    fn unhealthy(&mut self, now: Moment, todo: &mut Vec<Action>) {
        let action = self.life.on_failure;
        if self.state != State::Running || action == OnFailure::None {
            return;
        }
        let sent = if action == OnFailure::Kill { Signal::KILL } else { self.stop_signal() };
        todo.push(Action::Log(Notice::ActingOnHealth(action, sent)));
        self.restart_after_stop = action == OnFailure::Restart;
        self.forced_code = (action != OnFailure::Restart).then_some(exit_code::UNHEALTHY);
        self.ask_to_stop(sent, self.stop.timeout.or(Some(DEFAULT_GRACE)), now, todo);
    }

    fn limit_applies(&self) -> bool {
        matches!(self.state, State::Running | State::Draining { .. } | State::RestartPending { .. })
    }

    fn time_out(&mut self, now: Moment, todo: &mut Vec<Action>) {
        self.forced_code = Some(exit_code::TIMEOUT);
        self.restart_after_stop = false;
        let sent = self.stop_signal();
        let limit = self.life.limit.unwrap_or_default();
        todo.push(Action::Log(Notice::LimitPassed(limit, self.has_app().then_some(sent))));
        if self.has_app() {
            self.ask_to_stop(sent, self.stop.timeout.or(Some(DEFAULT_GRACE)), now, todo);
        } else {
            self.finish(exit_code::TIMEOUT, now, todo);
        }
    }

    /// What the app gets where nobody else asks it to stop: the same as if an
    /// engine did, by SIGTERM.
    fn stop_signal(&self) -> Signal {
        self.stop.signal.or_else(|| self.stop.rewritten(Signal::TERM)).unwrap_or(Signal::TERM)
    }

    fn kill(&mut self, now: Moment, todo: &mut Vec<Action>) {
        let grace = self.stop.timeout.unwrap_or(DEFAULT_GRACE);
        todo.push(Action::Log(Notice::GracePeriodOver(grace)));
        todo.push(Action::Signal(Signal::KILL));
        self.state = State::Killed { give_up_at: now.saturating_add(KILL_TIMEOUT) };
    }

    fn kill_leftovers(&mut self, code: i32, now: Moment, todo: &mut Vec<Action>) {
        todo.push(Action::Log(Notice::SweepTimedOut));
        todo.push(Action::SignalAll(Signal::KILL));
        let (again_at, give_up_at) = (now.saturating_add(KILL_AGAIN), now.saturating_add(KILL_TIMEOUT));
        self.state = State::SweepKilled { again_at, give_up_at, code };
    }

    fn give_up(&mut self, code: i32, todo: &mut Vec<Action>) {
        todo.push(Action::Log(Notice::SurvivedKill));
        self.leave(self.forced_code.unwrap_or(code), todo);
    }

    fn enter(&mut self, state: State, phase: Phase, todo: &mut Vec<Action>) {
        self.state = state;
        todo.push(Action::Enter(phase));
    }

    fn leave(&mut self, code: i32, todo: &mut Vec<Action>) {
        self.state = State::Exited;
        todo.push(Action::Exit(code));
    }
}

/// What a terminal stops its processes with.
fn is_job_control(signal: Signal) -> bool {
    [Signal::TSTP, Signal::TTIN, Signal::TTOU].contains(&signal)
}

#[cfg(test)]
mod tests;
