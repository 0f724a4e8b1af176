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

    /// For what must not delay the verdict: after `limit`, and well before half
    /// of the whole time has passed, when PID 1 kills a probe.
    pub(crate) fn for_courtesy(self, limit: Duration) -> Self {
        let margin = self.limit.min(LONGEST) / 8 * 5;
        let earlier = self.at.checked_sub(margin).unwrap_or(self.at);
        Self { at: earlier.min(Instant::now() + limit), ..self }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_courtesy_ends_before_pid_1_kills_the_probe() {
        let second = Duration::from_secs(1);
        for seconds in [0, 1, 8, 1000] {
            let whole = Deadline::after(seconds * second);
            let left = whole.for_courtesy(100 * second).left().unwrap_or_default();
            assert!(left <= (seconds * second * 3 / 8).max(SHORTEST), "{left:?} of {seconds}s");
            assert!(left <= 100 * second, "{left:?} of {seconds}s");
        }
        assert!(Deadline::after(Duration::MAX).for_courtesy(second).left().is_some());
    }
}
