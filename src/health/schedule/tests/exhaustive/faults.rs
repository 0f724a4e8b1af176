//! Faults that the walk has to find: each is built into the transitions of a
//! schedule that has none.

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    OverlapsTheUnkillable,
    ForgetsToKill,
    LosesAChange,
    ForgetsTheUnkillable,
    TrustsTheKilled,
    NeverCountsTheMissed,
    KeepsTheStatusInTheNextLife,
    BlamesTheAppForTheMissed,
    ChecksWithoutAnApp,
    KeepsTheStreak,
    CountsEarlyFailures,
    PostponesForEver,
    StaysHealthy,
}

impl Fault {
    /// Each with the invariant that it breaks.
    const ALL: [(Self, &str); 13] = [
        (Self::OverlapsTheUnkillable, "a round that is given up is killed"),
        (Self::ForgetsToKill, "a round that is given up is killed"),
        (Self::LosesAChange, "a change of the status is reported"),
        (Self::ForgetsTheUnkillable, "no deadline stays in the past"),
        (Self::TrustsTheKilled, "healthy means that a check has passed"),
        (Self::NeverCountsTheMissed, "rounds that cannot be started do not make unhealthy"),
        (Self::KeepsTheStatusInTheNextLife, "healthy means that a check has passed"),
        (Self::BlamesTheAppForTheMissed, "a change of the status is reported"),
        (Self::ChecksWithoutAnApp, "nothing is due without an app"),
        (Self::KeepsTheStreak, "the streak counts failures of regular rounds"),
        (Self::CountsEarlyFailures, "the streak counts failures of regular rounds"),
        (Self::PostponesForEver, "do not make"),
        (Self::StaysHealthy, "do not make unhealthy"),
    ];
}

/// What goes wrong in a transition.
pub(super) fn after(
    fault: Option<Fault>,
    before: &Point,
    step: Step,
    schedule: &mut Schedule,
    actions: &mut Vec<Action>,
) {
    let Some(fault) = fault else { return };
    let was = &before.schedule;
    match (fault, step, was.round) {
        (Fault::OverlapsTheUnkillable, Step::Tick, Round::Dying(_)) => schedule.round = Round::Idle,
        (Fault::ForgetsToKill, ..) => actions.retain(|action| *action != Action::Kill),
        (Fault::LosesAChange, ..) => actions.retain(|action| !matches!(action, Action::Changed(_))),
        (Fault::ForgetsTheUnkillable, Step::Tick, Round::Dying(_)) => {
            *schedule = was.clone();
            actions.clear();
        }
        (Fault::TrustsTheKilled, Step::Finished(0), Round::Dying(_)) => {
            become_healthy(was, schedule, actions);
        }
        (Fault::NeverCountsTheMissed, Step::NotStarted, _) => schedule.missed = 0,
        (Fault::KeepsTheStatusInTheNextLife, Step::Restarted, _) => {
            schedule.status = was.status;
            schedule.seen_healthy_early = was.seen_healthy_early;
            actions.clear();
        }
        (Fault::BlamesTheAppForTheMissed, Step::NotStarted, _) => {
            schedule.app_failed = schedule.status == Status::Unhealthy;
        }
        (Fault::ChecksWithoutAnApp, Step::Pause, _) => schedule.is_paused = false,
        (Fault::KeepsTheStreak, Step::Finished(0), _) => schedule.streak = was.streak,
        (Fault::CountsEarlyFailures, Step::Finished(1), Round::Running(Kind::Early, _)) => {
            schedule.streak += 1;
        }
        (Fault::PostponesForEver, Step::Tick, Round::Idle) if is_due(was) => {
            *schedule = was.clone();
            schedule.due = NOW + LATE;
            schedule.early_due = NOW + LATE;
            actions.clear();
        }
        (Fault::StaysHealthy, ..) if was.status == Status::Healthy && !schedule.is_paused => {
            schedule.streak = 0;
            schedule.missed = 0;
        }
        _ => {}
    }
}

fn become_healthy(was: &Schedule, schedule: &mut Schedule, actions: &mut Vec<Action>) {
    actions.retain(|action| !matches!(action, Action::Changed(_)));
    schedule.status = Status::Healthy;
    if was.shown() != Status::Healthy {
        schedule.report_change(was.shown(), "", 0, actions);
    }
}

#[test]
fn each_seeded_fault_is_found() {
    for (fault, invariant) in Fault::ALL {
        let config = Config { fault: Some(fault), ..Config::number(0) };
        match explore(&config) {
            Ok(_) => panic!("{fault:?} was not found"),
            Err(broken) => assert!(broken.contains(invariant), "{fault:?}: {broken}"),
        }
    }
}
