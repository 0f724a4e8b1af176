//! The health checks of a plan, prepared before the app is started.

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

/// All probes, ready to be started: PID 1 has looked up and allocated what it
/// can.
#[derive(Debug)]
pub(crate) struct Checks {
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
    /// Prepares the probes of a plan, with the app's environment. Commands apply
    /// `setup` to themselves.
    ///
    /// # Errors
    /// A command cannot be passed to the kernel (a NUL in it).
    pub(crate) fn new(
        health: &Health,
        environment: &Environment,
        setup: &ChildSetup,
        inherited: Inherited,
    ) -> Result<Self> {
        let notify_state = SharedNotifyState::default();
        let check = |probe| {
            Check::new(probe, health.timing.timeout, &notify_state, |argv| program(argv, environment, setup))
        };
        Ok(Self { all: health.probes.iter().map(check).collect::<Result<_>>()?, inherited, notify_state })
    }

    /// The state that the listener updates and `notify:` checks read.
    pub(crate) fn notify_state(&self) -> SharedNotifyState {
        SharedNotifyState::clone(&self.notify_state)
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
            Target::Exec(argv) => Work::Program(program(argv)?, shared_page()?),
            Target::Builtin(target) => Work::Builtin(target.clone(), shared_page()?),
            Target::Notify(wanted) => {
                Work::Notify(*wanted, SharedNotifyState::clone(notify_state), shared_page()?)
            }
        };
        let limit = probe.timeout.filter(|own| *own < timeout);
        Ok(Self { name: probe.name.clone(), work, limit, timeout })
    }

    /// The time after which a built-in probe ends by itself. hinit kills it at
    /// half of that; this is for a probe whose hinit is gone.
    pub(super) fn own_timeout(&self) -> Duration {
        self.limit.unwrap_or(self.timeout).saturating_mul(2)
    }
}

fn shared_page() -> Result<Rc<SharedPage>> {
    let page =
        SharedPage::new().map_err(|error| Error::new(format!("no memory for a health check: {error}")))?;
    Ok(Rc::new(page))
}

fn program(argv: &[OsString], environment: &Environment, setup: &ChildSetup) -> Result<Program> {
    let (program, args) =
        argv.split_first().map_or_else(Default::default, |(first, rest)| (first.clone(), rest.to_vec()));
    let app = App { program, args, ..App::default() };
    let program = Program::new(&app, environment).map_err(|error| error.at("--health"))?;
    Ok(program.with_setup(setup.clone()))
}
