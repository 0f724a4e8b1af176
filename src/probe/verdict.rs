//! What a probe comes to: healthy or not, and why.

use crate::text::one_line;

/// In bytes. A reason quotes what the server sent, which may be long.
const REASON_LENGTH: usize = 1000;

/// The result of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it passed.
    pub healthy: bool,
    /// Why, in one printable line of at most about 1000 bytes.
    pub reason: String,
}

/// The reason of a verdict: why it is healthy, or why not.
pub(crate) type Outcome = Result<String, String>;

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        let healthy = outcome.is_ok();
        let (Ok(reason) | Err(reason)) = outcome;
        Self { healthy, reason: one_line(&reason, REASON_LENGTH) }
    }
}
