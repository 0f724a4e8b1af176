//! The log lines of the supervisor, in the words of the program that hinit was
//! called as.

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

/// Writes a notice to the log; `requested_by` is who asked for the
/// stop, if anybody did.
pub fn log_notice(personality: Personality, notice: Notice, requested_by: Option<&str>) {
    match personality {
        Personality::Hinit | Personality::Catatonit => hinit::log_notice(notice, requested_by),
        Personality::Tini { .. } => tini::log_notice(notice),
        Personality::DumbInit => dumb_init::log_notice(notice),
    }
}

/// Who asked for the stop, for the last line, if this is about it.
pub fn stop_requested_by(notice: Notice) -> Option<String> {
    match notice {
        Notice::Draining(request, _) | Notice::Stopping(request, _) => Some(hinit::received(request)),
        _ => None,
    }
}

/// What the app is called once it is started.
pub fn description(personality: Personality, program: &OsStr) -> String {
    match personality {
        Personality::Hinit => format!("{} as {}", program.display(), whom()),
        _ => program.display().to_string(),
    }
}

/// As whom everything runs from here on: `root`, or the numbers.
fn whom() -> String {
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    if uid.is_root() { "root".to_owned() } else { format!("{uid}:{gid}") }
}

/// The app runs for the first time.
pub fn started(personality: Personality, description: &str, pid: Pid) {
    match personality {
        Personality::Hinit | Personality::Catatonit => info!("started {description} (pid {pid})"),
        Personality::Tini { .. } => info!("Spawned child process '{description}' with pid '{pid}'"),
        Personality::DumbInit => debug!("Child spawned with PID {pid}."),
    }
}

/// Orphans stay orphans.
pub fn adopts_nobody() {
    warn!("{}", tini::NOT_SUBREAPER);
}

/// The app has been reaped; that it ended is told as a notice.
pub fn reaped_app(personality: Personality, pid: Pid, ending: Ending) {
    match personality {
        Personality::Hinit | Personality::Catatonit => {}
        Personality::Tini { .. } => debug!("Reaped child with pid: '{pid}'"),
        Personality::DumbInit => dumb_init::reaped(pid, ending),
    }
}

/// An orphan has been reaped.
pub fn reaped(personality: Personality, pid: Pid, ending: Ending, warn_of_it: bool) {
    match personality {
        Personality::Tini { .. } if warn_of_it => warn!("Reaped zombie process with pid={pid}"),
        Personality::Tini { .. } => debug!("Reaped child with pid: '{pid}'"),
        Personality::DumbInit => dumb_init::reaped(pid, ending),
        _ if warn_of_it => warn!("reaped pid {pid}: it {}", hinit::ending(ending)),
        _ => debug!("reaped pid {pid}: it {}", hinit::ending(ending)),
    }
}

/// Writes a change of the app's health to the log, so long after its start.
pub fn health(change: &Change, age: Duration) {
    let reason = health::reason(&change.reason, Some(change.exit_code), health::LONGEST_REASON);
    match (change.from, change.to) {
        (Status::Starting, Status::Healthy) => info!("healthy, {} after the start: {reason}", rounded(age)),
        (_, Status::Healthy) => info!("healthy again: {reason}"),
        (_, Status::Unhealthy) => warn!("unhealthy: {reason}"),
        (_, Status::Starting | Status::None) => {}
    }
}

/// Writes an end of the app that the kernel's count explains.
pub fn out_of_memory(ending: Ending) {
    warn!(
        "the app {}, being out of memory: the kernel did it at the container's memory limit, or the machine's; raise the limit (docker run --memory) or let the app use less",
        hinit::ending(ending)
    );
}
