//! The life of the app as a pure machine: an event and a time in, actions out.
//!
//! No clock, no system call, no global. The states are those of DESIGN section
//! 3, and every transition is in [`Machine::on`].
//!
//! Invariants, kept here and checked by the property tests:
//! 1. A process that was reaped is never signalled.
//! 2. There is one [`Action::Exit`], and nothing comes after it.
//! 3. After a stop request the app is never started again.
//! 4. A stop with a time limit ends: TERM, then KILL, then giving up.

use crate::plan::Stop;
use crate::signal::Signal;
use crate::sys::process::Ending;
use crate::sys::signals::Arrival;
use crate::time::Moment;
use std::time::Duration;

/// How long a killed app may take to disappear before hinit leaves without it:
/// a process in an uninterruptible system call cannot be killed.
const UNKILLABLE: Duration = Duration::from_secs(10);

/// What the machine is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The app has been executed.
    Started,
    /// A signal arrived that is for the app.
    Signal(Arrival),
    /// The app ended and has been reaped.
    Ended(Ending),
    /// The app was stopped, by `^Z` or SIGSTOP.
    Stopped,
    /// The app goes on.
    Continued,
    /// The deadline of [`Machine::deadline`] may have come.
    Tick,
}

/// What the machine wants done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Send this to the app, or to its group if the plan says so.
    Signal(Signal),
    /// The phase has changed: publish it.
    Enter(Phase),
    /// Say this in the log.
    Tell(Notice),
    /// Leave with this code; nothing comes after it.
    Exit(i32),
}

/// What the status document shows as the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The app has not been executed yet.
    Starting,
    /// The app runs.
    Running,
    /// The app has been asked to stop.
    Stopping,
}

/// Something worth a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A signal is passed on as it came.
    Forwarding(Arrival),
    /// A stop request arrived, and the app gets this signal.
    Stopping {
        /// What arrived.
        request: Arrival,
        /// What the app gets.
        sent: Signal,
    },
    /// The grace period is over.
    GraceOver(Duration),
    /// The app ended.
    Ended(Ending),
    /// The app does not disappear although it was killed.
    Unkillable,
}

/// Where in its life the app is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Starting,
    Running,
    /// Asked to stop; `kill_at` is none without a grace period.
    Stopping {
        kill_at: Option<Moment>,
    },
    /// Killed after the grace period.
    Killed {
        give_up_at: Moment,
    },
    Left,
}

/// See the module's head.
#[derive(Debug)]
pub struct Machine {
    stop: Stop,
    state: State,
    suspended: bool,
}

impl Machine {
    /// A machine whose app is about to be started.
    pub fn new(stop: Stop) -> Self {
        Self { stop, state: State::Starting, suspended: false }
    }

    /// When [`Event::Tick`] is wanted at the latest.
    pub fn deadline(&self) -> Option<Moment> {
        match self.state {
            State::Stopping { kill_at } => kill_at,
            State::Killed { give_up_at } => Some(give_up_at),
            State::Starting | State::Running | State::Left => None,
        }
    }

    /// Takes an event and adds to `todo` what follows from it.
    pub fn on(&mut self, event: Event, now: Moment, todo: &mut Vec<Action>) {
        if self.state == State::Left {
            return;
        }
        match event {
            Event::Started if self.state == State::Starting => {
                self.enter(State::Running, Phase::Running, todo);
            }
            Event::Started => {}
            Event::Signal(arrival) if self.is_stop_request(arrival.signal) => {
                self.request_stop(arrival, now, todo);
            }
            Event::Signal(arrival) => forward(arrival, todo),
            Event::Stopped => self.stopped(todo),
            Event::Continued => self.suspended = false,
            Event::Ended(ending) => self.ended(ending, todo),
            Event::Tick => self.tick(now, todo),
        }
    }

    fn is_stop_request(&self, signal: Signal) -> bool {
        signal == Signal::TERM || signal == Signal::INT || Some(signal) == self.stop.signal
    }

    fn request_stop(&mut self, request: Arrival, now: Moment, todo: &mut Vec<Action>) {
        let sent = self.stop.signal.unwrap_or(request.signal);
        todo.push(Action::Tell(Notice::Stopping { request, sent }));
        if matches!(self.state, State::Starting | State::Running) {
            let kill_at = self.stop.timeout.map(|grace| now.saturating_add(grace));
            self.enter(State::Stopping { kill_at }, Phase::Stopping, todo);
        }
        todo.push(Action::Signal(sent));
        self.wake_if_suspended(todo);
    }

    /// A stopped process cannot act on a signal before it goes on.
    fn wake_if_suspended(&self, todo: &mut Vec<Action>) {
        if self.suspended {
            todo.push(Action::Signal(Signal::CONT));
        }
    }

    fn stopped(&mut self, todo: &mut Vec<Action>) {
        self.suspended = true;
        if matches!(self.state, State::Stopping { .. }) {
            self.wake_if_suspended(todo);
        }
    }

    fn ended(&mut self, ending: Ending, todo: &mut Vec<Action>) {
        todo.push(Action::Tell(Notice::Ended(ending)));
        self.leave(ending.code(), todo);
    }

    fn tick(&mut self, now: Moment, todo: &mut Vec<Action>) {
        match self.state {
            State::Stopping { kill_at: Some(at) } if at <= now => self.kill(now, todo),
            State::Killed { give_up_at } if give_up_at <= now => self.give_up(todo),
            _ => {}
        }
    }

    fn kill(&mut self, now: Moment, todo: &mut Vec<Action>) {
        let grace = self.stop.timeout.unwrap_or_default();
        todo.push(Action::Tell(Notice::GraceOver(grace)));
        todo.push(Action::Signal(Signal::KILL));
        self.state = State::Killed { give_up_at: now.saturating_add(UNKILLABLE) };
    }

    fn give_up(&mut self, todo: &mut Vec<Action>) {
        todo.push(Action::Tell(Notice::Unkillable));
        self.leave(128 + Signal::KILL.number(), todo);
    }

    fn enter(&mut self, state: State, phase: Phase, todo: &mut Vec<Action>) {
        self.state = state;
        todo.push(Action::Enter(phase));
    }

    fn leave(&mut self, code: i32, todo: &mut Vec<Action>) {
        self.state = State::Left;
        todo.push(Action::Exit(code));
    }
}

fn forward(arrival: Arrival, todo: &mut Vec<Action>) {
    todo.push(Action::Tell(Notice::Forwarding(arrival)));
    todo.push(Action::Signal(arrival.signal));
}
