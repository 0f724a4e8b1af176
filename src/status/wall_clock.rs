//! Wall-clock times for people, from moments of the monotonic clock.

use crate::time::Moment;
use std::time::{Duration, SystemTime};

/// A smaller difference is a gradual correction of the clock, not a jump.
const JUMP: Duration = Duration::from_secs(1);
/// The last second that RFC 3339 can write, 9999-12-31T23:59:59Z, in s.
const LAST_SECOND: u64 = 253_402_300_799;

/// Converts moments to wall-clock times.
///
/// The offset is kept until the wall clock jumps, so that the time of a moment
/// does not change from one document to the next.
#[derive(Debug, Clone, Copy)]
pub struct WallClock {
    moment: Moment,
    time: SystemTime,
}

impl WallClock {
    /// Readings of both clocks at the same time.
    pub fn new(moment: Moment, time: SystemTime) -> Self {
        Self { moment, time }
    }

    /// New readings: adjusts the offset after a jump of more than a second.
    pub fn sync(&mut self, moment: Moment, time: SystemTime) {
        let known = self.at(moment);
        let difference = known.duration_since(time).or_else(|_| time.duration_since(known));
        if difference.is_ok_and(|difference| difference > JUMP) {
            *self = Self::new(moment, time);
        }
    }

    /// The wall-clock time of a moment.
    pub fn at(&self, moment: Moment) -> SystemTime {
        let later = self.time.checked_add(moment.saturating_sub(self.moment));
        let time = later.and_then(|time| time.checked_sub(self.moment.saturating_sub(moment)));
        time.unwrap_or_else(last_time)
    }
}

fn last_time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_SECOND)
}

/// RFC 3339 without trailing zeros, as Docker writes times.
pub(super) fn show_time(time: SystemTime) -> String {
    let time = time.clamp(SystemTime::UNIX_EPOCH, last_time());
    let text = humantime::format_rfc3339_nanos(time).to_string();
    let digits = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
    format!("{digits}Z")
}

/// Reads what [`show_time`] wrote.
pub(super) fn parse_time(text: &str) -> Option<SystemTime> {
    humantime::parse_rfc3339(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_second(secs: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn a_moment_keeps_its_time_until_the_wall_clock_jumps() {
        let moment = Duration::from_secs;
        let mut clock = WallClock::new(moment(10), at_second(1000));
        clock.sync(moment(20), at_second(1010) + Duration::from_millis(900));
        assert_eq!((clock.at(moment(5)), clock.at(moment(20))), (at_second(995), at_second(1010)));
        clock.sync(moment(20), at_second(500));
        assert_eq!(clock.at(moment(20)), at_second(500));
        clock.sync(moment(20), at_second(5000));
        assert_eq!(clock.at(moment(21)), at_second(5001));
    }

    #[test]
    fn writes_times_as_docker_does_and_reads_them() {
        let table = [(0, "2001-09-09T01:46:40Z"), (120_000_000, "2001-09-09T01:46:40.12Z")];
        for (nanos, text) in table {
            let time = at_second(1_000_000_000) + Duration::from_nanos(nanos);
            assert_eq!(show_time(time), text);
            assert_eq!(parse_time(text), Some(time));
        }
    }

    #[test]
    fn times_beyond_the_calendar_are_cut_off() {
        let clock = WallClock::new(Duration::ZERO, at_second(0));
        assert_eq!(show_time(clock.at(Duration::MAX)), "9999-12-31T23:59:59Z");
        assert_eq!(show_time(at_second(0) - Duration::from_secs(5)), "1970-01-01T00:00:00Z");
    }
}
