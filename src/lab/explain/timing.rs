//! When a check is run: Docker's five numbers, as they were written.

use super::mistakes::add;
use crate::probe::DEFAULT_TIMEOUT;
use crate::time::{GoDuration, parse_duration};
use std::time::Duration;

/// `interval`, `timeout`, `start-period`, `start-interval` and `retries`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timing {
    /// Name and value, in the order they were written.
    pub written: Vec<(&'static str, String)>,
}

/// Docker's names; `--health-` in front makes hinit's.
pub(super) const NAMES: [&str; 5] = ["interval", "timeout", "start-period", "start-interval", "retries"];
const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);

impl Timing {
    pub(super) fn set(&mut self, name: &'static str, value: String) {
        self.written.push((name, value));
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.written.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// 0 means the default.
    fn duration(&self, name: &str) -> Option<Duration> {
        parse_duration(self.text(name)?).ok().filter(|time| !time.is_zero())
    }

    /// A limit that `hinit probe` would not wait for by itself.
    pub(super) fn long_limit(&self) -> Option<String> {
        self.duration("timeout")
            .filter(|limit| *limit > DEFAULT_TIMEOUT)
            .map(|_| self.text("timeout").map(str::to_owned))?
    }

    /// What is wrong with the numbers.
    pub(super) fn mistakes(&self, notes: &mut Vec<String>) {
        for name in NAMES {
            if let Some(why) = self.text(name).and_then(|text| wrong_value(name, text)) {
                add(notes, why);
            }
        }
        if self.text("start-interval").is_some() && self.duration("start-period").is_none() {
            add(notes, "start-interval does nothing without a start-period");
        }
        self.long_timeout(notes);
    }

    /// Only where somebody has written an interval: the default is 30s for both.
    fn long_timeout(&self, notes: &mut Vec<String>) {
        let Some(interval) = self.duration("interval") else { return };
        let timeout = self.duration("timeout").unwrap_or(TIMEOUT);
        if interval >= timeout {
            return;
        }
        let retries: u32 =
            self.text("retries").and_then(|text| text.parse().ok()).filter(|n| *n > 0).unwrap_or(3);
        let after = (interval.min(INTERVAL * 1000) + timeout.min(TIMEOUT * 1000)) * retries.min(1000);
        add(
            notes,
            format!(
                "the interval ({}) is shorter than the timeout ({}): a hanging app is unhealthy only after {}",
                GoDuration(interval),
                GoDuration(timeout),
                GoDuration(after)
            ),
        );
    }
}

/// What is wrong with a number; one that compose fills in is unknown.
fn wrong_value(name: &str, text: &str) -> Option<String> {
    if !text.is_ascii() || text.contains('$') {
        return None;
    }
    if name == "retries" {
        return text.parse::<u32>().err().map(|_| format!("retries: '{text}' is not a number"));
    }
    parse_duration(text).err().map(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(written: &[(&'static str, &str)]) -> Vec<String> {
        let written = written.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let mut notes = Vec::new();
        Timing { written }.mistakes(&mut notes);
        notes
    }

    #[test]
    fn finds_what_is_wrong_with_the_numbers() {
        let table: [(&[(&'static str, &str)], &str); 6] = [
            (&[("start-interval", "1s")], "start-interval does nothing without a start-period"),
            (&[("start-interval", "1s"), ("start-period", "0")], "without a start-period"),
            (&[("interval", "5s"), ("timeout", "10s")], "unhealthy only after 45s"),
            (&[("interval", "5s"), ("retries", "10")], "unhealthy only after 5m50s"),
            (&[("interval", "5")], "interval: '5' is not a duration: the unit is missing"),
            (&[("retries", "x")], "retries: 'x' is not a number"),
        ];
        for (written, why) in table {
            let notes = notes(written);
            assert!(notes.len() == 1 && notes[0].contains(why), "{written:?}: {notes:?}");
        }
        assert!(notes(&[("interval", "30s"), ("timeout", "10s"), ("retries", "${N}")]).is_empty());
    }
}
