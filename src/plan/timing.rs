//! When health checks run: the five numbers of Docker's HEALTHCHECK, with
//! Docker's defaults.

use std::time::Duration;

/// Docker's five numbers, with its defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From the end of one probe to the start of the next; 30 s.
    pub interval: Duration,
    /// How long one probe may take; 30 s.
    pub timeout: Duration,
    /// For so long failures do not count until a first success; 0 s.
    pub start_period: Duration,
    /// The interval while starting in the start period; 5 s.
    pub start_interval: Duration,
    /// So many failures in a row make it unhealthy; 3.
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
