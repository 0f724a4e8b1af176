//! The statuses that a pattern of grep matches.

/// Whether a pattern is a status, with or without its phrase: `200 OK`.
pub(super) fn is_status(pattern: &str) -> bool {
    let (code, phrase) = pattern.split_once(' ').unwrap_or((pattern, ""));
    let digits = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
    digits && phrase.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ')
}

/// The statuses of a pattern for output that is only the status: `200`, `^2`,
/// `200|302`, `^[23]`.
pub(super) fn in_status(pattern: &str) -> Option<String> {
    let is_anchored = pattern.starts_with('^');
    let alternatives = pattern.trim_start_matches('^').trim_end_matches('$').trim_matches(['(', ')']);
    joined(&mut alternatives.split('|').map(|alternative| {
        let text = alternative.trim_end_matches(['\\', '$']);
        let is_whole = is_anchored || text.len() >= 3 || text.starts_with('^');
        status(text.trim_start_matches('^'), true).filter(|_| is_whole)
    }))
}

/// The statuses of a pattern for the status line; `bare` if it may be only a
/// status such as `200`.
pub(super) fn in_status_line(pattern: &str, bare: bool) -> Option<String> {
    let pattern = pattern.replace(r"\|", "|").replace(r"\(", "(").replace(r"\)", ")");
    let group = pattern.trim_end_matches(['$', ' ']).strip_suffix(')').and_then(|text| text.split_once('('));
    let (alternatives, bare) = match group {
        Some((before, alternatives)) if is_version(before) => (alternatives, true),
        _ => (pattern.as_str(), bare),
    };
    joined(&mut alternatives.split('|').map(|alternative| status(alternative, bare)))
}

/// The statuses of all alternatives; none if one of them has none.
fn joined(each: &mut dyn Iterator<Item = Option<String>>) -> Option<String> {
    Some(each.collect::<Option<Vec<_>>>()?.join(","))
}

/// `HTTP/1.1 `.
fn is_version(text: &str) -> bool {
    text.trim_start_matches('^').starts_with("HTTP/") && text.ends_with(' ')
}

/// `HTTP/1.1 302 Found`, `^HTTP/.* 3[0-9]{2} `, `HTTP/1.1 [1-3]`; `200` if `bare`.
fn status(pattern: &str, bare: bool) -> Option<String> {
    let text = pattern.trim_start_matches('^');
    let text = match text.strip_prefix("HTTP/") {
        Some(after) => after.split_once(' ')?.1,
        None if bare => text,
        None => return None,
    };
    let digits = text.trim_start();
    if let Some(class) = digits.strip_prefix('[') {
        return class_statuses(class.split_once(']')?.0);
    }
    let exact = digits.get(..3).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    if let Some(exact) = exact {
        let continues = digits[3..].starts_with(|c: char| c.is_ascii_digit() || "*+?{\\".contains(c));
        return (!continues).then(|| exact.to_owned());
    }
    let class = digits.get(..1).filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
    let rest = &digits[1..];
    let any_digits = rest.is_empty() || ["[0-9]", "..", r"\d"].iter().any(|form| rest.starts_with(form));
    if any_digits { status_range(class, class) } else { None }
}

/// `1-3` or `23`.
fn class_statuses(class: &str) -> Option<String> {
    if let Some((low, high)) = class.split_once('-') {
        return status_range(low, high);
    }
    let mut ranges = class.chars().map(|digit| status_range(&digit.to_string(), &digit.to_string()));
    joined(&mut ranges).filter(|ranges| !ranges.is_empty())
}

fn status_range(low: &str, high: &str) -> Option<String> {
    let one = |text: &str| text.parse::<u8>().ok().filter(|digit| (1..=5).contains(digit));
    Some(format!("{}00-{}99", one(low)?, one(high)?))
}
