//! When health checks run: the five options of Docker's HEALTHCHECK, with Docker's
//! defaults.

use std::time::Duration;

/// The timing options of Docker's HEALTHCHECK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timing {
    /// From the end of one check to the start of the next (default 30 s).
    pub interval: Duration,
    /// The time limit of one check (default 30 s).
    pub timeout: Duration,
    /// The time in which failures do not count, until the first success (default 0).
    pub start_period: Duration,
    /// The interval while starting, in the start period (default 5 s).
    pub start_interval: Duration,
    /// Consecutive failures before the app counts as unhealthy (default 3).
    pub retries: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(30),
            start_period: Duration::ZERO,
            start_interval: Duration::from_secs(5),
            retries: 3,
        }
    }
}
