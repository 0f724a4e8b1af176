//! The log lines of the supervisor, worded like those of the program that
//! hinit was called as.

mod dumb_init;
mod hinit;
mod tini;

use super::machine::Notice;
use crate::health::schedule::Change;
use crate::health::{self, Status};
use crate::personality::Personality;
use crate::sys::Pid;
use crate::sys::process::Ending;
use crate::time::rounded;
use log::{debug, info, warn};
use std::ffi::OsStr;
use std::time::Duration;

/// Logs a notice; `requested_by` is the sender of the stop request, if any.
pub(super) fn log_notice(personality: Personality, notice: Notice, requested_by: Option<&str>) {
    match personality {
        Personality::Hinit | Personality::Catatonit => hinit::log_notice(notice, requested_by),
        Personality::Tini { .. } => tini::log_notice(notice),
        Personality::DumbInit => dumb_init::log_notice(notice),
    }
}

/// The sender of the stop request, if this notice is about one. The last log
/// line repeats it.
pub(super) fn stop_requested_by(notice: Notice) -> Option<String> {
    match notice {
        Notice::Draining(request, _) | Notice::Stopping(request, _) => Some(hinit::received(request)),
        _ => None,
    }
}

/// The app and its user, for the line of its start.
pub(super) fn description(personality: Personality, program: &OsStr) -> String {
    match personality {
        Personality::Hinit => format!("{} as {}", program.display(), run_as()),
        _ => program.display().to_string(),
    }
}

/// The user that everything runs as: `root`, or `UID:GID`.
fn run_as() -> String {
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    if uid.is_root() { "root".to_owned() } else { format!("{uid}:{gid}") }
}

/// The app was started for the first time.
pub(super) fn started(personality: Personality, description: &str, pid: Pid) {
    match personality {
        Personality::Hinit | Personality::Catatonit => info!("started {description} (pid {pid})"),
        Personality::Tini { .. } => info!("Spawned child process '{description}' with pid '{pid}'"),
        Personality::DumbInit => debug!("Child spawned with PID {pid}."),
    }
}

/// Orphans of the app will not be reaped.
pub(super) fn not_subreaper() {
    warn!("{}", tini::NOT_SUBREAPER);
}

/// The app has been reaped; its end is a notice of its own.
pub(super) fn reaped_app(personality: Personality, pid: Pid, ending: Ending) {
    match personality {
        Personality::Hinit | Personality::Catatonit => {}
        Personality::Tini { .. } => debug!("Reaped child with pid: '{pid}'"),
        Personality::DumbInit => dumb_init::reaped(pid, ending),
    }
}

/// An orphan has been reaped.
pub(super) fn reaped(personality: Personality, pid: Pid, ending: Ending, warn_on_reap: bool) {
    match personality {
        Personality::Tini { .. } if warn_on_reap => warn!("Reaped zombie process with pid={pid}"),
        Personality::Tini { .. } => debug!("Reaped child with pid: '{pid}'"),
        Personality::DumbInit => dumb_init::reaped(pid, ending),
        _ if warn_on_reap => warn!("reaped pid {pid}: it {}", hinit::ending(ending)),
        _ => debug!("reaped pid {pid}: it {}", hinit::ending(ending)),
    }
}

/// Logs a change of the app's health, `age` after the start of the app.
pub(super) fn health(change: &Change, age: Duration) {
    let reason = health::reason(&change.reason, Some(change.exit_code), health::LONGEST_REASON);
    match (change.from, change.to) {
        (Status::Starting, Status::Healthy) => info!("healthy, {} after the start: {reason}", rounded(age)),
        (_, Status::Healthy) => info!("healthy again: {reason}"),
        (_, Status::Unhealthy) => warn!("unhealthy: {reason}"),
        (_, Status::Starting | Status::None) => {}
    }
}

/// A check failed, `age` after the start of an app that is still starting.
pub(super) fn still_starting(reason: &str, exit_code: i32, age: Duration) {
    let reason = health::reason(reason, Some(exit_code), health::LONGEST_REASON);
    info!("not healthy yet, {} after the start: {reason}", rounded(age));
}

/// The app was ended by the kernel's OOM killer.
pub(super) fn out_of_memory(ending: Ending) {
    warn!(
        "the app {}: out of memory (the container's limit, or the machine's); raise the limit (docker run --memory) or let the app use less",
        hinit::ending(ending)
    );
}
