//! Whether the app is restarted and after which pause: Docker's policies and
//! Docker's backoff (moby, `restartmanager`). Pure.

use crate::plan::Restart;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(60);
/// After a life of this length the pause is the shortest one again.
const LONG_LIFE: Duration = Duration::from_secs(10);

/// Counts restarts and computes the pauses: 100 ms, doubled up to a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Restarts {
    count: u32,
    pause: Duration,
}

impl Restarts {
    /// How often the app has been started again.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The same with this count at most: more of them do not differ under a policy
    /// that allows so many.
    #[cfg(test)]
    pub(crate) fn with_count_up_to(self, most: u32) -> Self {
        Self { count: self.count.min(most), ..self }
    }

    /// Whether the policy restarts an app that exited with `code`.
    pub(crate) fn wanted(&self, policy: Restart, code: i32) -> bool {
        match policy {
            Restart::No => false,
            Restart::Always => true,
            Restart::OnFailure { most } => code != 0 && most.is_none_or(|most| self.count < most),
        }
    }

    /// Whether the policy limits the restarts and the limit is reached.
    pub(crate) fn used_up(&self, policy: Restart) -> bool {
        matches!(policy, Restart::OnFailure { most: Some(most) } if self.count >= most)
    }

    /// Counts one restart and returns the pause before it; `life` is how long
    /// the app has run.
    pub(crate) fn next(&mut self, life: Duration) -> Duration {
        let doubled = self.pause.saturating_mul(2).clamp(FIRST, LONGEST);
        self.pause = if life >= LONG_LIFE { FIRST } else { doubled };
        self.count = self.count.saturating_add(1);
        self.pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_as_docker_does() {
        let mut restarts = Restarts::default();
        let mut millis = |life| restarts.next(Duration::from_secs(life)).as_millis();
        let short: Vec<_> = (0..12).map(|_| millis(0)).collect();
        assert_eq!(short, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
        assert_eq!((millis(10), millis(9)), (100, 200));
        assert_eq!(restarts.count(), 14);
    }

    #[test]
    fn restarts_as_the_policy_says() {
        let mut restarts = Restarts::default();
        let twice = Restart::OnFailure { most: Some(2) };
        assert!(restarts.wanted(twice, 1) && !restarts.wanted(twice, 0));
        assert!(restarts.wanted(Restart::Always, 0) && !restarts.wanted(Restart::No, 1));
        restarts.next(Duration::ZERO);
        restarts.next(Duration::ZERO);
        assert!(!restarts.wanted(twice, 1) && restarts.wanted(Restart::OnFailure { most: None }, 1));
    }
}
