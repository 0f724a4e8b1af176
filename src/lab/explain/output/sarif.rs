//! `--format sarif`: a log in SARIF 2.1.0, as code scanning services take it.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use crate::lab::explain::notes::Finding;
use crate::lab::explain::report::Explained;
use crate::lab::explain::rules::Rule;
use serde_json::{Value, json};
use std::fmt::Write as _;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn print(checks: &[Explained], file: Option<&str>) -> String {
    let notes: Vec<Finding> = checks.iter().flat_map(Explained::results).collect();
    let rules: Vec<Rule> = Rule::all().filter(|rule| notes.iter().any(|note| note.rule == *rule)).collect();
    let uri = file.map(uri);
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "hinit explain",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(*rule)).collect::<Vec<_>>(),
            }},
            "results": notes.iter().map(|note| result(note, &rules, uri.as_deref())).collect::<Vec<_>>(),
        }],
    });
    format!("{log:#}\n")
}

fn descriptor(rule: Rule) -> Value {
    json!({
        "id": rule.id(),
        "shortDescription": {"text": rule.summary()},
        "defaultConfiguration": {"level": rule.level().name()},
    })
}

fn result(note: &Finding, rules: &[Rule], uri: Option<&str>) -> Value {
    let mut result = json!({
        "ruleId": note.rule.id(),
        "ruleIndex": rules.iter().position(|rule| *rule == note.rule),
        "level": note.rule.level().name(),
        "message": {"text": note.text},
    });
    if let Some(uri) = uri {
        let mut location = json!({"artifactLocation": {"uri": uri}});
        if let Some(line) = note.line {
            location["region"] = json!({"startLine": line});
        }
        result["locations"] = json!([{"physicalLocation": location}]);
    }
    result
}

/// A relative path as a relative reference, an absolute one as `file:///...`.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
