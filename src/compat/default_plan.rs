//! The plan of a program that was given no options.

use crate::personality::Personality;
use crate::plan::{App, Identity, Life, Plan, Stop, WaitFor};
use std::ffi::OsString;

/// Runs `command` with the defaults. `None` if there is no command.
pub(super) fn default_plan(command: &[OsString], personality: Personality) -> Option<Plan> {
    let (program, args) = command.split_first()?;
    let app = App { program: program.clone(), args: args.to_vec(), ..App::default() };
    Some(Plan {
        app,
        identity: Identity::default(),
        stop: Stop::default(),
        life: Life::default(),
        health: None,
        wait_for: WaitFor::default(),
        ready_file: None,
        status_file: None,
        personality,
    })
}
