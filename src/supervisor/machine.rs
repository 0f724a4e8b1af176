//! The life of the app as a pure machine: an event and a time in, actions out.
//!
//! No clock, no system call, no global. The states are those of docs/design.md,
//! section 9, and every transition is in [`Machine::on`].
//!
//! Invariants, kept here and checked by the property tests:
//! 1. A process that was reaped is never signalled. What is left of its group
//!    may be, at once.
//! 2. There is one [`Action::Exit`], and nothing follows it.
//! 3. After a stop request the app is never started again.
//! 4. A stop with a time limit ends: TERM, then KILL, then giving up.
//! 5. Restarts are never closer than 100 ms.

use super::restart_backoff::Restarts;
use crate::exit_code;
use crate::phase::Phase;
use crate::plan::{Life, OnFailure, Restart, Stop};
use crate::signal::Signal;
use crate::sys::process::Ending;
use crate::sys::signals::{Arrival, Sender};
use crate::time::Moment;
use std::time::Duration;

/// How long hinit waits for killed processes to end before it exits anyway: a
/// process in an uninterruptible system call cannot be killed.
pub(crate) const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the remaining processes are killed again: they may have forked.
const KILL_AGAIN: Duration = Duration::from_millis(100);

/// The grace period (Docker's default) without `--stop-timeout`, for a stop that
/// hinit itself decided on and that has to end.
const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// An app that ends within this time after a SIGQUIT from an engine was asked to
/// stop. A JVM answers with a thread dump and lives on.
const QUIT_ANSWER: Duration = Duration::from_secs(10);

/// Signals that images have as their STOPSIGNAL, which hinit cannot read.
const STOP_SIGNALS: [Signal; 3] = [Signal::QUIT, Signal::WINCH, Signal::HALT];

/// The input of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The app has been executed.
    Started,
    /// The app could not be started again; the code says why.
    NotStarted(i32),
    /// A signal for the app arrived.
    Signal(Arrival),
    /// The app ended and has been reaped.
    Ended(Ending),
    /// The app is not a child of hinit any more, though it was not reaped. The
    /// code reports a failure.
    Lost(i32),
    /// The app was stopped, by `^Z` or SIGSTOP.
    Stopped(Signal),
    /// The app was continued.
    Continued,
    /// The app has turned unhealthy.
    Unhealthy,
    /// hinit has no child left to reap.
    NoChildren,
    /// The deadline of [`Machine::deadline`] may have come.
    Tick,
}

/// The output of the machine, to be carried out in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Start the app again.
    Start,
    /// Send this to the app, or with `--group` to its process group.
    Signal(Signal),
    /// Send SIGCONT to the app's whole group, and give it the terminal if
    /// hinit has it.
    Resume,
    /// Give the app the terminal if hinit has it.
    GiveTerminal,
    /// Send this to what is left of the app's group after its end.
    SignalGroup(Signal),
    /// Stop hinit itself, so that the shell that started it takes over.
    Suspend,
    /// Stop hinit alone.
    StopSelf,
    /// Send this to every remaining process.
    SignalAll(Signal),
    /// The phase has changed: publish it.
    Enter(Phase),
    /// Log this.
    Log(Notice),
    /// Exit with this code; nothing follows it.
    Exit(i32),
}

/// A line for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A signal is forwarded, as this one.
    Forwarding(Arrival, Signal),
    /// A signal is ignored (`--rewrite`).
    Ignoring(Arrival),
    /// A signal is dropped: the app is not running.
    NoApp(Arrival),
    /// A stop request while the app is not running: it will not be started.
    NotStarting(Arrival),
    /// A signal that may be the image's STOPSIGNAL: `--stop-signal` would say so.
    SuggestingStopSignal(Arrival),
    /// A stop request arrived; the app is signalled after this time.
    Draining(Arrival, Duration),
    /// A stop request arrived, and the app gets this signal.
    Stopping(Arrival, Signal),
    /// The drain is over, and the app gets this signal.
    Drained(Signal),
    /// The dependencies were not ready in time.
    DependenciesTimedOut(Duration),
    /// The app is unhealthy and gets this signal (`--health-on-failure`).
    ActingOnHealth(OnFailure, Signal),
    /// The run limit has passed. The app gets this signal if it is running.
    LimitPassed(Duration, Option<Signal>),
    /// The grace period is over; the app is killed.
    GracePeriodOver(Duration),
    /// The app ended.
    Ended(Ending),
    /// What is left of the app's group gets this, if signals go to the group.
    SignalingGroup(Signal),
    /// hinit stops itself too (SIGSTOP).
    StoppingItself,
    /// The app is started again after this pause; the number of this restart.
    Restarting(Duration, u32),
    /// The app is not started again: it ended by this signal of an engine.
    EndedByQuit(Signal),
    /// The app is not started again: the policy allows this many restarts.
    RestartsUsedUp(u32),
    /// The remaining processes got SIGTERM and have this time to end.
    Sweeping(Duration),
    /// Some of them did not end in time; they are killed.
    SweepTimedOut,
    /// Some processes survived SIGKILL.
    SurvivedKill,
}

