//! `su-exec USER[:GROUP] PROGRAM [ARG...]`, and what it shares with gosu: to
//! become the user, and then the program in the same process.
//!
//! Only HOME is set; the rest of the environment, no_new_privs and the bounding
//! set stay as they are. What /etc/passwd and /etc/group say is done, be it gid
//! 0. A spec that leaves somebody root without any of them saying so is refused
//! (both originals take `""` for root and `4711` for gid 0, su-exec takes
//! 4294967296 for root).

use super::{Answer, called, plan, words};
use crate::error::{Error, Result};
use crate::identity::spec::UserSpec;
use crate::identity::{self, Account};
use crate::logging;
use crate::personality::Personality;
use crate::spawn::environment::Environment;
use crate::spawn::program::Program;
use crate::sys::signals::Inherited;
use crate::sys::start::Start;
use crate::text::system_message;
use log::{Level, LevelFilter};
use nix::unistd::{geteuid, getuid};
use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::io;

/// su-exec: words in; an exit code only if the program could not be started.
pub fn main(start: &Start) -> i32 {
    match words(start).split_first() {
        Some((user, command)) if !command.is_empty() => {
            switch_to(user, command, start.inherited, says).give()
        }
        // su-exec takes this for a question, and not for a mistake.
        _ => Answer::told(format!("Usage: {} user-spec command [args]\n", called(start))).give(),
    }
}

/// What went wrong, where, for each program's own words.
#[derive(Debug)]
pub enum Step<'a> {
    /// Becoming the user of this spec.
    Switch(&'a OsStr, &'a Error),
    /// Making the command line ready.
    Prepare(&'a Error),
    /// Becoming this program.
    Execute(&'a OsStr, &'a io::Error),
}

/// su-exec's words for what went wrong.
fn says(step: &Step<'_>) -> String {
    match step {
        Step::Switch(user, error) => format!("su-exec: {}: {error}\n", user.display()),
        Step::Prepare(error) => format!("su-exec: {error}\n"),
        Step::Execute(program, error) => {
            format!("su-exec: {}: {}\n", program.display(), system_message(error))
        }
    }
}

/// Becomes the user, and then the program. Comes back only if that failed.
pub fn switch_to(
    user: &OsStr,
    command: &[OsString],
    inherited: Inherited,
    says: fn(&Step<'_>) -> String,
) -> Answer {
    logging::init_as(LevelFilter::Warn, line);
    match attempt(user, command, inherited, says) {
        Ok(never) => match never {},
        Err(said) => Answer::wrong(said),
    }
}

/// Lines of the user database that nobody can read are told.
fn line(_: Level, text: &str) -> String {
    format!("warning: {text}")
}

fn attempt(
    user: &OsStr,
    command: &[OsString],
    inherited: Inherited,
    says: fn(&Step<'_>) -> String,
) -> std::result::Result<Infallible, String> {
    let account = switch(user).map_err(|error| says(&Step::Switch(user, &error)))?;
    let program = prepare(command, &account).map_err(|error| says(&Step::Prepare(&error)))?;
    inherited.restore();
    Err(says(&Step::Execute(command.first().map_or(user, |name| name), &program.execute())))
}

fn switch(user: &OsStr) -> Result<Account> {
    if getuid() != geteuid() {
        return Err(Error::new(
            "this file has the setuid bit, which would make everybody root; take it away (chmod u-s)",
        ));
    }
    let account = identity::find_in_files(&UserSpec::parse(&lenient(user)?)?)?;
    identity::switch_user(&account)?;
    Ok(account)
}

/// The spec, in which an empty group is no group.
fn lenient(user: &OsStr) -> Result<String> {
    let text = user.to_str().ok_or_else(|| Error::new("it is not UTF-8 text"))?;
    let without_group = text.strip_suffix(':').filter(|user| !user.is_empty() && !user.contains(':'));
    Ok(without_group.unwrap_or(text).to_owned())
}

fn prepare(command: &[OsString], account: &Account) -> Result<Program> {
    let plan = plan(command, Personality::Hinit).ok_or_else(|| Error::new("there is no program to start"))?;
    let others = std::env::vars_os().filter(|(name, _)| name != "HOME");
    let environment: Environment = others.chain([("HOME".into(), account.home.clone())]).collect();
    Program::new(&plan.app, &environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_group_is_no_group_and_an_empty_user_is_still_wrong() {
        let spec =
            |text: &str| UserSpec::parse(&lenient(OsStr::new(text)).unwrap()).map(|spec| spec.to_string());
        assert_eq!(spec("app:"), Ok("app".to_owned()));
        assert_eq!(spec("1000:"), Ok("1000".to_owned()));
        assert_eq!(spec("app:web"), Ok("app:web".to_owned()));
        for wrong in ["", ":", ":1000", "a:b:", "a::"] {
            assert!(spec(wrong).is_err(), "{wrong}");
        }
    }
}
