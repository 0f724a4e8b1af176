//! From the arguments of `hinit run` to a validated plan.
//!
//! Of the system only an `--env-file` is read: its variables are in the app's
//! environment, from which `${PORT}` in a check is expanded.

use super::options;
use crate::cli::args::{ArgValue, ParsedArgs};
use crate::error::{Error, Result};
use crate::identity::capability::{Choice, Set};
use crate::identity::spec::UserSpec;
use crate::limits::oom_score;
use crate::limits::rlimit::Limit;
use crate::limits::umask::Umask;
use crate::options::OptionName;
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

/// The plan, or the first error.
///
/// # Errors
/// An invalid value, by the option or variable that has it.
pub(super) fn build_plan(args: &ParsedArgs) -> Result<Plan> {
    let variables = variables(args)?;
    Ok(Plan {
        app: app(args, &variables)?,
        identity: identity(args)?,
        stop: stop(args)?,
        life: life(args)?,
        health: health(args, &variables)?,
        wait_for: wait_for(args, &variables)?,
        ready_file: args.path(options::READY_FILE)?,
        status_file: args.path(options::STATUS_FILE)?,
        personality: Personality::Hinit,
    })
}

fn app(args: &ParsedArgs, variables: &Variables) -> Result<App> {
    let mut arguments = args.rest().iter().cloned();
    let program = arguments.next().ok_or_else(|| {
        Error::new(
            "there is no program to start; write hinit [OPTIONS] PROGRAM [ARG...], or see hinit --help",
        )
    })?;
    Ok(App {
        program,
        args: arguments.collect(),
        workdir: args.path(options::WORKDIR)?,
        env: variables.clone(),
        limits: limits(args)?,
        umask: args.get(options::UMASK, Umask::parse)?,
        oom_score_adj: args.get(options::OOM_SCORE_ADJ, oom_score::parse)?,
        isolation: Isolation::Group,
    })
}

fn limits(args: &ParsedArgs) -> Result<Vec<Limit>> {
    let all =
        args.all(options::ULIMIT).iter().map(|value| value.read(Limit::parse)).collect::<Result<_>>()?;
    Ok(Limit::last_of_each(all))
}

/// What is set on top of hinit's own environment; the last one of a name counts.
fn variables(args: &ParsedArgs) -> Result<Variables> {
    let mut variables = Variables::new();
    for value in args.all(options::ENV_FILE) {
        variables.extend(env_file::read(&value.path()?)?);
    }
    for value in args.all(options::ENV) {
        variables.extend(value.read_bytes(variable)?);
    }
    Ok(variables)
}

/// `NAME=VALUE`; a bare `NAME` passes on hinit's own variable, which it does anyway.
fn variable(text: &OsStr) -> Result<Option<(OsString, OsString)>> {
    let bytes = text.as_bytes();
    let end = bytes.iter().position(|byte| *byte == b'=');
    let (name, value) = bytes.split_at(end.unwrap_or(bytes.len()));
    if name.is_empty() {
        return Err(Error::new(format!("'{}' has no name; write NAME=VALUE", text.display())));
    }
    Ok(value.get(1..).map(|value| (OsStr::from_bytes(name).to_owned(), OsStr::from_bytes(value).to_owned())))
}

fn identity(args: &ParsedArgs) -> Result<Identity> {
    let user = args.get_not_empty(options::USER, UserSpec::parse)?;
    let chown = args.all(options::CHOWN).iter().map(ArgValue::path).collect::<Result<Vec<_>>>()?;
    if user.is_none() && !chown.is_empty() {
        return Err(Error::new("--chown needs --user, the new owner; add --user USER"));
    }
    let capabilities =
        Choice { add: capabilities(args, options::CAP_ADD)?, drop: capabilities(args, options::CAP_DROP)? };
    Ok(Identity { user, no_new_privs: args.switch(options::NO_NEW_PRIVS)?, capabilities, chown })
}

fn capabilities(args: &ParsedArgs, name: OptionName) -> Result<Set> {
    args.all(name).iter().map(|value| value.read(Set::parse)).try_fold(Set::NONE, |all, one| Ok(all | one?))
}

fn stop(args: &ParsedArgs) -> Result<Stop> {
    Ok(Stop {
        group: args.switch(options::GROUP)?.unwrap_or(false),
        signal: args.get(options::STOP_SIGNAL, Signal::parse)?,
        timeout: args.get(options::STOP_TIMEOUT, parse_duration)?,
        drain: args.get(options::DRAIN, parse_duration)?.unwrap_or_default(),
        sweep: args.get(options::SWEEP, parse_duration)?,
        rewrites: args
            .all(options::REWRITE)
            .iter()
            .map(|value| value.read(parse::rewrite))
            .collect::<Result<_>>()?,
        parent_death: args.get(options::PDEATH_SIGNAL, Signal::parse)?,
        group_exit_signal: None,
        stops_with_app: false,
    })
}

