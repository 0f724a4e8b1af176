//! The timing options of a health check, as they are written.

use super::notes::Notes;
use crate::plan;
use crate::probe::DEFAULT_TIMEOUT;
use crate::time::{GoDuration, parse_duration};
use std::time::Duration;

/// `interval`, `timeout`, `start-period`, `start-interval` and `retries`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Timing {
    /// Name and value, in the order of the file.
    options: Vec<(&'static str, String)>,
}

/// Docker's names; hinit's start with `--health-`.
pub(super) const NAMES: [&str; 5] = ["interval", "timeout", "start-period", "start-interval", "retries"];

impl Timing {
    pub(super) fn set(&mut self, name: &'static str, value: String) {
        self.options.push((name, value));
    }

    pub(super) fn options(&self) -> &[(&'static str, String)] {
        &self.options
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// None for 0, which stands for the default.
    fn duration(&self, name: &str) -> Option<Duration> {
        parse_duration(self.text(name)?).ok().filter(|time| !time.is_zero())
    }

    /// The timeout, if it is longer than the default of `hinit probe`.
    pub(super) fn long_timeout(&self) -> Option<String> {
        self.duration("timeout").filter(|timeout| *timeout > DEFAULT_TIMEOUT)?;
        self.text("timeout").map(str::to_owned)
    }

    /// Notes invalid values and combinations.
    pub(super) fn find_mistakes(&self, notes: &mut Notes) {
        for name in NAMES {
            if let Some(note) = self.text(name).and_then(|text| invalid_value(name, text)) {
                notes.add(note);
            }
        }
        if self.text("start-interval").is_some() && self.duration("start-period").is_none() {
            notes.add("start-interval has no effect without a start-period");
        }
        self.compare_interval_and_timeout(notes);
    }

    /// Notes nothing without an interval: the defaults of both are the same.
    fn compare_interval_and_timeout(&self, notes: &mut Notes) {
        // Bounds the product below.
        const MAX: Duration = Duration::from_secs(30_000);
        let default = plan::Timing::default();
        let Some(interval) = self.duration("interval") else { return };
        let timeout = self.duration("timeout").unwrap_or(default.timeout);
        if interval >= timeout {
            return;
        }
        let retries = self.text("retries").and_then(|text| text.parse().ok()).filter(|n: &u32| *n > 0);
        let retries = retries.unwrap_or(default.retries).min(1000);
        let unhealthy_after = (interval.min(MAX) + timeout.min(MAX)) * retries;
        notes.add(format!(
            "the interval ({}) is shorter than the timeout ({}): a hanging app becomes unhealthy only after {}",
            GoDuration(interval),
            GoDuration(timeout),
            GoDuration(unhealthy_after)
        ));
    }
}

/// What is wrong with a value; a variable may hold any.
fn invalid_value(name: &str, text: &str) -> Option<String> {
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

    fn notes(options: &[(&'static str, &str)]) -> Vec<String> {
        let options = options.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let mut notes = Notes::default();
        Timing { options }.find_mistakes(&mut notes);
        notes.into_lines().collect()
    }

    #[test]
    fn notes_invalid_values_and_combinations() {
        let table: [(&[(&'static str, &str)], &str); 6] = [
            (&[("start-interval", "1s")], "start-interval has no effect without a start-period"),
            (&[("start-interval", "1s"), ("start-period", "0")], "without a start-period"),
            (&[("interval", "5s"), ("timeout", "10s")], "becomes unhealthy only after 45s"),
            (&[("interval", "5s"), ("retries", "10")], "becomes unhealthy only after 5m50s"),
            (&[("interval", "5")], "interval: '5' is not a duration: the unit is missing"),
            (&[("retries", "x")], "retries: 'x' is not a number"),
        ];
        for (options, note) in table {
            let notes = notes(options);
            assert!(notes.len() == 1 && notes[0].contains(note), "{options:?}: {notes:?}");
        }
        assert!(notes(&[("interval", "30s"), ("timeout", "10s"), ("retries", "${N}")]).is_empty());
    }
}
