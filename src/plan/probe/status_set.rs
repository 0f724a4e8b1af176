//! `--status`: which HTTP statuses are healthy.

use crate::error::{Error, Result};
use std::fmt;

/// The statuses that are healthy: `200-299,401`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet(Vec<(u16, u16)>);

impl StatusSet {
    /// Whether this status is healthy.
    pub(crate) fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&status))
    }

    /// Reads `200-299,401`.
    ///
    /// # Errors
    /// Anything but a list of statuses from 100 to 599 and ranges of them.
    pub fn parse(text: &str) -> Result<Self> {
        let ranges = text.split(',').map(status_range).collect::<Option<_>>();
        ranges.map(Self).ok_or_else(|| {
            Error::new(format!(
                "'{text}' is not a list of statuses from 100 to 599; write one such as 200-299,401"
            ))
        })
    }
}

fn status_range(text: &str) -> Option<(u16, u16)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (status_number(low)?, status_number(high)?);
    (low <= high).then_some((low, high))
}

fn status_number(text: &str) -> Option<u16> {
    let digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| digits && (100..=599).contains(number))
}

impl Default for StatusSet {
    /// 200 to 399, as for a Kubernetes probe.
    fn default() -> Self {
        Self(vec![(200, 399)])
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (low, high)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if low == high {
                write!(f, "{comma}{low}")?;
            } else {
                write!(f, "{comma}{low}-{high}")?;
            }
        }
        Ok(())
    }
}
