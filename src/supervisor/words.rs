//! What the supervisor says, in the user's words: one line an event.

use super::machine::Notice;
use crate::health::Status;
use crate::health::schedule::Change;
use crate::sys::process::Ending;
use crate::sys::signals::Arrival;
use crate::text::one_line;
use crate::time::{GoDuration, rounded};
use log::{info, warn};
use std::fs;
use std::time::Duration;

/// In bytes: a check's output may be long, a line of the log must not be.
const LONGEST_REASON: usize = 300;

/// Writes a notice to the log.
pub fn say(notice: Notice) {
    match notice {
        Notice::Forwarding(arrival, sent) if arrival.signal == sent => {
            info!("{}, forwarded to the app", arrived(arrival));
        }
        Notice::Forwarding(arrival, sent) => info!("{}, {sent} sent to the app", arrived(arrival)),
        Notice::Ignoring(arrival) => info!("{}, ignored as told by --rewrite", arrived(arrival)),
        Notice::NobodyThere(arrival) => info!("{} while the app does not run", arrived(arrival)),
        Notice::Draining(arrival, drain) => {
            info!("{}, draining for {} before the app is asked to stop", arrived(arrival), GoDuration(drain));
        }
        Notice::Stopping(arrival, sent) => info!("{}, stopping: {sent} sent to the app", arrived(arrival)),
        Notice::Drained(sent) => info!("drained, stopping: {sent} sent to the app"),
        Notice::WaitedTooLong(time) => {
            warn!("what the app needs was not there within {}, so it is not started", GoDuration(time));
        }
        Notice::ActingOnHealth(sent) => warn!("acting on it: {sent} sent to the app"),
        Notice::LimitPassed(limit, sent) => {
            warn!("the run limit of {} has passed, stopping: {sent} sent to the app", GoDuration(limit));
        }
        Notice::GraceOver(grace) => warn!("the app did not stop within {}, killing it", GoDuration(grace)),
        Notice::Ended(ending) => info!("the app {}", self::ending(ending)),
        Notice::Restarting(pause, count) => {
            info!("restarting the app in {} (restart {count})", rounded(pause));
        }
        Notice::Sweeping(limit) => {
            info!("what the app left behind has {} to end: SIGTERM sent to all", GoDuration(limit));
        }
        Notice::SweepOver => warn!("some of it did not end in time, killing it"),
        Notice::Unkillable => warn!("what was killed does not disappear, leaving without it"),
    }
}

/// Writes a change of the app's health to the log, so long after its start.
pub fn health(change: &Change, age: Duration) {
    let reason = one_line(&change.reason, LONGEST_REASON);
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
        self::ending(ending)
    );
}

/// `exited with code 0`, `was killed by SIGKILL`.
pub fn ending(ending: Ending) -> String {
    match ending {
        Ending::Exited(code) => format!("exited with code {code}"),
        Ending::Killed { signal, core: false } => format!("was killed by {signal}"),
        Ending::Killed { signal, core: true } => format!("was killed by {signal} and dumped core"),
    }
}

/// `SIGTERM from outside the container`: who asked, as far as a pid namespace
/// lets one see.
fn arrived(arrival: Arrival) -> String {
    let signal = arrival.signal;
    match arrival.sender {
        Some(0) => format!("{signal} from outside the container"),
        Some(pid) => format!("{signal} from pid {pid}{}", name(pid)),
        None => format!("{signal} arrived"),
    }
}

/// The sender's name, if it is still there to be asked.
fn name(pid: i32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    if name.is_empty() { name } else { format!(" ({})", name.trim_end()) }
}
