//! Values that curl and wget parse alike: URLs and seconds.

use crate::plan::probe::target::{HttpUri, UrlError};
use crate::probe::http::normal_path;
use std::time::Duration;

/// Parses a URL that was split at `://`.
pub(super) fn parse_url(scheme: &str, rest: &str) -> Result<HttpUri, UrlError> {
    let mut uri = HttpUri::parse(&format!("{scheme}://{rest}"))?;
    uri.path = normal_path(&uri.path);
    Ok(uri)
}

/// Parses `5` and `0.5` without floating point, which costs 15 KB of the binary.
pub(super) fn parse_seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let nanos = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let whole = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    Some(Duration::new(whole, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_seconds_with_their_fractions() {
        let table = [
            ("5", Some(5_000)),
            ("0.5", Some(500)),
            (".25", Some(250)),
            ("1.", Some(1_000)),
            ("0.0019999999999", Some(1)),
            ("0", Some(0)),
            ("", None),
            (".", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("x", None),
            ("1.x", None),
            ("99999999999999999999", None),
        ];
        for (text, millis) in table {
            assert_eq!(parse_seconds(text).map(|time| time.as_millis()), millis, "{text}");
        }
    }
}
