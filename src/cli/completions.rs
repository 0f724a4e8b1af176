//! `hinit completions SHELL`: a completion script on stdout.

use super::lab_commands::{self, SHELL};
use super::output::{fail, show};
use crate::exit_code;
use crate::lab::command::{Parsed, parse};
use clap_complete::Shell;
use std::ffi::OsString;

/// The verb: arguments in, exit code out.
pub(super) fn main(arguments: &[OsString]) -> i32 {
    match parse(lab_commands::completions(), arguments) {
        Ok(Parsed::Help(help)) => show(&help),
        Ok(Parsed::Matches(matches)) => {
            let shell = matches.get_one::<String>(SHELL).and_then(|name| name.parse().ok());
            show(&script(shell.unwrap_or(Shell::Bash)))
        }
        Err(error) => fail(&error, exit_code::NOT_HEALTHY),
    }
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut lab_commands::hinit_as_typed(), "hinit", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
