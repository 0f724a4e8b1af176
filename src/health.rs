//! Health checks: when to probe, the probe processes, and what the results mean.
//!
//! [`schedule`] decides and is pure. [`probe_round`] runs the probes of
//! [`checks`]. [`monitor`] connects the two for the loop of PID 1.

pub(crate) mod checks;
pub(crate) mod monitor;
pub(crate) mod notify;
pub(crate) mod output;
pub(crate) mod probe_process;
pub(crate) mod probe_round;
pub(crate) mod schedule;

use crate::text::one_line;
use std::fmt;

/// The health status, by Docker's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// No check is configured.
    None,
    /// Not known yet.
    Starting,
    /// The last check that counts succeeded.
    Healthy,
    /// `retries` consecutive checks failed.
    Unhealthy,
}

impl Status {
    const ALL: [Self; 4] = [Self::None, Self::Starting, Self::Healthy, Self::Unhealthy];

    /// The name in `docker inspect`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The longest reason in a log line, in bytes: a check's output may be longer.
pub(crate) const LONGEST_REASON: usize = 300;

/// The output of a check in one line of at most `limit` bytes. Without output,
/// its exit code if that is known.
pub(crate) fn reason(output: &str, exit_code: Option<i32>, limit: usize) -> String {
    match (output.trim(), exit_code) {
        ("", Some(code)) => format!("the check exited with code {code} without output"),
        ("", None) => "the check produced no output".to_owned(),
        (output, _) => one_line(output, limit),
    }
}
