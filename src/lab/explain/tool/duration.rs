//! Timeouts, in Docker's notation.

use crate::time::{GoDuration, parse_duration};

/// The timeout of `5`, `0.5`, `10s` or `1m`, as timeout and curl take it; none
/// for 0, which disables it.
pub(crate) fn from_seconds(text: &str) -> Option<String> {
    if text.starts_with("${") && text.ends_with('}') {
        return Some(format!("{text}s"));
    }
    let unit = if text.ends_with(|c: char| c.is_ascii_digit()) { "s" } else { "" };
    let timeout = parse_duration(&format!("{text}{unit}")).ok()?;
    (!timeout.is_zero()).then(|| GoDuration(timeout).to_string())
}
