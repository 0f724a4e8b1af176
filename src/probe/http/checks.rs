//! Whether a body passes its checks.

use super::body::{BODY_LIMIT, Body, JSON_LIMIT};
use crate::plan::probe::{BodyCheck, BodyTest, JsonTest};
use serde_json::Value;

/// 1 MiB of small objects would take 100 MiB as a document, of the memory that
/// the app needs; this many values take 10 MiB.
const MAX_VALUES: usize = 20_000;

/// Whether no more of the body can make a difference. It nearly always can: what
/// must not be there may still come, and a pattern can match the end.
pub(super) fn are_decided(checks: &[BodyCheck], body: &Body) -> bool {
    checks.iter().all(|check| match &check.test {
        BodyTest::Contains(_) if !check.negated => failure(check, body).is_none(),
        _ => false,
    })
}

/// Why a check fails, in words that follow "but"; none if it passes.
pub(super) fn failure(check: &BodyCheck, body: &Body) -> Option<String> {
    // With a --json there may be more of the body than these look at.
    let text = &body.bytes()[..body.bytes().len().min(BODY_LIMIT)];
    let found = match &check.test {
        BodyTest::Contains(wanted) => contains(text, wanted),
        BodyTest::Match(pattern) => pattern.matches(&String::from_utf8_lossy(text)),
        BodyTest::Json(test) => match json(body) {
            Ok(document) if check.negated => has(&document, test),
            Ok(document) => return mismatch(&document, test),
            Err(why) => return Some(why),
        },
    };
    let is_partial = body.is_cut() || text.len() < body.bytes().len();
    let limit = if is_partial { format!(" in its first {} KiB", BODY_LIMIT / 1024) } else { String::new() };
    match (found, check.negated) {
        (true, true) => Some(format!("its body does {}", check.test)),
        (false, false) => Some(format!("its body does not {}{limit}", check.test)),
        _ => None,
    }
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

fn json(body: &Body) -> Result<Value, String> {
    if body.is_cut() {
        let limit = JSON_LIMIT / 1024 / 1024;
        return Err(format!("its body is longer than the {limit} MiB of JSON that hinit reads"));
    }
    // Some servers write a byte order mark before it (RFC 8259, 8.1).
    let text = body.bytes().strip_prefix(b"\xef\xbb\xbf").unwrap_or(body.bytes());
    if count_values(text) > MAX_VALUES {
        return Err(format!("its body has more than the {MAX_VALUES} values of JSON that hinit reads"));
    }
    serde_json::from_slice(text).map_err(|error| format!("its body is not JSON ({error})"))
}

/// At least the number of values in a document, valid or not: what starts one
/// outside of strings.
fn count_values(text: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (1, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' | b',' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

fn has(document: &Value, test: &JsonTest) -> bool {
    test.find(document).is_some_and(|value| test.accepts(value))
}

fn mismatch(document: &Value, test: &JsonTest) -> Option<String> {
    match test.find(document) {
        None => Some(format!("its body has nothing at '{}'", test.path.join("."))),
        Some(value) if test.accepts(value) => None,
        Some(value) => {
            Some(format!("its body has {value} at '{}', expected {}", test.path.join("."), test.value))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::headers::BodyLength;
    use super::*;

    #[test]
    fn counts_no_fewer_values_than_there_are() {
        let table = [
            ("", 1),
            ("7", 1),
            ("[]", 2),
            ("[1,2]", 3),
            (r#"{"a,[{": "b,\",,", "c": {}}"#, 4),
            (r#"["\\", 1]"#, 3),
        ];
        for (text, count) in table {
            assert_eq!(count_values(text.as_bytes()), count, "{text}");
        }
    }

    #[test]
    fn reads_no_document_of_too_many_values() {
        let body = |count| {
            let mut body = Body::new(BodyLength::UntilClose, None);
            body.feed(format!("[{}1]", r#"{"":0},"#.repeat(count)).as_bytes()).unwrap();
            body
        };
        assert!(json(&body(MAX_VALUES / 2 - 1)).is_ok());
        let why = json(&body(MAX_VALUES / 2)).unwrap_err();
        assert_eq!(why, "its body has more than the 20000 values of JSON that hinit reads");
    }
}
