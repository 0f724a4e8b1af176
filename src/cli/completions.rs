//! `hinit completions SHELL`: a completion script on stdout.

use super::lab_commands::{self, SHELL};
use super::output::{fail, show};
use crate::exit_code;
use crate::lab::command::{Parsed, parse};
use clap::Command;
use clap::builder::PossibleValue;
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
    let mut hinit = lab_commands::hinit_as_typed();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut hinit, "hinit", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Fish { script + &fish_positionals(&hinit) } else { script }
}

/// The values of positional arguments, which clap's script for fish lacks.
fn fish_positionals(hinit: &Command) -> String {
    let lines = hinit.get_subcommands().flat_map(|verb| {
        verb.get_positionals().filter_map(|argument| {
            let values = argument.get_possible_values();
            let values: Vec<_> = values.iter().map(PossibleValue::get_name).collect();
            let (verb, values) = (verb.get_name(), values.join(" "));
            let line =
                format!("complete -c hinit -n \"__fish_hinit_using_subcommand {verb}\" -f -a \"{values}\"\n");
            (!values.is_empty()).then_some(line)
        })
    });
    lines.collect()
}