/// Where in its life the app is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum State {
    /// Before the first start; `until` is the end of `--wait-timeout`.
    Starting {
        until: Option<Moment>,
    },
    Running,
    /// A stop was requested; the app gets `sent` after the drain.
    Draining {
        until: Moment,
        sent: Signal,
    },
    /// The stop signal was sent; `kill_at` is none without a grace period.
    Stopping {
        kill_at: Option<Moment>,
    },
    /// Killed after the grace period.
    Killed {
        give_up_at: Moment,
    },
    /// Between two lives of the app.
    RestartPending {
        until: Moment,
    },
    /// The app has ended; the remaining processes got SIGTERM.
    Sweeping {
        kill_at: Moment,
        code: i32,
    },
    /// The remaining processes got SIGKILL.
    SweepKilled {
        again_at: Moment,
        give_up_at: Moment,
        code: i32,
    },
    Exited,
}

/// The life of the app; see the module documentation.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each with a name")]
pub(crate) struct Machine {
    stop: Stop,
    life: Life,
    is_pid1: bool,
    state: State,
    suspended: bool,
    started_at: Moment,
    limit_at: Option<Moment>,
    /// The exit code, instead of the app's.
    forced_code: Option<i32>,
    /// The app was stopped because it is unhealthy, to be started again.
    restart_after_stop: bool,
    restarts: Restarts,
    /// When the app got a SIGQUIT that may be the image's STOPSIGNAL, and as
    /// which signal.
    quit: Option<(Signal, Moment)>,
    /// Whether a STOPSIGNAL that hinit does not know would make a difference.
    suggests_stop_signal: bool,
}

