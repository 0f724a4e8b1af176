//! What the supervisor says, in the user's words: one line an event.

mod dumb_init;
mod tini;

use super::machine::Notice;
use crate::health::schedule::Change;
use crate::health::{self, Status};
use crate::plan::{Manner, OnFailure};
use crate::sys::Pid;
use crate::sys::process::Ending;
use crate::sys::signals::Arrival;
use crate::sys::terminal::Detached;
use crate::text::system_words;
use crate::time::{GoDuration, rounded};
use log::{debug, info, warn};
use std::ffi::OsStr;
use std::time::Duration;
use std::{fs, io};

/// Writes a notice to the log; `asked` is who asked for the stop, if anybody did.
pub fn say(manner: Manner, notice: Notice, asked: Option<&str>) {
    match manner {
        Manner::Hinit | Manner::Catatonit => say_as_hinit(notice, asked),
        Manner::Tini { .. } => tini::say(notice),
        Manner::DumbInit => dumb_init::say(notice),
    }
}

/// Who asked for the stop, for the last line, if this is about it.
pub fn asked(notice: Notice) -> Option<String> {
    match notice {
        Notice::Draining(request, _) | Notice::Stopping(request, _) => Some(arrived(request)),
        _ => None,
    }
}

fn say_as_hinit(notice: Notice, asked: Option<&str>) {
    match notice {
        Notice::Forwarding(arrival, sent) if arrival.signal == sent => {
            info!("{}, forwarded to the app", arrived(arrival));
        }
        Notice::Forwarding(arrival, sent) => info!("{}, {sent} sent to the app", arrived(arrival)),
        Notice::Ignoring(arrival) => info!("{}, ignored as told by --rewrite", arrived(arrival)),
        Notice::NobodyThere(arrival) => {
            info!("{} while the app does not run, so nobody gets it", arrived(arrival));
        }
        Notice::NotStarting(request) => {
            info!("{} while the app does not run, so it is not started", arrived(request));
        }
        Notice::Draining(arrival, drain) => {
            info!("{}, draining for {} before the app is asked to stop", arrived(arrival), GoDuration(drain));
        }
        Notice::Stopping(arrival, sent) => info!("{}, stopping: {sent} sent to the app", arrived(arrival)),
        Notice::Drained(sent) => info!("drained, stopping: {sent} sent to the app"),
        Notice::WaitedTooLong(time) => {
            warn!("what the app needs was not there within {}, so it is not started", rounded(time));
        }
        Notice::ActingOnHealth(action, sent) => {
            warn!("acting on it (--health-on-failure {}): {sent} sent to the app", name_of(action));
        }
        Notice::LimitPassed(limit, Some(sent)) => {
            warn!("the run limit of {} has passed, stopping: {sent} sent to the app", GoDuration(limit));
        }
        Notice::LimitPassed(limit, None) => {
            warn!("the run limit of {} has passed, so the app is not started again", GoDuration(limit));
        }
        Notice::GraceOver(grace) => warn!("the app did not stop within {}, killing it", GoDuration(grace)),
        Notice::Ended(ending) => {
            let after = asked.map(|asked| format!(", after {asked}")).unwrap_or_default();
            info!("the app {}{after}", self::ending(ending));
        }
        Notice::Parting(sent) => info!("{sent} sent to what is left of the app's group"),
        Notice::StoppingItself => info!("stopping itself too"),
        Notice::Restarting(pause, count) => {
            info!("restarting the app in {} (restart {count})", rounded(pause));
        }
        Notice::RestartsUsedUp(1) => warn!("not started again: --restart allows 1 restart"),
        Notice::RestartsUsedUp(most) => warn!("not started again: --restart allows {most} restarts"),
        Notice::Sweeping(limit) => {
            info!("what the app left behind has {} to end: SIGTERM sent to all", GoDuration(limit));
        }
        Notice::SweepOver => warn!("some of it did not end in time, killing it"),
        Notice::Unkillable => warn!("what was killed does not disappear, leaving without it"),
    }
}

fn name_of(action: OnFailure) -> &'static str {
    match action {
        OnFailure::None => "none",
        OnFailure::Stop => "stop",
        OnFailure::Restart => "restart",
        OnFailure::Kill => "kill",
    }
}

/// What the app is called once it is started.
pub fn description(manner: Manner, program: &OsStr) -> String {
    match manner {
        Manner::Hinit => format!("{} as {}", program.display(), whom()),
        _ => program.display().to_string(),
    }
}

/// As whom everything runs from here on: `root`, or the numbers.
fn whom() -> String {
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    if uid.is_root() { "root".to_owned() } else { format!("{uid}:{gid}") }
}

/// The app runs for the first time.
pub fn started(manner: Manner, description: &str, pid: Pid) {
    match manner {
        Manner::Hinit | Manner::Catatonit => info!("started {description} (pid {pid})"),
        Manner::Tini { .. } => info!("Spawned child process '{description}' with pid '{pid}'"),
        Manner::DumbInit => debug!("Child spawned with PID {pid}."),
    }
}

/// hinit has given up its terminal, or had none to give up.
pub fn detached(outcome: io::Result<Detached>) {
    dumb_init::detached(outcome);
}

/// The app is in a session of its own, with or without the terminal.
pub fn in_own_session(attached: &io::Result<()>) {
    dumb_init::in_own_session(attached);
}

/// Orphans stay orphans.
pub fn adopts_nobody() {
    warn!("{}", tini::NOT_SUBREAPER);
}

/// The app has been reaped; that it ended is told as a notice.
pub fn reaped_app(manner: Manner, pid: Pid, ending: Ending) {
    match manner {
        Manner::Hinit | Manner::Catatonit => {}
        Manner::Tini { .. } => debug!("Reaped child with pid: '{pid}'"),
        Manner::DumbInit => dumb_init::reaped(pid, ending),
    }
}

/// An orphan has been reaped.
pub fn reaped(manner: Manner, pid: Pid, ending: Ending, warn_of_it: bool) {
    match manner {
        Manner::Tini { .. } if warn_of_it => warn!("Reaped zombie process with pid={pid}"),
        Manner::Tini { .. } => debug!("Reaped child with pid: '{pid}'"),
        Manner::DumbInit => dumb_init::reaped(pid, ending),
        _ if warn_of_it => warn!("reaped pid {pid}: it {}", self::ending(ending)),
        _ => debug!("reaped pid {pid}: it {}", self::ending(ending)),
    }
}

/// Why the program could not be executed: hinit says `why`, the others what
/// the C library says.
pub fn not_executed(manner: Manner, program: &OsStr, error: &io::Error, why: &str) -> String {
    let (program, plain) = (program.display(), system_words(error));
    match manner {
        Manner::Hinit => format!("cannot start '{program}': {why}"),
        Manner::Tini { .. } => format!("exec {program} failed: {plain}"),
        Manner::DumbInit => format!("{program}: {plain}"),
        Manner::Catatonit => format!("failed to exec pid1: {plain}"),
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
