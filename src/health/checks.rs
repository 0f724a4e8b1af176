//! The health checks of a plan, prepared: what PID 1 can look up or allocate
//! for them before the app starts, it has.

use super::notify::SharedNotifyState;
use crate::error::{Error, Result};
use crate::plan::probe::{Builtin, Notify, Probe, Target};
use crate::plan::{App, Health};
use crate::spawn::child_setup::ChildSetup;
use crate::spawn::environment::Environment;
use crate::spawn::program::Program;
use crate::sys::shared_page::SharedPage;
use crate::sys::signals::Inherited;
use std::ffi::OsString;
use std::rc::Rc;
use std::time::Duration;

/// All probes, ready to be started: what PID 1 can look up or allocate for them,
/// it has.
#[derive(Debug)]
pub struct Checks {
    pub(super) all: Vec<Check>,
    pub(super) inherited: Inherited,
    notify_state: SharedNotifyState,
}

#[derive(Debug)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) work: Work,
    /// Its own `--timeout`, if that is shorter than the schedule's.
    pub(super) limit: Option<Duration>,
    /// The schedule's.
    pub(super) timeout: Duration,
}

#[derive(Debug)]
pub(super) enum Work {
    Program(Program, Rc<SharedPage>),
    Builtin(Builtin, Rc<SharedPage>),
    Notify(Notify, SharedNotifyState, Rc<SharedPage>),
}

impl Checks {
    /// Prepares the probes of a plan, for the environment that the app has;
    /// commands do to themselves what `setup` says.
    ///
    /// # Errors
    /// A command cannot be passed to the kernel (a NUL in it).
    pub fn new(
        health: &Health,
        environment: &Environment,
        setup: &ChildSetup,
        inherited: Inherited,
    ) -> Result<Self> {
        let notify_state = SharedNotifyState::default();
        let check = |probe| {
            Check::new(probe, health.timing.timeout, &notify_state, |words| {
                program(words, environment, setup)
            })
        };
        Ok(Self { all: health.probes.iter().map(check).collect::<Result<_>>()?, inherited, notify_state })
    }

    /// Where a listener puts what the app says, for `notify:` checks.
    pub fn notify_state(&self) -> SharedNotifyState {
        SharedNotifyState::clone(&self.notify_state)
    }

    /// A round was given up before its processes were reaped: what such a one may
    /// still write is nothing to the next.
    pub fn forget_pages(&mut self) {
        for check in &mut self.all {
            if let (Work::Program(_, page) | Work::Builtin(_, page) | Work::Notify(_, _, page), Ok(fresh)) =
                (&mut check.work, SharedPage::new())
            {
                *page = Rc::new(fresh);
            }
        }
    }
}

impl Check {
    fn new(
        probe: &Probe,
        timeout: Duration,
        notify_state: &SharedNotifyState,
        program: impl FnOnce(&[OsString]) -> Result<Program>,
    ) -> Result<Self> {
        let work = match &probe.target {
            Target::Exec(words) => Work::Program(program(words)?, shared_page()?),
            Target::Builtin(target) => Work::Builtin(target.clone(), shared_page()?),
            Target::Notify(wanted) => {
                Work::Notify(*wanted, SharedNotifyState::clone(notify_state), shared_page()?)
            }
        };
        let limit = probe.timeout.filter(|own| *own < timeout);
        Ok(Self { name: probe.name.clone(), work, limit, timeout })
    }

    /// The time that a built-in probe gives itself. hinit kills it at half of
    /// that; the other half is for one that has outlived its hinit.
    pub(super) fn outliving(&self) -> Duration {
        self.limit.unwrap_or(self.timeout).saturating_mul(2)
    }
}

fn shared_page() -> Result<Rc<SharedPage>> {
    let page =
        SharedPage::new().map_err(|error| Error::new(format!("no memory for a health check: {error}")))?;
    Ok(Rc::new(page))
}

fn program(words: &[OsString], environment: &Environment, setup: &ChildSetup) -> Result<Program> {
    let (program, args) =
        words.split_first().map_or_else(Default::default, |(first, rest)| (first.clone(), rest.to_vec()));
    let app = App { program, args, ..App::default() };
    let program = Program::new(&app, environment).map_err(|error| error.at("--health"))?;
    Ok(program.with_setup(setup.clone()))
}
