//! One deadline from connect to verdict, whatever happens in between.

use crate::time::GoDuration;
use std::fmt;
use std::time::{Duration, Instant};

/// Longer than any probe runs, and within what a socket's timeout can hold.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
/// A socket takes 0 for "wait for ever".
const SHORTEST: Duration = Duration::from_millis(1);

/// When a verdict is due. Shown as the time there was in all: `10s`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit.min(LONGEST), limit }
    }

    /// The one that comes first.
    pub(crate) fn sooner(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    /// What is left, for a socket; none when the time is over.
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
