//! PID 1: the pure machine, and the loop that feeds and obeys it.

pub mod machine;
pub mod runtime;
pub mod spawn;
mod words;

use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::sys::process;
use crate::sys::signals::Inherited;
use log::{error, info, warn};
use runtime::Runtime;
use spawn::{Environment, Program};
use std::ffi::OsString;

/// hinit's own failure (DESIGN section 4), as in `docker run`.
pub const OWN_FAILURE: i32 = 125;

/// Carries out a plan and returns the exit code.
///
/// A failure before the app is started is one line on stderr.
pub fn run(plan: &Plan, inherited: Inherited) -> i32 {
    start(plan, inherited).unwrap_or_else(|error| {
        error!("{error}");
        OWN_FAILURE
    })
}

fn start(plan: &Plan, inherited: Inherited) -> Result<i32> {
    enter_workdir(plan)?;
    adopt_orphans();
    let program = Program::new(&plan.app, &environment(plan))?;
    let mut runtime = Runtime::open(&plan.stop)?;
    match runtime.start(&program, inherited) {
        Ok(pid) => info!("started {} (pid {pid})", plan.app.program.display()),
        Err(refusal) => {
            error!("{}", refusal.error);
            return Ok(refusal.code);
        }
    }
    runtime.run()
}

/// After the drop, so that the directory is one the user may enter.
fn enter_workdir(plan: &Plan) -> Result<()> {
    let Some(directory) = &plan.app.workdir else { return Ok(()) };
    std::env::set_current_dir(directory).map_err(|error| {
        let shown = directory.display();
        Error::new(format!(
            "--workdir {shown}: {error}; write a directory that exists and that the user may enter"
        ))
    })
}

fn adopt_orphans() {
    if process::own_pid() != 1
        && let Err(error) = process::become_subreaper()
    {
        warn!("orphans of the app will not be reaped, not being PID 1: {error}");
    }
}

/// hinit's own environment with the plan's on top.
fn environment(plan: &Plan) -> Environment {
    let mut environment: Environment = std::env::vars_os().collect();
    for (name, value) in &plan.app.env {
        set(&mut environment, name, value);
    }
    environment
}

fn set(environment: &mut Environment, name: &OsString, value: &OsString) {
    environment.retain(|(known, _)| known != name);
    environment.push((name.clone(), value.clone()));
}
