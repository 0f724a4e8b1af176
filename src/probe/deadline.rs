//! One deadline from connect to verdict, whatever happens in between.

use crate::time::GoDuration;
use std::fmt;
use std::time::{Duration, Instant};

/// Longer than any probe runs, and within what a socket's timeout can hold.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
/// A timeout of 0 means none for a socket.
const SHORTEST: Duration = Duration::from_millis(1);

/// When the verdict is due. Displayed as the whole time limit: `10s`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit.min(LONGEST), limit }
    }

    /// The earlier one.
    pub(crate) fn sooner(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    /// The time left, as a socket takes it; none when it has passed.
    pub(crate) fn left(self) -> Option<Duration> {
        let left = self.at.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| left.max(SHORTEST))
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        GoDuration(self.limit).fmt(f)
    }
}
