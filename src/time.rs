//! Moments of the monotonic clock, and durations in Go's notation, which Docker
//! uses.

use crate::error::{Error, Result};
use std::fmt;
use std::time::Duration;

/// A reading of the monotonic clock: the time since an arbitrary origin.
///
/// Pure modules get it as an argument; they compare and subtract moments only.
pub(crate) type Moment = Duration;

const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
];
const HOUR: u64 = 3_600_000_000_000;

/// Reads a duration as Go's `time.ParseDuration` does: `1h30m`, `1.5s`,
/// `500ms`; a unit is required except for `0`, and there is no `d`.
///
/// # Errors
/// A negative duration, a missing or unknown unit, or a value over Go's limit
/// of 2^63-1 ns (292 years).
pub fn parse_duration(text: &str) -> Result<Duration> {
    let invalid = |why: &str| Error::new(format!("'{text}' is not a duration: {why}"));
    if text == "0" || text == "+0" || text == "-0" {
        return Ok(Duration::ZERO);
    }
    if text.starts_with('-') {
        return Err(invalid("it is negative; write 0 or more, such as 30s"));
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return Err(invalid("it is empty; write a number and a unit, such as 30s"));
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (nanos, after) = parse_term(rest).map_err(invalid)?;
        total = total
            .checked_add(nanos)
            .filter(|sum| i64::try_from(*sum).is_ok())
            .ok_or_else(|| invalid("it is longer than 292 years"))?;
        rest = after;
    }
    Ok(Duration::from_nanos(total))
}

/// One number with its unit, in nanoseconds, and what follows it.
fn parse_term(text: &str) -> std::result::Result<(u64, &str), &'static str> {
    const NUMBER: &str = "write a number and a unit (ns, us, ms, s, m, h), such as 30s or 1m30s";
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    if whole.is_empty() && fraction.is_empty() {
        return Err(NUMBER);
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(end);
    let scale = unit_nanos(unit)?;
    let whole: u64 =
        if whole.is_empty() { Ok(0) } else { whole.parse() }.map_err(|_| "it is longer than 292 years")?;
    whole
        .checked_mul(scale)
        .and_then(|nanos| nanos.checked_add(fraction_nanos(fraction, scale)))
        .map(|nanos| (nanos, after))
        .ok_or("it is longer than 292 years")
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn unit_nanos(unit: &str) -> std::result::Result<u64, &'static str> {
    match unit {
        "" => Err("the unit is missing; write one of ns, us, ms, s, m, h, such as 30s"),
        "h" => Ok(HOUR),
        "d" => Err("there is no unit d; write hours, such as 24h"),
        _ => UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, scale)| *scale)
            .ok_or("its unit is unknown; write one of ns, us, ms, s, m, h, such as 30s"),
    }
}

/// The digits after the decimal point, truncated to whole nanoseconds as in Go.
fn fraction_nanos(digits: &str, scale: u64) -> u64 {
    let mut nanos = 0;
    let mut unit = scale;
    for digit in digits.bytes() {
        let value = u128::from(unit) * u128::from(digit - b'0') / 10;
        nanos += u64::try_from(value).unwrap_or(0);
        unit /= 10;
    }
    nanos
}

/// Shows a duration as Go does: `1m30s`, `1.5s`, `500ms`, `0s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoDuration(pub Duration);

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => decimal(f, nanos, 1_000, "\u{b5}s"),
            1_000_000..1_000_000_000 => decimal(f, nanos, 1_000_000, "ms"),
            _ => clock_form(f, nanos),
        }
    }
}

fn clock_form(f: &mut fmt::Formatter<'_>, nanos: u128) -> fmt::Result {
    let minutes = nanos / 60_000_000_000;
    if minutes >= 60 {
        write!(f, "{}h", minutes / 60)?;
    }
    if minutes > 0 {
        write!(f, "{}m", minutes % 60)?;
    }
    decimal(f, nanos % 60_000_000_000, 1_000_000_000, "s")
}

fn decimal(f: &mut fmt::Formatter<'_>, nanos: u128, scale: u128, unit: &str) -> fmt::Result {
    write!(f, "{}", nanos / scale)?;
    let rest = nanos % scale;
    if rest > 0 {
        let width = scale.ilog10() as usize;
        let digits = format!("{rest:0width$}");
        write!(f, ".{}", digits.trim_end_matches('0'))?;
    }
    f.write_str(unit)
}

/// A duration for a log line, rounded down to at most three digits.
pub(crate) fn rounded(duration: Duration) -> GoDuration {
    let grain = match duration.as_millis() {
        0 => 1_000,
        1..1_000 => 1_000_000,
        1_000..60_000 => 100_000_000,
        _ => 1_000_000_000,
    };
    let nanos = duration.as_nanos() / grain * grain;
    GoDuration(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_as_go_does() {
        let table: [(&str, u64); 16] = [
            ("0", 0),
            ("0s", 0),
            ("-0", 0),
            ("30s", 30_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5s", 1_500_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("500ms", 500_000_000),
            ("+5s", 5_000_000_000),
            ("1us", 1_000),
            ("1\u{b5}s", 1_000),
            ("1\u{3bc}s", 1_000),
            ("0.1h", 360_000_000_000),
            ("1m1m", 120_000_000_000),
            ("9223372036854775807ns", 9_223_372_036_854_775_807),
        ];
        for (text, nanos) in table {
            assert_eq!(parse_duration(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn rejects_what_go_rejects_and_says_why() {
        let table = [
            ("", "empty"),
            ("+", "empty"),
            ("30", "unit is missing"),
            ("1d", "no unit d"),
            ("-5s", "negative"),
            ("s", "number"),
            (".s", "number"),
            ("5 s", "unit is unknown"),
            ("1x", "unit is unknown"),
            ("9223372036854775808ns", "292 years"),
            ("99999999999999999999h", "292 years"),
            ("3000000h", "292 years"),
        ];
        for (text, why) in table {
            let error = parse_duration(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn shows_durations_as_go_does() {
        let table = [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5\u{b5}s"),
            (500_000_000, "500ms"),
            (1_500_000_000, "1.5s"),
            (10_000_000_000, "10s"),
            (90_000_000_000, "1m30s"),
            (3_600_000_000_000, "1h0m0s"),
            (5_400_500_000_000, "1h30m0.5s"),
        ];
        for (nanos, text) in table {
            assert_eq!(GoDuration(Duration::from_nanos(nanos)).to_string(), text);
        }
    }

    #[test]
    fn rounds_for_a_person() {
        let table = [(1_234_567, "1ms"), (1_234_567_890, "1.2s"), (61_900_000_000, "1m1s")];
        for (nanos, text) in table {
            assert_eq!(rounded(Duration::from_nanos(nanos)).to_string(), text);
        }
    }
}
