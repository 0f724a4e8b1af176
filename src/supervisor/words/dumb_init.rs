//! What dumb-init says with `-v`. Its own tests compare these lines.

use crate::signal::Signal;
use crate::supervisor::machine::Notice;
use crate::sys::Pid;
use crate::sys::process::Ending;
use crate::sys::signals::Arrival;
use crate::sys::terminal::Detached;
use crate::text::system_words;
use log::debug;
use std::io;

/// Writes a notice to the log.
pub fn say(notice: Notice) {
    match notice {
        Notice::Forwarding(arrival, sent) | Notice::Stopping(arrival, sent) => {
            received(arrival.signal);
            forwarded(arrival.signal, sent);
        }
        Notice::Ignoring(arrival) => ignoring(arrival),
        Notice::Parting(sent) => forwarded(Signal::TERM, sent),
        Notice::Ended(ending) => debug!("Child exited with status {}. Goodbye.", ending.code()),
        Notice::StoppingItself => debug!("Suspending self due to TTY signal."),
        other => super::say_as_hinit(other, None),
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
pub fn reaped(pid: Pid, ending: Ending) {
    received(Signal::CHLD);
    match ending {
        Ending::Exited(code) => debug!("A child with PID {pid} exited with exit status {code}."),
        Ending::Killed { signal, .. } => {
            debug!("A child with PID {pid} was terminated by signal {}.", signal.number());
        }
    }
}

/// hinit has given up its terminal, or had none to give up.
pub fn detached(outcome: io::Result<Detached>) {
    match outcome {
        Ok(Detached::Leader(thrown_away)) => {
            debug!("Detached from controlling tty, ignoring the first SIGHUP and SIGCONT we receive.");
            for signal in thrown_away {
                debug!("Ignoring tty hand-off signal {}.", signal.number());
            }
        }
        Ok(Detached::Member) => debug!("Detached from controlling tty, but was not session leader."),
        Err(error) => debug!("Unable to detach from controlling tty ({}).", errno(&error)),
    }
}

/// The app is in a session of its own, with or without the terminal.
pub fn in_own_session(attached: &io::Result<()>) {
    if let Err(error) = attached {
        debug!("Unable to attach to controlling tty ({}).", errno(error));
    }
    debug!("setsid complete.");
}

/// `errno=25 Inappropriate ioctl for device`.
fn errno(error: &io::Error) -> String {
    format!("errno={} {}", error.raw_os_error().unwrap_or(0), system_words(error))
}
