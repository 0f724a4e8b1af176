//! Is the app healthy: when to probe, what came out, and what follows.
//!
//! [`schedule`] decides and is pure, [`probe_round`] runs the probes of
//! [`checks`], and [`monitor`] ties them together for the loop of PID 1.

pub mod checks;
pub mod monitor;
pub mod notify;
pub mod output;
pub mod probe_process;
pub mod probe_round;
pub mod schedule;

use crate::text::one_line;
use std::fmt;

/// What `docker ps` shows, by Docker's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// No check is configured.
    None,
    /// Not decided yet.
    Starting,
    /// The last check that counts succeeded.
    Healthy,
    /// So many checks failed in a row as `retries` says.
    Unhealthy,
}

impl Status {
    const ALL: [Self; 4] = [Self::None, Self::Starting, Self::Healthy, Self::Unhealthy];

    /// The word in `docker inspect`.
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

/// In bytes: a check's output may be long, a line of the log must not be.
pub const LONGEST_REASON: usize = 300;

/// What a check said, in one line of at most `limit` bytes; of a silent one how
/// it ended, if that is known.
pub fn reason(said: &str, exit_code: Option<i32>, limit: usize) -> String {
    match (said.trim(), exit_code) {
        ("", Some(code)) => format!("the check exited with code {code} and said nothing"),
        ("", None) => "the check said nothing".to_owned(),
        (said, _) => one_line(said, limit),
    }
}
