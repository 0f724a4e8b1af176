//! `hinit run [OPTIONS] [--] PROGRAM [ARG...]`, which is also `hinit PROGRAM`.

mod meaning;
mod words;

use super::options::{Asked, Typed};
use crate::error::{Error, Result};
use crate::logging::{self, Format};
use crate::plan::probe::words::targets;
use crate::plan::{Manner, Plan};
use crate::supervisor;
use crate::sys::signals::Inherited;
use clap::{Arg, Command, value_parser};
use log::{LevelFilter, warn};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// The verb: words in, exit code out.
pub fn main(words: &[OsString], inherited: Inherited) -> i32 {
    match prepare(words) {
        Ok(plan) => supervisor::run(&plan, inherited),
        Err(Asked::Help(text)) => super::show(&text),
        Err(Asked::Wrong(error)) => super::fail(&error, Manner::Hinit.own_failure()),
    }
}

/// Never inlined: clap's frames would stay on the stack for as long as the app
/// runs ([`crate::sys::memory`]).
#[inline(never)]
fn prepare(words: &[OsString]) -> std::result::Result<Plan, Asked> {
    let typed = typed(words)?;
    let plan = meaning::plan(&typed).map_err(Asked::Wrong)?;
    start_logging(&typed).map_err(Asked::Wrong)?;
    warn_of_unknown_variables(&typed);
    Ok(plan)
}

fn typed(words: &[OsString]) -> std::result::Result<Typed, Asked> {
    match words.first() {
        Some(first) if !first.as_bytes().starts_with(b"-") => Ok(Typed::without_options(words)),
        _ => Typed::parse(command(), words),
    }
}

fn command() -> Command {
    Command::new("hinit run")
        .about(
            "Starts a program as PID 1: forwards signals, reaps zombies, drops to a user, probes its health.",
        )
        .override_usage("hinit [run] [OPTIONS] [--] PROGRAM [ARG...]")
        .after_help(NOTES.to_owned() + &targets())
        .disable_version_flag(true)
        .args(words::options())
        .arg(
            Arg::new(PROGRAM)
                .value_parser(value_parser!(OsString))
                .num_args(1..)
                .trailing_var_arg(true)
                .value_name("PROGRAM [ARG...]")
                .help("What to start: a path, or a name to find in PATH"),
        )
}

const NOTES: &str = "\
Options end at the first word that is not one. Each long option can be set by the environment too:
--health-interval is HINIT_HEALTH_INTERVAL; a list has one value a line. A flag wins.
Durations are Docker's: 500ms, 30s, 1m30s. Exit codes: the app's own, 128+n for signal n,
125 hinit's own failure, 126 and 127 the program cannot be executed or is not found.

";
const PROGRAM: &str = "program";

fn start_logging(typed: &Typed) -> Result<()> {
    let quiet = typed.switch("quiet")?.unwrap_or(false);
    let set = typed.get("log", level)?;
    let level = match (quiet, typed.count("verbose")) {
        (true, _) => LevelFilter::Warn,
        (false, 0) => set.unwrap_or(LevelFilter::Info),
        (false, _) => LevelFilter::Debug,
    };
    logging::init(level, typed.get("log-format", format)?.unwrap_or(Format::Text));
    Ok(())
}

fn format(text: &str) -> Result<Format> {
    match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err(Error::new(format!("'{text}' is not a format; write text or json"))),
    }
}

fn level(text: &str) -> Result<LevelFilter> {
    match text {
        "error" => Ok(LevelFilter::Error),
        "warn" => Ok(LevelFilter::Warn),
        "info" => Ok(LevelFilter::Info),
        "debug" => Ok(LevelFilter::Debug),
        _ => Err(Error::new(format!("'{text}' is not a level; write error, warn, info or debug"))),
    }
}

fn warn_of_unknown_variables(typed: &Typed) {
    if !typed.has_variables() {
        return;
    }
    let options = words::options();
    let known: Vec<&str> = options.iter().filter_map(Arg::get_long).chain(["log"]).collect();
    for (name, nearest) in typed.unknown_variables(&known) {
        match nearest {
            Some(nearest) => warn!("no option reads {name}; did you mean {nearest}?"),
            None => warn!("no option reads {name}; see hinit run --help"),
        }
    }
}
