//! hinit's own log lines: one line an event.

use crate::plan::OnFailure;
use crate::supervisor::machine::Notice;
use crate::sys::process::Ending;
use crate::sys::signals::{Arrival, Sender};
use crate::time::{GoDuration, rounded};
use log::{info, warn};
use std::fs;

/// Logs a notice; `requested_by` is the sender of the stop request, if any.
pub(super) fn log_notice(notice: Notice, requested_by: Option<&str>) {
    match notice {
        Notice::Forwarding(arrival, sent) if arrival.signal == sent => {
            info!("{}, forwarded to the app", received(arrival));
        }
        Notice::Forwarding(arrival, sent) => info!("{}, {sent} sent to the app", received(arrival)),
        Notice::Ignoring(arrival) => info!("{}, ignored (--rewrite)", received(arrival)),
        Notice::NoApp(arrival) => {
            info!("{}, dropped: the app is not running", received(arrival));
        }
        Notice::NotStarting(request) => {
            info!("{}, exiting without starting the app", received(request));
        }
        Notice::Draining(arrival, drain) => {
            info!("{}, draining for {} before the app is stopped", received(arrival), GoDuration(drain));
        }
        Notice::Stopping(arrival, sent) => info!("{}, stopping: {sent} sent to the app", received(arrival)),
        Notice::Drained(sent) => info!("drained, stopping: {sent} sent to the app"),
        Notice::DependenciesTimedOut(time) => {
            warn!("dependencies were not ready within {}, not starting the app", rounded(time));
        }
        Notice::GracePeriodOver(grace) => {
            warn!("the app did not stop within {}, killing it", GoDuration(grace));
        }
        Notice::Ended(ending) => {
            let after =
                requested_by.map(|requested_by| format!(", after {requested_by}")).unwrap_or_default();
            info!("the app {}{after}", self::ending(ending));
        }
        Notice::SignalingGroup(sent) => info!("{sent} sent to the rest of the app's process group"),
        Notice::StoppingItself => info!("stopping hinit too (SIGSTOP)"),
        Notice::SuggestingStopSignal(arrival) => warn!(
            "{}: if this is the STOPSIGNAL of the image, write --stop-signal {}; without it --drain, --stop-timeout, --restart, the ready file and the status do not treat it as a stop request",
            received(arrival),
            arrival.signal
        ),
        other => log_decision(other),
    }
}

/// What hinit does by itself: limits, restarts and the sweep.
fn log_decision(notice: Notice) {
    match notice {
        Notice::ActingOnHealth(action, sent) => {
            warn!("--health-on-failure {}: {sent} sent to the app", name_of(action));
        }
        Notice::LimitPassed(limit, Some(sent)) => {
            warn!("the run limit of {} has passed, stopping: {sent} sent to the app", GoDuration(limit));
        }
        Notice::LimitPassed(limit, None) => {
            warn!("the run limit of {} has passed, so the app is not started again", GoDuration(limit));
        }
        Notice::Restarting(pause, count) => {
            info!("restarting the app in {} (restart {count})", rounded(pause));
        }
        Notice::EndedByQuit(sent) => {
            info!("not started again: the app ended by {sent}, which was a stop request (--stop-signal)");
        }
        Notice::RestartsUsedUp(1) => warn!("not started again: --restart allows 1 restart"),
        Notice::RestartsUsedUp(most) => warn!("not started again: --restart allows {most} restarts"),
        Notice::Sweeping(limit) => {
            info!("SIGTERM sent to all remaining processes, grace period {}", GoDuration(limit));
        }
        Notice::SweepTimedOut => warn!("some processes did not end in time, killing them"),
        Notice::SurvivedKill => warn!("some processes survived SIGKILL; exiting anyway"),
        // Logged by `log_notice`; listed so that no new notice is forgotten.
        Notice::Forwarding(..)
        | Notice::Ignoring(_)
        | Notice::NoApp(_)
        | Notice::NotStarting(_)
        | Notice::Draining(..)
        | Notice::Stopping(..)
        | Notice::Drained(_)
        | Notice::DependenciesTimedOut(_)
        | Notice::GracePeriodOver(_)
        | Notice::Ended(_)
        | Notice::SignalingGroup(_)
        | Notice::SuggestingStopSignal(_)
        | Notice::StoppingItself => {}
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

/// `exited with code 0`, `was killed by SIGKILL`.
pub(super) fn ending(ending: Ending) -> String {
    match ending {
        Ending::Exited(code) => format!("exited with code {code}"),
        Ending::Killed { signal, core: false } => format!("was killed by {signal}"),
        Ending::Killed { signal, core: true } => format!("was killed by {signal} and dumped core"),
    }
}

/// `SIGTERM from outside the container`: the signal and its sender, as far as
/// the pid namespace shows it.
pub(super) fn received(arrival: Arrival) -> String {
    let signal = arrival.signal;
    match arrival.sender {
        Sender::Outside => format!("{signal} from outside the container"),
        Sender::Kernel => format!("{signal} from the terminal or the kernel"),
        Sender::Process(pid) => format!("{signal} from pid {pid}{}", name(pid)),
        Sender::Unknown => format!("received {signal}"),
    }
}

/// The sender's name, if it is still running.
fn name(pid: i32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    if name.is_empty() { name } else { format!(" ({})", name.trim_end()) }
}
