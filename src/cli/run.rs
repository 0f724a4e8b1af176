//! `hinit run [OPTIONS] [--] PROGRAM [ARG...]`, which is also `hinit PROGRAM`.

mod build_plan;
mod options;
#[cfg(test)]
mod tests;

use super::args::ParsedArgs;
use super::{output, status};
use crate::error::{Error, Result};
use crate::logging::{self, Format};
use crate::options::{Help, OptionName, Rest};
use crate::personality::Personality;
use crate::plan::Plan;
use crate::plan::probe::options::targets;
use crate::supervisor;
use crate::sys::signals::Inherited;
use log::{LevelFilter, warn};
use std::ffi::OsString;

/// The verb: arguments in, exit code out.
pub(super) fn main(arguments: &[OsString], inherited: Inherited) -> i32 {
    match prepare(arguments) {
        Ok(Some(plan)) => supervisor::run(plan, inherited),
        Ok(None) => output::show(&HELP.to_string()),
        Err(error) => {
            output::fail(&error, error.exit_code().unwrap_or_else(|| Personality::Hinit.own_failure()))
        }
    }
}

/// The plan; none if help is requested. Never inlined: these frames would stay
/// on the stack for as long as the app runs ([`crate::sys::memory`]).
#[inline(never)]
fn prepare(arguments: &[OsString]) -> Result<Option<Plan>> {
    let args = ParsedArgs::parse(options::OPTIONS, Rest::Program, arguments)
        .inspect_err(|_| logging::init(LevelFilter::Info, format_of_unparsed(arguments)))?;
    if args.is_flag_given(options::HELP) {
        return Ok(None);
    }
    // First, so that every later error is in the format of the log.
    let format = log_format(&args)?;
    let level = log_level(&args).inspect_err(|_| logging::init(LevelFilter::Info, format))?;
    logging::init(level, format);
    let plan = build_plan::build_plan(&args)?;
    warn_of_unknown_variables(&args);
    Ok(Some(plan))
}

/// Its command line.
pub(super) const HELP: Help = Help {
    about: "\
Start a program as PID 1: forward signals, reap zombies, drop to a user, probe its health.",
    usage: "hinit [run] [OPTIONS] [--] PROGRAM [ARG...]",
    options: options::OPTIONS,
    notes: || NOTES.to_owned() + &targets(),
};

const NOTES: &str = "
An option that ends in ... may be repeated. Options end at the first argument that is not one.
Every long option can be set by an environment variable too: --health-interval is
HINIT_HEALTH_INTERVAL; a list has one value per line. A flag overrides its variable. HINIT_LOG is
error, warn, info or debug (default info). Durations are Docker's: 500ms, 30s, 1m30s.

Exit codes: the app's own; 128+n if signal n ended it; 69 stopped as unhealthy; 124 time limit
reached; 125 failure of hinit itself; 126 program not executable; 127 program not found.

";

/// The level has a variable, and the flags --verbose and --quiet.
const LOG: OptionName = OptionName::of_variable("log");

fn log_level(args: &ParsedArgs) -> Result<LevelFilter> {
    let set = args.get(LOG, level)?;
    Ok(match (args.is_flag_given(options::QUIET), args.is_flag_given(options::VERBOSE)) {
        // A flag overrides the environment, and so the other one's twin too.
        (false, true) => LevelFilter::Debug,
        _ if args.switch(options::QUIET)?.unwrap_or(false) => LevelFilter::Warn,
        (_, true) => LevelFilter::Debug,
        _ if args.switch(options::VERBOSE)?.unwrap_or(false) => LevelFilter::Debug,
        _ => set.unwrap_or(LevelFilter::Info),
    })
}

fn log_format(args: &ParsedArgs) -> Result<Format> {
    Ok(args.get(options::LOG_FORMAT, format)?.unwrap_or(Format::Text))
}

/// The format for the error about arguments that cannot be parsed: the one that
/// they or the environment name all the same.
fn format_of_unparsed(arguments: &[OsString]) -> Format {
    let name = format!("--{}", options::LOG_FORMAT);
    let is_it = |argument: &OsString| argument.to_string_lossy().split('=').next() == Some(&name);
    let own: Vec<OsString> = arguments.iter().take_while(|argument| *argument != "--").cloned().collect();
    let start = own.iter().position(is_it).unwrap_or(own.len());
    let length = if own.get(start).is_some_and(|first| *first == *name) { 2 } else { 1 };
    let given: Vec<OsString> = own.into_iter().skip(start).take(length).collect();
    let args = ParsedArgs::parse(options::OPTIONS, Rest::Program, &given);
    args.and_then(|args| log_format(&args)).unwrap_or(Format::Text)
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

fn warn_of_unknown_variables(args: &ParsedArgs) {
    if !args.has_variables() {
        return;
    }
    let options = options::OPTIONS.definitions().map(|option| option.name);
    // The last ones are for `hinit status`, in the same environment.
    let known = options.filter(|name| *name != options::HELP.text()).chain([LOG.text(), status::JSON.text()]);
    for (name, nearest) in args.unknown_variables(known) {
        match nearest {
            Some(nearest) => warn!("no option reads {name}; did you mean {nearest}?"),
            None => warn!("no option reads {name}; see hinit run --help"),
        }
    }
}
