//! Whether a body passes a check.

use super::BODY;
use super::response::Answer;
use crate::plan::probe::{BodyCheck, BodyTest, JsonTest};
use serde_json::Value;

/// A mebibyte of small objects would take a hundred of them as a document, from
/// the memory that the app has; so many take ten.
const MOST_VALUES: usize = 20_000;

/// Why it does not pass; reads on from "but".
pub(super) fn fault(check: &BodyCheck, answer: &Answer) -> Option<String> {
    // For a --json beside it there is more of the body than is looked through here.
    let body = &answer.body[..answer.body.len().min(BODY)];
    let found = match &check.test {
        BodyTest::Contains(text) => contains(body, text),
        BodyTest::Match(pattern) => pattern.matches(&String::from_utf8_lossy(body)),
        BodyTest::Json(test) => match json(answer) {
            Ok(document) if check.negated => has(&document, test),
            Ok(document) => return wanting(&document, test),
            Err(why) => return Some(why),
        },
    };
    let is_part = answer.is_cut || body.len() < answer.body.len();
    let limit = if is_part { format!(" in its first {} KiB", BODY / 1024) } else { String::new() };
    match (found, check.negated) {
        (true, true) => Some(format!("its body does {}", check.test)),
        (false, false) => Some(format!("its body does not {}{limit}", check.test)),
        _ => None,
    }
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

fn json(answer: &Answer) -> Result<Value, String> {
    if answer.is_cut {
        return Err("its body is longer than the 1 MiB of JSON that hinit reads".into());
    }
    // Some write a byte order mark before it (RFC 8259, 8.1).
    let text = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body);
    if values(text) > MOST_VALUES {
        return Err(format!("its body has more than the {MOST_VALUES} values of JSON that hinit reads"));
    }
    serde_json::from_slice(text).map_err(|error| format!("its body is not JSON ({error})"))
}

/// At least as many as a document has values, whether it is one or not: what
/// stands outside of strings and begins one.
fn values(text: &[u8]) -> usize {
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

fn wanting(document: &Value, test: &JsonTest) -> Option<String> {
    match test.find(document) {
        None => Some(format!("its body has nothing at '{}'", test.path.join("."))),
        Some(value) if test.accepts(value) => None,
        Some(value) => {
            Some(format!("its body has {value} at '{}', wanted {}", test.path.join("."), test.value))
        }
    }
}

#[cfg(test)]
mod tests {
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
            assert_eq!(values(text.as_bytes()), count, "{text}");
        }
    }

    #[test]
    fn reads_no_document_of_too_many_values() {
        let answer = |count| {
            let body = format!("[{}1]", r#"{"":0},"#.repeat(count)).into_bytes();
            let (phrase, heads) = (String::new(), Vec::new());
            Answer { status: 200, phrase, heads, head_start: 0, body, is_cut: false }
        };
        assert!(json(&answer(MOST_VALUES / 2 - 1)).is_ok());
        let why = json(&answer(MOST_VALUES / 2)).unwrap_err();
        assert_eq!(why, "its body has more than the 20000 values of JSON that hinit reads");
    }
}
