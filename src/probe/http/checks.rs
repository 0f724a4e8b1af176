//! Whether a body passes a check.

use super::BODY;
use super::response::Answer;
use crate::plan::probe::{BodyCheck, BodyTest, JsonTest};
use serde_json::Value;

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
    serde_json::from_slice(text).map_err(|error| format!("its body is not JSON ({error})"))
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
