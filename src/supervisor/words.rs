//! What the supervisor says, in the user's words: one line an event.

use super::machine::Notice;
use crate::sys::process::Ending;
use crate::sys::signals::Arrival;
use crate::time::GoDuration;
use log::{info, warn};

/// Writes a notice to the log.
pub fn say(notice: Notice) {
    match notice {
        Notice::Forwarding(arrival) => {
            info!("{} arrived {}, forwarded to the app", arrival.signal, sender(arrival));
        }
        Notice::Stopping { request, sent } if request.signal == sent => {
            info!("{sent} arrived {}, stopping: forwarded to the app", sender(request));
        }
        Notice::Stopping { request, sent } => {
            info!("{} arrived {}, stopping: {sent} sent to the app", request.signal, sender(request));
        }
        Notice::GraceOver(grace) => {
            warn!("the app did not stop within {}, killing it", GoDuration(grace));
        }
        Notice::Ended(ending) => info!("the app {}", self::ending(ending)),
        Notice::Unkillable => warn!("the app was killed and does not disappear, leaving without it"),
    }
}

/// `exited with code 0`, `was killed by SIGKILL`.
pub fn ending(ending: Ending) -> String {
    match ending {
        Ending::Exited(code) => format!("exited with code {code}"),
        Ending::Killed { signal, core: false } => format!("was killed by {signal}"),
        Ending::Killed { signal, core: true } => format!("was killed by {signal} and dumped core"),
    }
}

/// Who sent a signal, as far as a pid namespace lets one see.
fn sender(arrival: Arrival) -> String {
    match arrival.sender {
        Some(0) => "from outside".to_owned(),
        Some(pid) => format!("from pid {pid}"),
        None => "from an unknown sender".to_owned(),
    }
}
