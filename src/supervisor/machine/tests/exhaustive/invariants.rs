//! What must hold at every transition.

use super::*;

/// The name of a broken invariant; `before` and `next` are what surrounds the
/// machine before and after the event.
pub(super) fn check(
    config: &Config,
    before: &Point,
    next: &Point,
    event: Event,
    machine: &Machine,
    todo: &[Action],
) -> Result<(), &'static str> {
    let transition = Transition { config, before, next, event, machine, todo };
    for (holds, name) in [
        (transition.exits_once(), "the exit is final and announced"),
        (transition.exits_with_a_reason(), "the exit code has a reason"),
        (transition.waits_between_restarts(), "restarts are 100 ms apart"),
        (transition.restarts_as_configured(), "the policy decides on restarts"),
        (transition.does_what_is_due(), "no deadline stays in the past"),
        (transition.announces_a_stop_first(), "the status changes before the app is signalled"),
        (transition.stops_thoroughly(), "who is to stop gets the signal, and is continued"),
        (transition.obeys(), "a stop request is obeyed"),
        (transition.forwards(), "a signal is forwarded"),
        (transition.acts_on_health(), "an unhealthy app is stopped, within a time limit"),
    ] {
        if !holds {
            return Err(name);
        }
    }
    Ok(())
}

struct Transition<'a> {
    config: &'a Config,
    before: &'a Point,
    next: &'a Point,
    event: Event,
    machine: &'a Machine,
    todo: &'a [Action],
}

impl Transition<'_> {
    fn has(&self, action: Action) -> bool {
        self.todo.contains(&action)
    }

    fn position(&self, wanted: impl Fn(&Action) -> bool) -> Option<usize> {
        self.todo.iter().position(wanted)
    }

    fn exit_code(&self) -> Option<i32> {
        self.todo.iter().find_map(|action| match action {
            Action::Exit(code) => Some(*code),
            _ => None,
        })
    }

    fn exits_once(&self) -> bool {
        if self.before.has_exited() {
            return self.todo.is_empty() && self.machine.state == State::Exited;
        }
        let exits = self.todo.iter().filter(|action| matches!(action, Action::Exit(_))).count();
        exits == usize::from(self.machine.state == State::Exited)
    }

    fn exits_with_a_reason(&self) -> bool {
        let (life, last) = (&self.config.life, self.next.last_code);
        match self.exit_code() {
            None => true,
            Some(0) => last == Some(0),
            Some(exit_code::TIMEOUT) => life.limit.is_some() || self.config.dependencies.is_some(),
            Some(exit_code::UNHEALTHY) => life.on_failure != OnFailure::None,
            // 128 and the stop request, or the KILL that it survived.
            Some(code) => last == Some(code) || [130, 131, 137, 143].contains(&code),
        }
    }

    fn waits_between_restarts(&self) -> bool {
        let pause = Duration::from_millis(100);
        let starts = matches!(self.before.core.state, State::RestartPending { until } if until <= NOW);
        let enters = self.has(Action::Enter(Phase::Restarting));
        let waits = match self.machine.state {
            State::RestartPending { until } if enters => until >= NOW + pause,
            _ => true,
        };
        waits && (starts || !self.has(Action::Start))
    }

    fn restarts_as_configured(&self) -> bool {
        let life = &self.config.life;
        let pending = matches!(self.machine.state, State::RestartPending { .. });
        let is_possible = life.restart != Restart::No || life.on_failure == OnFailure::Restart;
        let Event::Ended(_) = self.event else { return is_possible || !pending };
        let by_itself = self.before.core.state == State::Running && !self.next.stop_requested;
        let is_due = life.restart == Restart::Always && by_itself;
        let cleans_up = self.has(Action::SignalGroup(Signal::KILL));
        (is_possible || !pending) && (pending || !is_due) && pending == cleans_up
    }

    /// Otherwise the loop would never sleep again.
    fn does_what_is_due(&self) -> bool {
        self.event != Event::Tick || self.has(Action::Start) || !is_due(self.machine)
    }

    fn announces_a_stop_first(&self) -> bool {
        let enters = |action: &Action| matches!(action, Action::Enter(Phase::Draining | Phase::Stopping));
        let signal = self.position(|action| matches!(action, Action::Signal(_)));
        match self.position(enters) {
            Some(enters) => signal.is_none_or(|signal| enters < signal),
            None => true,
        }
    }

    fn stops_thoroughly(&self) -> bool {
        let kind = |state: &State| std::mem::discriminant(state);
        let entered = kind(&self.before.core.state) != kind(&self.machine.state);
        let signals = self.position(|action| matches!(action, Action::Signal(_))).is_some();
        match self.machine.state {
            _ if !entered => true,
            State::Stopping { .. } => signals && (!self.before.core.suspended || self.has(Action::Resume)),
            State::Killed { .. } => self.has(Action::Signal(Signal::KILL)),
            State::Sweeping { .. } => {
                self.has(Action::SignalAll(Signal::TERM)) && self.has(Action::SignalAll(Signal::CONT))
            }
            State::SweepKilled { .. } => self.has(Action::SignalAll(Signal::KILL)),
            _ => true,
        }
    }

    /// After a stop request the app does not run on, nor is a start pending.
    fn obeys(&self) -> bool {
        let Event::Signal(arrival) = self.event else { return true };
        let waits = matches!(self.before.core.state, State::Starting { .. } | State::RestartPending { .. });
        let requests =
            self.config.is_stop_request(arrival) || self.config.may_be_stop_signal(arrival) && waits;
        let goes_on = matches!(
            self.machine.state,
            State::Starting { .. } | State::Running | State::RestartPending { .. }
        );
        !(requests && goes_on)
    }

    /// All that is no stop request reaches the app once, and changes nothing else.
    fn forwards(&self) -> bool {
        let Event::Signal(arrival) = self.event else { return true };
        let reaches_the_app = self.before.has_app && !self.before.has_exited();
        if self.config.is_stop_request(arrival) || !reaches_the_app {
            return true;
        }
        let reached = self.todo.iter().filter(|action| match action {
            Action::Signal(signal) => *signal == arrival.signal,
            Action::Resume => arrival.signal == Signal::CONT,
            _ => false,
        });
        reached.count() == 1 && self.machine.state == self.before.core.state
    }

    fn acts_on_health(&self) -> bool {
        let acts = self.before.core.state == State::Running && self.config.life.on_failure != OnFailure::None;
        let limited = matches!(self.machine.state, State::Stopping { kill_at: Some(_) });
        self.event != Event::Unhealthy || limited || !acts
    }
}
