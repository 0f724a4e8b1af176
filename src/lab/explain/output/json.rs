//! `--format json`: an array with an object for each check.

use crate::lab::explain::notes::Finding;
use crate::lab::explain::report::Explained;
use crate::text::one_line;
use serde_json::{Value, json};

/// The version of the objects; it changes when a field changes its meaning.
const SCHEMA: u32 = 1;

pub(super) fn print(checks: &[Explained], file: Option<&str>) -> String {
    let file = file.map(|path| one_line(path, usize::MAX));
    let checks: Vec<Value> = checks.iter().map(|check| object(check, file.as_deref())).collect();
    format!("{:#}\n", Value::from(checks))
}

fn object(check: &Explained, file: Option<&str>) -> Value {
    json!({
        "schema": SCHEMA,
        "file": file,
        "line": check.line,
        "location": check.location,
        "old": check.old,
        "new": check.health_check.as_ref().ok(),
        "reason": check.health_check.as_ref().err(),
        "pid1": check.entrypoint,
        "notes": check.notes.iter().map(note).collect::<Vec<_>>(),
    })
}

fn note(note: &Finding) -> Value {
    json!({
        "id": note.rule.id(),
        "level": note.rule.level().name(),
        "line": note.line,
        "text": note.text,
    })
}
