//! `hinit run [OPTIONS] [--] PROGRAM [ARG...]`, which is also `hinit PROGRAM`.

mod meaning;
mod words;

use super::options::Typed;
use crate::error::{Error, Result};
use crate::logging::{self, Format};
use crate::options::Rest;
use crate::personality::Personality;
use crate::plan::Plan;
use crate::plan::probe::options::targets;
use crate::supervisor;
use crate::sys::signals::Inherited;
use log::{LevelFilter, warn};
use std::ffi::OsString;

/// The verb: words in, exit code out.
pub fn main(words: &[OsString], inherited: Inherited) -> i32 {
    match prepare(words) {
        Ok(Some(plan)) => supervisor::run(plan, inherited),
        Ok(None) => super::show(&help()),
        Err(error) => super::fail(&error, Personality::Hinit.own_failure()),
    }
}

/// The plan; none if help is asked for. Never inlined: these frames would stay
/// on the stack for as long as the app runs ([`crate::sys::memory`]).
#[inline(never)]
fn prepare(words: &[OsString]) -> Result<Option<Plan>> {
    let typed = Typed::parse(words::OPTIONS, Rest::Program, words)?;
    if typed.asks_for_help() {
        return Ok(None);
    }
    let plan = meaning::plan(&typed)?;
    start_logging(&typed)?;
    warn_of_unknown_variables(&typed);
    Ok(Some(plan))
}

fn help() -> String {
    let mut text = USAGE.to_owned();
    text.extend(words::OPTIONS.0.iter().copied());
    text + NOTES + &targets()
}

const USAGE: &str = "\
Starts a program as PID 1: forwards signals, reaps zombies, drops to a user, probes its health.

Usage: hinit [run] [OPTIONS] [--] PROGRAM [ARG...]
";

const NOTES: &str = "
An option that ends in ... may be repeated. Options end at the first word that is not one. Each
long option can be set by the environment too: --health-interval is HINIT_HEALTH_INTERVAL; a list
has one value a line. A flag wins. HINIT_LOG is error, warn, info or debug. Durations are Docker's:
500ms, 30s, 1m30s. Exit codes: the app's own, 128+n for signal n, 69 it was unhealthy, 124 a time
limit passed, 125 hinit's own failure, 126 and 127 the program cannot be executed or is not found.

";

fn start_logging(typed: &Typed) -> Result<()> {
    let set = typed.get("log", level)?;
    let level = match (typed.is_typed("quiet"), typed.is_typed("verbose")) {
        // A flag wins over the environment, and so over the other one's twin.
        (false, true) => LevelFilter::Debug,
        _ if typed.switch("quiet")?.unwrap_or(false) => LevelFilter::Warn,
        (_, true) => LevelFilter::Debug,
        _ if typed.switch("verbose")?.unwrap_or(false) => LevelFilter::Debug,
        _ => set.unwrap_or(LevelFilter::Info),
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
    let options = words::OPTIONS.definitions().map(|option| option.name);
    // The last one is for `hinit status`, in the same environment.
    let known = options.filter(|name| *name != "help").chain(["log", "json"]);
    for (name, nearest) in typed.unknown_variables(known) {
        match nearest {
            Some(nearest) => warn!("no option reads {name}; did you mean {nearest}?"),
            None => warn!("no option reads {name}; see hinit run --help"),
        }
    }
}
