//! What must hold at every transition.

use super::*;

/// The name of a broken invariant; `before` and `next` are the states before and
/// after the step.
pub(super) fn check(
    before: &Point,
    next: &Point,
    step: Step,
    actions: &[Action],
) -> Result<(), &'static str> {
    let transition = Transition { before, next, step, actions };
    for (holds, name) in [
        (transition.knows_its_processes(), "a round that is given up is killed"),
        (transition.reports_changes(), "a change of the status is reported"),
        (transition.does_what_is_due(), "no deadline stays in the past"),
        (transition.is_healthy_by_a_success(), "healthy means that a check has passed"),
        (transition.is_unhealthy_by_failures(), "unhealthy needs as many failures as retries"),
        (transition.counts_as_docker_does(), "the streak counts failures of regular rounds"),
        (transition.begins_anew(), "a life of the app begins with starting"),
        (transition.waits_for_an_app(), "nothing is due without an app"),
    ] {
        if !holds {
            return Err(name);
        }
    }
    Ok(())
}

struct Transition<'a> {
    before: &'a Point,
    next: &'a Point,
    step: Step,
    actions: &'a [Action],
}

impl Transition<'_> {
    fn knows_its_processes(&self) -> bool {
        match self.next.schedule.round {
            Round::Idle => !self.next.is_alive,
            Round::Running(..) => self.next.is_alive && !self.next.is_killed,
            Round::Dying(_) => self.next.is_killed,
        }
    }

    fn reports_changes(&self) -> bool {
        let (before, next) = (&self.before.schedule, &self.next.schedule);
        let reported = self.actions.iter().find_map(|action| match action {
            Action::Changed(change) => Some(change),
            _ => None,
        });
        let is_blamed = next.app_failed && !before.app_failed;
        match reported {
            None => before.shown() == next.shown() && !is_blamed,
            Some(change) => {
                (change.from, change.to) == (before.shown(), next.shown())
                    && change.app_failed == next.app_failed
                    && (change.from != change.to || is_blamed)
            }
        }
    }

    /// Otherwise the loop would never sleep again.
    fn does_what_is_due(&self) -> bool {
        self.step != Step::Tick || !is_due(&self.next.schedule)
    }

    fn is_healthy_by_a_success(&self) -> bool {
        self.next.schedule.shown() != Status::Healthy || self.next.has_passed
    }

    fn is_unhealthy_by_failures(&self) -> bool {
        let (before, next) = (&self.before.schedule, &self.next.schedule);
        let retries = next.timing.retries;
        let becomes = |is_so: fn(&Schedule) -> bool| is_so(next) && !is_so(before);
        let failed = next.streak >= retries;
        let missed = next.missed >= retries.max(2);
        (failed || !becomes(|schedule| schedule.app_failed))
            && (failed || missed || !becomes(|schedule| schedule.status == Status::Unhealthy))
    }

    fn counts_as_docker_does(&self) -> bool {
        let (before, next) = (&self.before.schedule, &self.next.schedule);
        let is_regular = !matches!(before.round, Round::Running(Kind::Early, _) | Round::Idle);
        // The result of a round that was frozen is dropped.
        let counts = !self.before.is_killed && !before.is_late(NOW);
        let passes = self.step == Step::Finished(0) && counts;
        match next.streak {
            0 => true,
            streak if streak == before.streak => !passes || !is_regular,
            streak => streak == before.streak + 1 && is_regular && self.step != Step::NotStarted,
        }
    }

    fn begins_anew(&self) -> bool {
        let next = &self.next.schedule;
        self.step != Step::Restarted || (next.shown(), next.streak) == (Status::Starting, 0)
    }

    fn waits_for_an_app(&self) -> bool {
        let next = &self.next.schedule;
        let is_paused = match self.step {
            Step::Pause => true,
            Step::Restarted => false,
            _ => self.before.schedule.is_paused,
        };
        next.is_paused == is_paused && next.next_deadline().is_none() == is_paused
    }
}
