//! Faults that the walk has to find: each is built into the transitions of a
//! machine that has none.

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    LosesASignal,
    SignalsTheReaped,
    ExitsTwice,
    ExitsInSilence,
    StartsAfterAStop,
    RestartsAtOnce,
    ForgetsToKill,
    NeverGivesUp,
    DrainsForEver,
    HidesAFailure,
    StopsBeforeTheStatus,
    LeavesTheAppStopped,
    TrustsAQuitFromInside,
    TrustsAnOldQuit,
    LeavesTheGroup,
    IgnoresARequestInThePause,
}

impl Fault {
    /// Each with the invariant that it breaks.
    const ALL: [(Self, &str); 16] = [
        (Self::LosesASignal, "a signal is forwarded"),
        (Self::SignalsTheReaped, "to a reaped app"),
        (Self::ExitsTwice, "the exit is final and announced"),
        (Self::ExitsInSilence, "the exit is final and announced"),
        (Self::StartsAfterAStop, "after a stop request"),
        (Self::RestartsAtOnce, "restarts are 100 ms apart"),
        (Self::ForgetsToKill, "who is to stop gets the signal"),
        (Self::NeverGivesUp, "a stop with a time limit does not end"),
        (Self::DrainsForEver, "no deadline stays in the past"),
        (Self::HidesAFailure, "the exit code has a reason"),
        (Self::StopsBeforeTheStatus, "the status changes before"),
        (Self::LeavesTheAppStopped, "and is continued"),
        (Self::TrustsAQuitFromInside, "the policy decides on restarts"),
        (Self::TrustsAnOldQuit, "the policy decides on restarts"),
        (Self::LeavesTheGroup, "the policy decides on restarts"),
        (Self::IgnoresARequestInThePause, "a stop request is obeyed"),
    ];
}

/// The event that the machine gets.
pub(super) fn instead(fault: Option<Fault>, event: Event) -> Event {
    match (fault, event) {
        (Some(Fault::TrustsAQuitFromInside), Event::Signal(arrival)) => {
            Event::Signal(Arrival { sender: Sender::Outside, ..arrival })
        }
        _ => event,
    }
}

/// What goes wrong before a transition.
pub(super) fn before(fault: Option<Fault>, machine: &mut Machine, event: Event) {
    if fault == Some(Fault::TrustsAnOldQuit) && matches!(event, Event::Ended(_)) {
        machine.quit = Some((Signal::QUIT, NOW));
    }
}

/// What goes wrong in a transition.
pub(super) fn after(
    fault: Option<Fault>,
    before: &Point,
    event: Event,
    machine: &mut Machine,
    todo: &mut Vec<Action>,
) {
    let Some(fault) = fault else { return };
    let was = before.core.state;
    match (fault, event) {
        (Fault::LosesASignal, _) => todo.retain(|action| *action != Action::Signal(Signal::HUP)),
        (Fault::SignalsTheReaped, Event::Ended(_)) => todo.insert(0, Action::Signal(Signal::TERM)),
        (Fault::ExitsTwice, _) => {
            let exit = todo.last().copied().filter(|action| matches!(action, Action::Exit(_)));
            todo.extend(exit);
        }
        (Fault::ExitsInSilence, _) => todo.retain(|action| !matches!(action, Action::Exit(_))),
        (Fault::StartsAfterAStop, Event::Ended(_)) if matches!(was, State::Stopping { .. }) => {
            machine.state = State::RestartPending { until: NOW + SECOND };
            *todo = vec![Action::SignalGroup(Signal::KILL), Action::Enter(Phase::Restarting)];
        }
        (Fault::RestartsAtOnce, _) => {
            if let State::RestartPending { until } = &mut machine.state {
                *until = NOW;
            }
        }
        (Fault::ForgetsToKill, _) => todo.retain(|action| *action != Action::Signal(Signal::KILL)),
        (Fault::NeverGivesUp, Event::Tick) if matches!(was, State::Killed { .. }) => {
            machine.state = State::Killed { give_up_at: NOW + KILL_TIMEOUT };
            todo.clear();
        }
        (Fault::HidesAFailure, _) => todo.iter_mut().for_each(|action| {
            if let Action::Exit(code) = action {
                *code = 0;
            }
        }),
        (Fault::StopsBeforeTheStatus, _) if machine.state != State::Exited => todo.reverse(),
        (Fault::LeavesTheAppStopped, _) => todo.retain(|action| *action != Action::Resume),
        (Fault::LeavesTheGroup, _) => todo.retain(|action| !matches!(action, Action::SignalGroup(_))),
        (Fault::DrainsForEver, Event::Tick) if matches!(was, State::Draining { .. }) => {
            machine.state = was;
            todo.clear();
        }
        (Fault::IgnoresARequestInThePause, Event::Signal(_))
            if matches!(was, State::RestartPending { .. }) =>
        {
            machine.state = was;
            todo.clear();
        }
        _ => {}
    }
}

#[test]
fn each_seeded_fault_is_found() {
    for (fault, invariant) in Fault::ALL {
        let drains = [Fault::DrainsForEver, Fault::StopsBeforeTheStatus].contains(&fault);
        let config = Config::with(fault, |config| {
            config.is_pid1 = fault != Fault::LeavesTheAppStopped;
            config.stop.drain = if drains { SECOND } else { Duration::ZERO };
            if fault == Fault::NeverGivesUp {
                // With a life to follow its circle would never close: two clocks
                // would drift apart.
                config.life.on_failure = OnFailure::None;
            }
        });
        match explore(&config) {
            Ok(_) => panic!("{fault:?} was not found"),
            Err(broken) => assert!(broken.contains(invariant), "{fault:?}: {broken}"),
        }
    }
}
