//! What the words of `hinit run` mean: from typed text to a validated plan.

use super::PROGRAM;
use crate::cli::options::Typed;
use crate::error::{Error, Result};
use crate::identity::spec::UserSpec;
use crate::plan::{App, Identity, Life, Plan, Restart, Stop};
use crate::signal::Signal;
use crate::time::parse_duration;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The plan, or the first thing that is wrong.
///
/// # Errors
/// A value that cannot be read, by its place.
pub fn plan(typed: &Typed) -> Result<Plan> {
    Ok(Plan {
        app: app(typed)?,
        identity: identity(typed)?,
        stop: stop(typed)?,
        life: life(typed)?,
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
    let variables = typed.all("env");
    let env =
        variables.iter().filter_map(|word| word.read_bytes(variable).transpose()).collect::<Result<_>>()?;
    let workdir = typed.one("workdir").map(|word| word.text.into());
    Ok(App { program, args: words.collect(), workdir, env })
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
    Ok(Identity { user: typed.given("user", UserSpec::parse)?, no_new_privs: typed.switch("no-new-privs")? })
}

fn stop(typed: &Typed) -> Result<Stop> {
    Ok(Stop {
        group: typed.switch("group")?.unwrap_or(false),
        signal: typed.get("stop-signal", Signal::parse)?,
        timeout: typed.get("stop-timeout", parse_duration)?,
        drain: typed.get("drain", parse_duration)?.unwrap_or_default(),
        sweep: typed.get("sweep", parse_duration)?,
        rewrites: typed.all("rewrite").iter().map(|word| word.read(rewrite)).collect::<Result<_>>()?,
        parent_death: typed.get("pdeath-signal", Signal::parse)?,
    })
}

/// `TERM=QUIT`, `15=3`, `HUP=ignore`.
fn rewrite(text: &str) -> Result<(Signal, Option<Signal>)> {
    let (from, to) = text.split_once('=').ok_or_else(|| {
        Error::new(format!("'{text}' is not a rewrite; write FROM=TO, such as TERM=QUIT or HUP=ignore"))
    })?;
    let to = if to == "ignore" { None } else { Some(Signal::parse(to)?) };
    Ok((catchable(from)?, to))
}

/// A signal that can arrive: the kernel acts on KILL and STOP by itself, and
/// CHLD is hinit's own.
fn catchable(text: &str) -> Result<Signal> {
    match Signal::parse(text)? {
        signal @ (Signal::KILL | Signal::STOP | Signal::CHLD) => {
            Err(Error::new(format!("{signal} is never forwarded, so it cannot be rewritten")))
        }
        signal => Ok(signal),
    }
}

fn life(typed: &Typed) -> Result<Life> {
    Ok(Life {
        restart: typed.get("restart", restart)?.unwrap_or_default(),
        limit: typed.get("timeout", parse_duration)?.filter(|limit| !limit.is_zero()),
        ok_exit: typed.all("ok-exit").iter().map(|word| word.read(exit_code)).collect::<Result<_>>()?,
        warn_on_reap: typed.switch("warn-on-reap")?.unwrap_or(false),
    })
}

fn restart(text: &str) -> Result<Restart> {
    let (policy, most) = text.split_once(':').map_or((text, None), |(policy, most)| (policy, Some(most)));
    match (policy, most.map(str::parse)) {
        ("no", None) => Ok(Restart::No),
        ("always" | "unless-stopped", None) => Ok(Restart::Always),
        ("on-failure", None) => Ok(Restart::OnFailure { most: None }),
        ("on-failure", Some(Ok(most))) => Ok(Restart::OnFailure { most: Some(most) }),
        _ => Err(Error::new(format!(
            "'{text}' is not a restart policy; write no, on-failure, on-failure:N, always or unless-stopped"
        ))),
    }
}

fn exit_code(text: &str) -> Result<i32> {
    let code = text.parse::<u8>();
    code.map(i32::from).map_err(|_| Error::new(format!("'{text}' is not an exit code; write 0 to 255")))
}
