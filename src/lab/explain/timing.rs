//! The timing options of a health check, as they are written.

use super::notes::Notes;
use super::rules::Rule;
use crate::plan;
use crate::probe::DEFAULT_TIMEOUT;
use crate::time::{GoDuration, parse_duration};
use std::time::Duration;

/// `interval`, `timeout`, `start-period`, `start-interval` and `retries`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Timing {
    /// Name and value, in the order of the file.
    options: Vec<(&'static str, String)>,
    /// The lines of a compose file in which they stand.
    lines: Vec<(&'static str, usize)>,
}

/// Docker's names; hinit's start with `--health-`.
pub(super) const NAMES: [&str; 5] = ["interval", "timeout", "start-period", "start-interval", "retries"];

impl Timing {
    pub(super) fn set(&mut self, name: &'static str, value: String) {
        self.options.push((name, value));
    }

    /// Where an option stands, if not in the line of the check.
    pub(super) fn set_line(&mut self, name: &'static str, line: usize) {
        self.lines.push((name, line));
    }

    fn line(&self, name: &str) -> Option<usize> {
        self.lines.iter().rev().find(|(known, _)| *known == name).map(|(_, line)| *line)
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

    /// The timeout to hand on to `hinit probe`, whose own is `own` or the
    /// default: less than the check's, so that the probe reports its reason
    /// before the runtime kills it.
    ///
    /// That is a tenth less, and 500ms at the most: 2.7s of 3s, 9.5s of 10s.
    pub(super) fn probe_timeout(&self, own: Option<&str>) -> Option<String> {
        const MOST: Duration = Duration::from_millis(500);
        if self.has_unknown_timeout() {
            return None;
        }
        let stated = self.duration("timeout");
        let timeout = stated.unwrap_or(plan::Timing::default().timeout);
        let limit = timeout.saturating_sub(MOST.min(timeout / 10));
        let is_needed = match own {
            Some(own) => parse_duration(own).is_ok_and(|own| own > limit),
            None => stated.is_some() && limit != DEFAULT_TIMEOUT,
        };
        (is_needed && limit >= Duration::from_millis(1)).then(|| GoDuration(limit).to_string())
    }

    /// Whether the timeout is in a variable of compose.
    pub(super) fn has_unknown_timeout(&self) -> bool {
        self.text("timeout").is_some_and(|text| parse_duration(text).is_err())
    }

    /// Notes invalid values and combinations.
    pub(super) fn find_mistakes(&self, notes: &mut Notes) {
        for name in NAMES {
            if let Some(note) = self.text(name).and_then(|text| invalid_value(name, text)) {
                notes.add_at(Rule::InvalidTiming, self.line(name), note);
            }
        }
        if self.text("start-interval").is_some() && self.duration("start-period").is_none() {
            let line = self.line("start-interval");
            let note = "start-interval has no effect without a start-period";
            notes.add_at(Rule::StartIntervalAlone, line, note);
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
        let note = format!(
            "the interval ({}) is shorter than the timeout ({}): a hanging app becomes unhealthy only after {}",
            GoDuration(interval),
            GoDuration(timeout),
            GoDuration(unhealthy_after)
        );
        notes.add_at(Rule::IntervalUnderTimeout, self.line("interval"), note);
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

    fn timing(options: &[(&'static str, &str)]) -> Timing {
        let options = options.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Timing { options, lines: Vec::new() }
    }

    fn notes(options: &[(&'static str, &str)]) -> Vec<String> {
        let mut notes = Notes::default();
        timing(options).find_mistakes(&mut notes);
        notes.iter().map(|note| note.text.clone()).collect()
    }

    #[test]
    fn hands_on_a_timeout_a_little_under_the_check_s() {
        for (stated, own, handed_on) in [
            (Some("5s"), None, Some("4.5s")),
            (Some("3s"), None, Some("2.7s")),
            (Some("1m"), None, Some("59.5s")),
            (Some("100ms"), None, Some("90ms")),
            (Some("25500ms"), None, None),
            (Some("5s"), Some("3s"), None),
            (Some("5s"), Some("5s"), Some("4.5s")),
            (Some("5s"), Some("${T}s"), None),
            (Some("0"), None, None),
            (None, None, None),
            (None, Some("10s"), None),
            (None, Some("30s"), Some("29.5s")),
            (Some("${T}"), Some("60s"), None),
        ] {
            let options: Vec<_> = stated.iter().map(|stated| ("timeout", *stated)).collect();
            assert_eq!(timing(&options).probe_timeout(own).as_deref(), handed_on, "{stated:?} {own:?}");
        }
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