/// The probes and their timing; none if nothing is probed.
fn health(args: &ParsedArgs, variables: &Variables) -> Result<Option<Health>> {
    let mut probes = probes(args, options::HEALTH_TARGET, variables)?;
    probes.extend(args.get(options::HEALTH_CMD, Probe::from_command)?);
    let timing = timing(args)?;
    let is_disabled = args.switch(options::NO_HEALTHCHECK)?.unwrap_or(false);
    let acts =
        args.get(options::HEALTH_ON_FAILURE, on_failure)?.is_some_and(|action| action != OnFailure::None);
    if acts && probes.is_empty() && !is_disabled {
        require_other(
            args,
            options::HEALTH_ON_FAILURE,
            "--health or --health-cmd too (a HEALTHCHECK of the image is run by Docker, not by hinit)",
        )?;
    }
    let off = probes.is_empty() || is_disabled;
    Ok((!off).then_some(Health { probes, timing }))
}

/// Rejects a flag that has no effect without another one. A variable is accepted:
/// it may be an image's default for when the other one is given.
fn require_other(args: &ParsedArgs, flag: OptionName, other: &str) -> Result<()> {
    if args.is_flag_given(flag) {
        return Err(Error::new(format!("--{flag} has no effect alone; write {other}")));
    }
    Ok(())
}

/// `${PORT}` is expanded from the app's environment.
fn probes(args: &ParsedArgs, option: OptionName, set: &Variables) -> Result<Vec<Probe>> {
    let lookup = |name: &str| {
        let own = set.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        own.or_else(|| std::env::var_os(name))?.into_string().ok()
    };
    args.all(option).iter().map(|value| value.read(|text| Probe::from_text(text, &lookup))).collect()
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

fn wait_for(args: &ParsedArgs, variables: &Variables) -> Result<WaitFor> {
    let limit = args.get(options::WAIT_TIMEOUT, parse_duration)?.filter(|limit| !limit.is_zero());
    let probes = probes(args, options::WAIT_FOR, variables)?;
    if probes.is_empty() {
        require_other(args, options::WAIT_TIMEOUT, "--wait-for TARGET too")?;
    }
    if probes.iter().any(|probe| matches!(probe.target, Target::Notify(_))) {
        return Err(Error::new(
            "--wait-for: notify: comes from the app itself, which is not started yet; write --health notify:",
        ));
    }
    Ok(WaitFor { probes, limit })
}

/// As in Docker, 0 means the default.
fn timing(args: &ParsedArgs) -> Result<Timing> {
    let default = Timing::default();
    let time =
        |name, default| Ok(args.get(name, interval)?.filter(|time| !time.is_zero()).unwrap_or(default));
    Ok(Timing {
        interval: time(options::HEALTH_INTERVAL, default.interval)?,
        timeout: time(options::HEALTH_TIMEOUT, default.timeout)?,
        start_period: time(options::HEALTH_START_PERIOD, default.start_period)?,
        start_interval: time(options::HEALTH_START_INTERVAL, default.start_interval)?,
        retries: args
            .get(options::HEALTH_RETRIES, retries)?
            .filter(|most| *most > 0)
            .unwrap_or(default.retries),
    })
}

/// Docker's smallest duration above 0 is a millisecond.
fn interval(text: &str) -> Result<Duration> {
    let time = parse_duration(text)?;
    if !time.is_zero() && time < Duration::from_millis(1) {
        return Err(Error::new(format!("'{text}' is too short; write 1ms or more, or 0 for the default")));
    }
    Ok(time)
}

fn retries(text: &str) -> Result<u32> {
    text.parse().map_err(|_| {
        Error::new(format!("'{text}' is not a number of failures; write 1 or more, or 0 for the default"))
    })
}

fn life(args: &ParsedArgs) -> Result<Life> {
    Ok(Life {
        restart: args.get(options::RESTART, parse::restart)?.unwrap_or_default(),
        limit: args.get(options::TIMEOUT, parse_duration)?.filter(|limit| !limit.is_zero()),
        ok_exit: args
            .all(options::OK_EXIT)
            .iter()
            .map(|value| value.read(parse::exit_code))
            .collect::<Result<_>>()?,
        on_failure: args.get(options::HEALTH_ON_FAILURE, on_failure)?.unwrap_or_default(),
        warn_on_reap: args.switch(options::WARN_ON_REAP)?.unwrap_or(false),
    })
}
