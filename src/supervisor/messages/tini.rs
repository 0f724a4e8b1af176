//! The log lines of tini, at its own levels.

use super::hinit;
use crate::supervisor::machine::Notice;
use crate::sys::process::Ending;
use log::{debug, info};

/// tini's test suite greps for the end of this line.
pub(super) const NOT_SUBREAPER: &str = "Tini is not running as PID 1 and isn't registered as a child subreaper: \
    use -s or set TINI_SUBREAPER, since otherwise zombie reaping won't work.";

/// Logs a notice.
pub(super) fn log_notice(notice: Notice) {
    match notice {
        Notice::Forwarding(_, sent) | Notice::Stopping(_, sent) => debug!("Passing signal: '{sent}'"),
        Notice::Ended(Ending::Exited(code)) => info!("Main child exited normally (with status '{code}')"),
        Notice::Ended(Ending::Killed { signal, .. }) => {
            info!("Main child exited with signal (with signal '{signal}')");
        }
        other => hinit::log_notice(other, None),
    }
}
