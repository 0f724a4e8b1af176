//! The log lines of `dumb-init -v`. Its own tests compare them.

use super::hinit;
use crate::signal::Signal;
use crate::supervisor::machine::Notice;
use crate::sys::Pid;
use crate::sys::process::Ending;
use crate::sys::signals::Arrival;
use log::debug;

/// Logs a notice.
pub(super) fn log_notice(notice: Notice) {
    match notice {
        Notice::Forwarding(arrival, sent) | Notice::Stopping(arrival, sent) => {
            received(arrival.signal);
            forwarded(arrival.signal, sent);
        }
        Notice::Ignoring(arrival) => ignoring(arrival),
        Notice::SignalingGroup(sent) => forwarded(Signal::TERM, sent),
        Notice::Ended(ending) => debug!("Child exited with status {}. Goodbye.", ending.code()),
        Notice::StoppingItself => debug!("Suspending self due to TTY signal."),
        other => hinit::log_notice(other, None),
    }
}

fn received(signal: Signal) {
    debug!("Received signal {}.", signal.number());
}

fn forwarded(signal: Signal, sent: Signal) {
    if sent != signal {
        debug!("Translating signal {} to {}.", signal.number(), sent.number());
    }
    debug!("Forwarded signal {} to children.", sent.number());
}

fn ignoring(arrival: Arrival) {
    received(arrival.signal);
    debug!("Translating signal {} to 0.", arrival.signal.number());
    debug!("Not forwarding signal 0 to children (ignored).");
}

/// A child has been reaped, the app or an orphan.
pub(super) fn reaped(pid: Pid, ending: Ending) {
    received(Signal::CHLD);
    match ending {
        Ending::Exited(code) => debug!("A child with PID {pid} exited with exit status {code}."),
        Ending::Killed { signal, .. } => {
            debug!("A child with PID {pid} was terminated by signal {}.", signal.number());
        }
    }
}
