//! hinit's own command line: one file a verb, each yields a plan.

mod args;
#[cfg(feature = "lab")]
mod completions;
#[cfg(feature = "lab")]
mod explain;
mod flavour;
#[cfg(feature = "lab")]
mod lab_commands;
#[cfg(feature = "lab")]
mod man;
mod output;
mod overview;
mod probe;
mod run;
mod status;

use crate::compat;
use crate::exit_code;
use crate::spawn::socket_activation;
use crate::sys::process;
use crate::sys::start::Start;
use crate::text::nearest;
use log::info;
use output::show;
use std::ffi::OsString;
use std::os::fd::RawFd;

/// As PID 1, what nobody declared is a leak of the engine (CVE-2024-21626).
/// Another init passes it on, as a script may have opened it for the app; so
/// does an ordinary process, which is part of somebody's pipeline.
pub fn first_leaked_descriptor(args: &[OsString]) -> Option<RawFd> {
    let is_own_pid1 = process::own_pid() == 1 && compat::program(args).is_none();
    is_own_pid1.then(socket_activation::first_undeclared)
}

/// The whole program: arguments in, exit code out.
pub fn main(start: &Start) -> i32 {
    if let Some(program) = compat::program(&start.args) {
        return program(start);
    }
    let arguments = start.args.get(1..).unwrap_or_default();
    let verb = arguments.first().and_then(|argument| argument.to_str()).unwrap_or_default();
    let rest = arguments.get(1..).unwrap_or_default();
    match verb {
        "run" => run::main(rest, start.inherited),
        "probe" => probe::main(rest, start.inherited),
        "status" => {
            start.inherited.restore();
            status::main(rest)
        }
        "help" | "--help" | "-h" => show(&overview::text()),
        "--version" | "-V" | "version" => show(flavour::VERSION),
        "test" | "doctor" => output::fail(&flavour::not_yet(verb), exit_code::OWN_FAILURE),
        _ => lab_verb(verb, rest).unwrap_or_else(|| start_program(arguments, verb, start)),
    }
}

const VERBS: [&str; 7] = ["run", "probe", "status", "explain", "completions", "man", "version"];

/// A mistyped verb is taken for a program, which is then not found.
fn start_program(arguments: &[OsString], first: &str, start: &Start) -> i32 {
    let code = run::main(arguments, start.inherited);
    if code == exit_code::NOT_FOUND
        && let Some(verb) = nearest(first, VERBS.into_iter())
    {
        info!("did you mean 'hinit {verb}'?");
    }
    code
}

#[cfg(feature = "lab")]
fn lab_verb(verb: &str, arguments: &[OsString]) -> Option<i32> {
    match verb {
        "explain" => Some(explain::main(arguments)),
        "completions" => Some(completions::main(arguments)),
        "man" => Some(man::main(arguments)),
        _ => None,
    }
}

/// The verbs of the lab are reserved in every hinit: a command line must not
/// start a program in one flavour and be a verb in another.
#[cfg(not(feature = "lab"))]
fn lab_verb(verb: &str, _arguments: &[OsString]) -> Option<i32> {
    let is_reserved = matches!(verb, "explain" | "completions" | "man");
    is_reserved.then(|| output::fail(&flavour::lacks(verb), exit_code::NOT_HEALTHY))
}
