//! What the words of `hinit run` mean: from typed text to a validated plan.
//!
//! Nothing but an `--env-file` is looked at: its variables are the app's
//! environment, which a `${PORT}` in a check is expanded from.

use crate::cli::options::{Typed, Word};
use crate::error::{Error, Result};
use crate::identity::capability::{Choice, Set};
use crate::identity::spec::UserSpec;
use crate::limits::oom_score;
use crate::limits::rlimit::Limit;
use crate::limits::umask::Umask;
use crate::personality::Personality;
use crate::plan::probe::{Probe, Target};
use crate::plan::{App, Health, Identity, Isolation, Life, OnFailure, Plan, Stop, Timing, WaitFor, parse};
use crate::setup::env_file;
use crate::signal::Signal;
use crate::time::parse_duration;
use env_file::Variables;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

/// The plan, or the first thing that is wrong.
///
/// # Errors
/// A value that cannot be read, by its place.
pub fn plan(typed: &Typed) -> Result<Plan> {
    let variables = variables(typed)?;
    Ok(Plan {
        app: app(typed, &variables)?,
        identity: identity(typed)?,
        stop: stop(typed)?,
        life: life(typed)?,
        health: health(typed, &variables)?,
        wait_for: wait_for(typed, &variables)?,
        ready_file: typed.path("ready-file")?,
        status_file: typed.path("status-file")?,
        personality: Personality::Hinit,
    })
}

fn app(typed: &Typed, variables: &Variables) -> Result<App> {
    let mut words = typed.rest().iter().cloned();
    let program = words.next().ok_or_else(|| {
        Error::new(
            "there is no program to start; write hinit [OPTIONS] PROGRAM [ARG...], or see hinit --help",
        )
    })?;
    Ok(App {
        program,
        args: words.collect(),
        workdir: typed.path("workdir")?,
        env: variables.clone(),
        limits: limits(typed)?,
        umask: typed.get("umask", Umask::parse)?,
        oom_score_adj: typed.get("oom-score-adj", oom_score::parse)?,
        isolation: Isolation::Group,
    })
}

fn limits(typed: &Typed) -> Result<Vec<Limit>> {
    let all = typed.all("ulimit").iter().map(|word| word.read(Limit::parse)).collect::<Result<_>>()?;
    Ok(Limit::last_of_each(all))
}

/// What is set on top of hinit's own environment; the last one of a name counts.
fn variables(typed: &Typed) -> Result<Variables> {
    let mut variables = Variables::new();
    for word in typed.all("env-file") {
        variables.extend(env_file::read(&word.path()?)?);
    }
    for word in typed.all("env") {
        variables.extend(word.read_bytes(variable)?);
    }
    Ok(variables)
}

/// `NAME=VALUE`; a bare `NAME` passes hinit's own on, as it is passed anyway.
fn variable(text: &OsStr) -> Result<Option<(OsString, OsString)>> {
    let bytes = text.as_bytes();
    let end = bytes.iter().position(|byte| *byte == b'=');
    let (name, value) = bytes.split_at(end.unwrap_or(bytes.len()));
    if name.is_empty() {
        return Err(Error::new(format!("'{}' has no name; write NAME=VALUE", text.display())));
    }
    Ok(value.get(1..).map(|value| (OsStr::from_bytes(name).to_owned(), OsStr::from_bytes(value).to_owned())))
}

fn identity(typed: &Typed) -> Result<Identity> {
    let user = typed.given("user", UserSpec::parse)?;
    let chown = typed.all("chown").iter().map(Word::path).collect::<Result<Vec<_>>>()?;
    if user.is_none() && !chown.is_empty() {
        return Err(Error::new("--chown needs somebody to give it to; write --user USER too"));
    }
    let capabilities =
        Choice { add: capabilities(typed, "cap-add")?, drop: capabilities(typed, "cap-drop")? };
    Ok(Identity { user, no_new_privs: typed.switch("no-new-privs")?, capabilities, chown })
}

fn capabilities(typed: &Typed, name: &str) -> Result<Set> {
    typed.all(name).iter().map(|word| word.read(Set::parse)).try_fold(Set::NONE, |all, one| Ok(all | one?))
}

fn stop(typed: &Typed) -> Result<Stop> {
    Ok(Stop {
        group: typed.switch("group")?.unwrap_or(false),
        signal: typed.get("stop-signal", Signal::parse)?,
        timeout: typed.get("stop-timeout", parse_duration)?,
        drain: typed.get("drain", parse_duration)?.unwrap_or_default(),
        sweep: typed.get("sweep", parse_duration)?,
        rewrites: typed.all("rewrite").iter().map(|word| word.read(parse::rewrite)).collect::<Result<_>>()?,
        parent_death: typed.get("pdeath-signal", Signal::parse)?,
        group_exit_signal: None,
        stops_with_app: false,
    })
}

