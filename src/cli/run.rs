//! `hinit run [OPTIONS] [--] PROGRAM [ARG...]`, which is also `hinit PROGRAM`.

use super::options::{Asked, Typed, list, switch, twin, unknown_variables, value};
use crate::error::{Error, Result};
use crate::identity::spec::UserSpec;
use crate::logging::{self, Format};
use crate::plan::{App, Identity, Plan, Stop};
use crate::signal::Signal;
use crate::supervisor::{self, OWN_FAILURE};
use crate::sys::signals::Inherited;
use crate::time::parse_duration;
use clap::{Arg, ArgAction, Command, value_parser};
use log::{LevelFilter, warn};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The verb: words in, exit code out.
pub fn main(words: &[OsString], inherited: Inherited) -> i32 {
    match prepare(words) {
        Ok(plan) => supervisor::run(&plan, inherited),
        Err(Asked::Help(text)) => super::show(&text),
        Err(Asked::Wrong(error)) => super::fail(&error, OWN_FAILURE),
    }
}

fn prepare(words: &[OsString]) -> std::result::Result<Plan, Asked> {
    let typed = Typed::parse(command(), words)?;
    let plan = plan(&typed).map_err(Asked::Wrong)?;
    start_logging(&typed).map_err(Asked::Wrong)?;
    warn_of_unknown_variables();
    Ok(plan)
}

fn command() -> Command {
    Command::new("hinit run")
        .about("Starts a program as PID 1: forwards signals, reaps zombies, drops to a user, probes its health.")
        .override_usage("hinit [run] [OPTIONS] [--] PROGRAM [ARG...]")
        .after_help(
            "Options end at the first word that is not one. Each long option can be set by the environment too:\n\
             --health-interval is HINIT_HEALTH_INTERVAL; a list has one value a line. A flag wins.\n\
             Durations are Docker's: 500ms, 30s, 1m30s. Exit codes: the app's own, 128+n for signal n,\n\
             125 hinit's own failure, 126 and 127 the program cannot be executed or is not found.",
        )
        .disable_version_flag(true)
        .args(options())
        .arg(
            Arg::new(PROGRAM)
                .value_parser(value_parser!(OsString))
                .num_args(1..)
                .trailing_var_arg(true)
                .value_name("PROGRAM [ARG...]")
                .help("What to start: a path, or a name to find in PATH"),
        )
}

const PROGRAM: &str = "program";

fn options() -> Vec<Arg> {
    let identity = [
        value("user", "USER[:GROUP]", "Become this user, for good, before anything is started").short('u'),
        switch("no-new-privs", "Let nobody gain privileges by setuid files; on by default after --user"),
        value("workdir", "DIR", "Start in this directory").short('w'),
        list("env", "NAME=VALUE", "Set a variable for the app; repeatable").short('e'),
    ];
    let stopping = [
        switch("group", "Signal the app's whole process group, not only the app").short('g'),
        value("stop-signal", "SIGNAL", "What the app gets when it has to stop; as it came by default"),
        value("stop-timeout", "DURATION", "Kill the app if it has not stopped by then; by default wait"),
    ];
    let logging = [
        Arg::new("verbose")
            .short('v')
            .long("verbose")
            .action(ArgAction::Count)
            .help("Say more: probes, reaped orphans"),
        switch("quiet", "Say warnings and errors only").short('q'),
        value("log-format", "FORMAT", "text or json"),
    ];
    identity.into_iter().chain(stopping).chain(logging).collect()
}

fn plan(typed: &Typed) -> Result<Plan> {
    Ok(Plan {
        app: app(typed)?,
        identity: identity(typed)?,
        stop: stop(typed)?,
        health: None,
        status_file: None,
    })
}

fn app(typed: &Typed) -> Result<App> {
    let mut words = typed.rest(PROGRAM).into_iter();
    let program = words.next().ok_or_else(|| {
        Error::new(
            "there is no program to start; write hinit [OPTIONS] PROGRAM [ARG...], or see hinit --help",
        )
    })?;
    let env =
        typed.all("env").iter().filter_map(|word| variable(&word.text).transpose()).collect::<Result<_>>()?;
    Ok(App {
        program,
        args: words.collect(),
        workdir: typed.one("workdir").map(|word| word.text.into()),
        env,
    })
}

fn identity(typed: &Typed) -> Result<Identity> {
    Ok(Identity { user: typed.given("user", UserSpec::parse)?, no_new_privs: typed.switch("no-new-privs")? })
}

/// `NAME=VALUE`; a bare `NAME` passes hinit's own on, as it is passed anyway.
fn variable(text: &OsStr) -> Result<Option<(OsString, OsString)>> {
    let bytes = text.as_bytes();
    let end = bytes.iter().position(|byte| *byte == b'=');
    let (name, value) = bytes.split_at(end.unwrap_or(bytes.len()));
    if name.is_empty() {
        let shown = text.display();
        return Err(Error::new(format!("--env: '{shown}' has no name; write NAME=VALUE")));
    }
    Ok(value.get(1..).map(|value| (OsStr::from_bytes(name).to_owned(), OsStr::from_bytes(value).to_owned())))
}

fn stop(typed: &Typed) -> Result<Stop> {
    Ok(Stop {
        group: typed.switch("group")?.unwrap_or(false),
        signal: typed.get("stop-signal", catchable)?,
        timeout: typed.get("stop-timeout", parse_duration)?,
    })
}

fn catchable(text: &str) -> Result<Signal> {
    Signal::parse(text)
}

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

fn warn_of_unknown_variables() {
    let known: Vec<String> = options().iter().filter_map(Arg::get_long).chain(["log"]).map(twin).collect();
    for (name, nearest) in unknown_variables(&known) {
        match nearest {
            Some(nearest) => warn!("no option reads {name}; did you mean {nearest}?"),
            None => warn!("no option reads {name}; see hinit run --help"),
        }
    }
}