impl Machine {
    /// A machine whose app is about to be started for the first time.
    ///
    /// `is_pid1`: nothing could continue hinit if it stopped itself.
    pub(crate) fn new(stop: Stop, life: Life, is_pid1: bool, now: Moment) -> Self {
        let suggests_stop_signal =
            !stop.drain.is_zero() || stop.timeout.is_some() || life.restart != Restart::No;
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
            quit: None,
            suggests_stop_signal,
        }
    }

    /// Health checks or a ready file are configured: somebody learns of a stop
    /// request by them.
    pub(crate) fn has_readers(&mut self) {
        self.suggests_stop_signal = true;
    }

    /// Sets `--wait-timeout`: hinit exits with [`exit_code::TIMEOUT`] if the
    /// dependencies are not ready by then.
    pub(crate) fn wait_at_most(&mut self, limit: Duration) {
        self.state = State::Starting { until: Some(self.started_at.saturating_add(limit)) };
    }

    /// How often the app has been started again.
    pub(crate) fn restarts(&self) -> u32 {
        self.restarts.count()
    }

    /// When [`Event::Tick`] is wanted at the latest.
    pub(crate) fn deadline(&self) -> Option<Moment> {
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

    /// Handles an event and adds the resulting actions to `todo`.
    pub(crate) fn on(&mut self, event: Event, now: Moment, todo: &mut Vec<Action>) {
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
                self.ended(ending, now, todo);
                // As an engine does: a worker that lives on would hold the
                // port, and each life would leave more of them behind.
                if matches!(self.state, State::RestartPending { .. }) {
                    todo.insert(at_once, Action::SignalGroup(Signal::KILL));
                }
            }
            // Never started again: it may still be running.
            Event::Lost(code) => self.finish(code, now, todo),
            Event::Unhealthy => self.unhealthy(now, todo),
            Event::NoChildren => self.no_children(todo),
            Event::Tick => self.tick(now, todo),
        }
    }

    /// Signals what is left of the app's group after its end.
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
        if STOP_SIGNALS.contains(&arrival.signal)
            && self.is_from_engine(arrival)
            && std::mem::take(&mut self.suggests_stop_signal)
        {
            todo.push(Action::Log(Notice::SuggestingStopSignal(arrival)));
        }
        match self.stop.rewritten(arrival.signal) {
            None => todo.push(Action::Log(Notice::Ignoring(arrival))),
            Some(signal) if self.is_stop_request(arrival.signal) => {
                let sent = self.stop.signal.unwrap_or(signal);
                self.request_stop(arrival, sent, now, todo);
            }
            Some(signal) if arrival.signal == Signal::QUIT && self.is_from_engine(arrival) => {
                self.quit(arrival, signal, now, todo);
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

    /// Whether an engine may have sent it as the STOPSIGNAL of the image.
    fn is_from_engine(&self, arrival: Arrival) -> bool {
        self.is_pid1 && arrival.sender == Sender::Outside && self.stop.signal.is_none()
    }

    /// SIGQUIT from an engine, without `--stop-signal` (docs/design.md, section 9).
    fn quit(&mut self, arrival: Arrival, sent: Signal, now: Moment, todo: &mut Vec<Action>) {
        if matches!(self.state, State::RestartPending { .. } | State::Starting { .. }) {
            return self.request_stop(arrival, sent, now, todo);
        }
        if self.has_app() {
            self.quit = Some((sent, now));
        }
        self.forward(arrival, sent, todo);
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

    /// SIGCONT is also what `fg` and `bg` of a shell send.
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
                self.stop_app(sent, self.stop.timeout, now, todo);
            }
            State::Stopping { .. } | State::Killed { .. } => {
                self.restart_after_stop = false;
                self.forward(request, sent, todo);
            }
            // Without an app hinit exits at once.
            State::RestartPending { .. } | State::Starting { .. } => {
                todo.push(Action::Log(Notice::NotStarting(request)));
                self.finish(exit_code::SIGNAL_BASE + request.signal.number(), now, todo);
            }
            State::Sweeping { code, .. } => self.kill_leftovers(code, now, todo),
            State::SweepKilled { .. } | State::Exited => {}
        }
    }

    fn stop_app(&mut self, sent: Signal, grace: Option<Duration>, now: Moment, todo: &mut Vec<Action>) {
        let kill_at = grace.map(|grace| now.saturating_add(grace));
        self.enter(State::Stopping { kill_at }, Phase::Stopping, todo);
        todo.push(Action::Signal(sent));
        if self.suspended {
            todo.push(Action::Resume);
        }
    }

    /// The app was stopped. While stopping it is continued, or it could not end.
    /// After `^Z` hinit stops too, so that the shell takes over; as PID 1 there is
    /// no shell, and the terminal would hang (tini), so the app is continued.
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

    /// The app ended. If a SIGQUIT of an engine did that, it was asked to stop.
    fn ended(&mut self, ending: Ending, now: Moment, todo: &mut Vec<Action>) {
        let quit = self.quit.take().filter(|(_, at)| now.saturating_sub(*at) <= QUIT_ANSWER);
        let answered = quit.filter(|(sent, _)| match ending {
            Ending::Exited(code) => self.after_ok_exit(code) == 0,
            Ending::Killed { signal, .. } => signal == *sent,
        });
        let Some((sent, _)) = answered else { return self.life_over(ending.code(), now, todo) };
        if self.life.restart != Restart::No || self.restart_after_stop {
            todo.push(Action::Log(Notice::EndedByQuit(sent)));
        }
        self.finish(ending.code(), now, todo);
    }

    /// One life of the app is over; the policy decides on another one.
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

    /// The app has ended for good: sweep the remaining processes, or exit.
    fn finish(&mut self, code: i32, now: Moment, todo: &mut Vec<Action>) {
        let code = self.forced_code.unwrap_or_else(|| self.after_ok_exit(code));
        let Some(limit) = self.stop.sweep else { return self.exit(code, todo) };
        todo.push(Action::Log(Notice::Sweeping(limit)));
        let kill_at = now.saturating_add(limit);
        self.enter(State::Sweeping { kill_at, code }, Phase::Stopping, todo);
        todo.push(Action::SignalAll(Signal::TERM));
        todo.push(Action::SignalAll(Signal::CONT));
    }

    fn no_children(&mut self, todo: &mut Vec<Action>) {
        if let State::Sweeping { code, .. } | State::SweepKilled { code, .. } = self.state {
            self.exit(code, todo);
        }
    }

    fn tick(&mut self, now: Moment, todo: &mut Vec<Action>) {
        if self.limit_applies() && self.limit_at.is_some_and(|at| at <= now) {
            self.time_out(now, todo);
        }
        match self.state {
            State::Draining { until, sent } if until <= now => {
                todo.push(Action::Log(Notice::Drained(sent)));
                self.stop_app(sent, self.stop.timeout, now, todo);
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
        self.exit(exit_code::TIMEOUT, todo);
    }

    /// Applies only to a running app: one that is stopping may well be
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
        self.stop_app(sent, self.stop.timeout.or(Some(DEFAULT_GRACE)), now, todo);
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
            self.stop_app(sent, self.stop.timeout.or(Some(DEFAULT_GRACE)), now, todo);
        } else {
            self.finish(exit_code::TIMEOUT, now, todo);
        }
    }

    /// The signal for a stop that hinit itself decided on: the same as for a
    /// SIGTERM of the engine.
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
        self.exit(self.forced_code.unwrap_or(code), todo);
    }

    fn enter(&mut self, state: State, phase: Phase, todo: &mut Vec<Action>) {
        self.state = state;
        todo.push(Action::Enter(phase));
    }

    fn exit(&mut self, code: i32, todo: &mut Vec<Action>) {
        self.state = State::Exited;
        todo.push(Action::Exit(code));
    }
}

/// The signals by which a terminal stops processes.
fn is_job_control(signal: Signal) -> bool {
    [Signal::TSTP, Signal::TTIN, Signal::TTOU].contains(&signal)
}

#[cfg(test)]
mod tests;
