//! What gosu and su-exec share: switch to the user, then execute the program in
//! the same process.
//!
//! Only HOME is set. The rest of the environment, no_new_privs and the bounding
//! set stay as they are. /etc/passwd and /etc/group are followed even where they
//! give gid 0. A user spec that would keep root without saying so is rejected:
//! both originals treat `""` as root and give `4711` gid 0, and su-exec treats
//! 4294967296 as root.

use super::default_plan::default_plan;
use super::exit::Exit;
use crate::error::{Error, Result};
use crate::identity::spec::UserSpec;
use crate::identity::{self, Account};
use crate::logging;
use crate::personality::Personality;
use crate::spawn::environment::Environment;
use crate::spawn::program::Program;
use crate::sys::signals::Inherited;
use log::{Level, LevelFilter};
use nix::unistd::{geteuid, getuid};
use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::io;

/// The exit code of both programs for every failure of their own.
const FAILURE: i32 = 1;

/// Which step failed. Each program has its own messages for them.
#[derive(Debug)]
pub(super) enum Failure<'a> {
    /// Switching to the user of this spec.
    Switch(&'a OsStr, &'a Error),
    /// Preparing the command line.
    Prepare(&'a Error),
    /// Executing this program.
    Execute(&'a OsStr, &'a io::Error),
}

/// Formats a failure as one of the programs does.
pub(super) type Message = fn(&Failure<'_>) -> String;

/// Switches to the user and executes the command. Returns only on failure.
pub(super) fn run_as(user: &OsStr, command: &[OsString], inherited: Inherited, message: Message) -> Exit {
    logging::init_as(LevelFilter::Warn, log_line);
    match try_run_as(user, command, inherited, message) {
        Ok(never) => match never {},
        Err(message) => Exit::failure(FAILURE, message),
    }
}

/// Invalid lines of the user database are worth a warning.
fn log_line(_: Level, text: &str) -> String {
    format!("warning: {text}")
}

fn try_run_as(
    user: &OsStr,
    command: &[OsString],
    inherited: Inherited,
    message: Message,
) -> std::result::Result<Infallible, String> {
    let account = switch_to(user).map_err(|error| message(&Failure::Switch(user, &error)))?;
    let program = prepare(command, &account).map_err(|error| message(&Failure::Prepare(&error)))?;
    inherited.restore();
    let name = command.first().map_or(user, |name| name);
    Err(message(&Failure::Execute(name, &program.execute())))
}

fn switch_to(user: &OsStr) -> Result<Account> {
    if getuid() != geteuid() {
        return Err(Error::new(
            "this file has the setuid bit, which would give root to every user; remove it with chmod u-s",
        ));
    }
    let account = identity::find_in_files(&UserSpec::parse(&without_empty_group(user)?)?)?;
    identity::switch_user(&account)?;
    Ok(account)
}

/// `app:` means `app`.
fn without_empty_group(user: &OsStr) -> Result<String> {
    let text = user.to_str().ok_or_else(|| Error::new("it is not valid UTF-8"))?;
    let stripped = text.strip_suffix(':').filter(|user| !user.is_empty() && !user.contains(':'));
    Ok(stripped.unwrap_or(text).to_owned())
}

fn prepare(command: &[OsString], account: &Account) -> Result<Program> {
    let plan = default_plan(command, Personality::Hinit).ok_or_else(|| Error::new("no program is given"))?;
    let others = std::env::vars_os().filter(|(name, _)| name != "HOME");
    let environment: Environment = others.chain([("HOME".into(), account.home.clone())]).collect();
    Program::new(&plan.app, &environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_group_is_dropped_and_an_empty_user_is_still_rejected() {
        let spec = |text: &str| {
            UserSpec::parse(&without_empty_group(OsStr::new(text)).unwrap()).map(|spec| spec.to_string())
        };
        assert_eq!(spec("app:"), Ok("app".to_owned()));
        assert_eq!(spec("1000:"), Ok("1000".to_owned()));
        assert_eq!(spec("app:web"), Ok("app:web".to_owned()));
        for wrong in ["", ":", ":1000", "a:b:", "a::"] {
            assert!(spec(wrong).is_err(), "{wrong}");
        }
    }
}