/// Every probe and when to look; none if nothing is to be probed.
fn health(typed: &Typed, variables: &Variables) -> Result<Option<Health>> {
    let mut probes = probes(typed, "health", variables)?;
    probes.extend(typed.get("health-cmd", Probe::from_command)?);
    let timing = timing(typed)?;
    let is_unwanted = typed.switch("no-healthcheck")?.unwrap_or(false);
    let acts = typed.get("health-on-failure", on_failure)?.is_some_and(|action| action != OnFailure::None);
    if acts && probes.is_empty() && !is_unwanted {
        demand(
            typed,
            "health-on-failure",
            "--health or --health-cmd too (an image's HEALTHCHECK is Docker's)",
        )?;
    }
    let off = probes.is_empty() || is_unwanted;
    Ok((!off).then_some(Health { probes, timing }))
}

/// A flag that says nothing without another one is a mistake. A variable is not:
/// it may be an image's default for whoever writes the other one.
fn demand(typed: &Typed, flag: &str, other: &str) -> Result<()> {
    if typed.is_typed(flag) {
        return Err(Error::new(format!("--{flag} does nothing alone; write {other}")));
    }
    Ok(())
}

/// `${PORT}` is what the app will find there.
fn probes(typed: &Typed, option: &str, set: &Variables) -> Result<Vec<Probe>> {
    let lookup = |name: &str| {
        let own = set.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        own.or_else(|| std::env::var_os(name))?.into_string().ok()
    };
    typed.all(option).iter().map(|word| word.read(|text| Probe::from_text(text, &lookup))).collect()
}

fn on_failure(text: &str) -> Result<OnFailure> {
    match text {
        "none" => Ok(OnFailure::None),
        "stop" => Ok(OnFailure::Stop),
        "restart" => Ok(OnFailure::Restart),
        "kill" => Ok(OnFailure::Kill),
        _ => Err(Error::new(format!("'{text}' is not an action; write none, stop, restart or kill"))),
    }
}

fn wait_for(typed: &Typed, variables: &Variables) -> Result<WaitFor> {
    let limit = typed.get("wait-timeout", parse_duration)?.filter(|limit| !limit.is_zero());
    let probes = probes(typed, "wait-for", variables)?;
    if probes.is_empty() {
        demand(typed, "wait-timeout", "--wait-for TARGET too")?;
    }
    if probes.iter().any(|probe| matches!(probe.target, Target::Notify(_))) {
        return Err(Error::new(
            "--wait-for: notify: is what the app itself says; write it as --health notify:",
        ));
    }
    Ok(WaitFor { probes, limit })
}

/// As in Docker, 0 means the default.
fn timing(typed: &Typed) -> Result<Timing> {
    let default = Timing::default();
    let time =
        |name, default| Ok(typed.get(name, interval)?.filter(|time| !time.is_zero()).unwrap_or(default));
    Ok(Timing {
        interval: time("health-interval", default.interval)?,
        timeout: time("health-timeout", default.timeout)?,
        start_period: time("health-start-period", default.start_period)?,
        start_interval: time("health-start-interval", default.start_interval)?,
        retries: typed.get("health-retries", retries)?.filter(|most| *most > 0).unwrap_or(default.retries),
    })
}

/// Docker's smallest duration but 0 is a millisecond.
fn interval(text: &str) -> Result<Duration> {
    let time = parse_duration(text)?;
    if !time.is_zero() && time < Duration::from_millis(1) {
        return Err(Error::new(format!("'{text}' is too short; write 1ms or more, or 0 for the default")));
    }
    Ok(time)
}

fn retries(text: &str) -> Result<u32> {
    text.parse().map_err(|_| Error::new(format!("'{text}' is not a number of failures; write 1 or more")))
}

fn life(typed: &Typed) -> Result<Life> {
    Ok(Life {
        restart: typed.get("restart", parse::restart)?.unwrap_or_default(),
        limit: typed.get("timeout", parse_duration)?.filter(|limit| !limit.is_zero()),
        ok_exit: typed
            .all("ok-exit")
            .iter()
            .map(|word| word.read(parse::exit_code))
            .collect::<Result<_>>()?,
        on_failure: typed.get("health-on-failure", on_failure)?.unwrap_or_default(),
        warn_on_reap: typed.switch("warn-on-reap")?.unwrap_or(false),
    })
}
