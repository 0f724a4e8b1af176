//! jq: `jq -e '.status == "UP"'` decides, `jq -r .status` prints.

use crate::lab::explain::notes::Reason;
use crate::lab::explain::probe_command::{Output, ProbeCommand};
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::shell::word::Word;

pub(crate) const UNSUPPORTED: &str =
    "hinit's --json compares one value; only jq -e '.path == \"value\"' has an equivalent";

/// Adds the option that replaces the filter; whether its exit code depends on the value.
pub(super) fn apply(probe: &mut ProbeCommand, filter: &SimpleCommand) -> Result<bool, Reason> {
    let args: Vec<String> = filter.argv.iter().skip(1).map(Word::to_hinit).collect::<Result<_, _>>()?;
    let is_cluster = |arg: &str| arg.starts_with('-') && !arg.starts_with("--");
    let exit_status = args.iter().any(|arg| arg == "--exit-status" || (is_cluster(arg) && arg.contains('e')));
    let expression = args.iter().find(|arg| !arg.starts_with('-')).ok_or("its jq has no expression")?;
    let (path, value) = match expression.split_once("==") {
        Some((path, value)) => (path, Some(literal(value.trim()).ok_or(UNSUPPORTED)?)),
        None => (expression.as_str(), None),
    };
    let path = path.trim().trim_start_matches('.');
    let is_plain = !path.is_empty() && path.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
    match value {
        Some(value) if exit_status && is_plain => probe.push("json", format!("{path}={value}")),
        None if !exit_status && is_plain => probe.output = Output::JsonValue(path.to_owned()),
        _ => return Err(UNSUPPORTED.into()),
    }
    Ok(value.is_some())
}

/// `"UP"` without its quotes, or `true`, `1`.
fn literal(text: &str) -> Option<&str> {
    let (inside, is_plain) = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inside) => (inside, !inside.contains(['"', '\\'])),
        None => (text, ["true", "false", "null"].contains(&text) || text.parse::<i64>().is_ok()),
    };
    (is_plain && !inside.is_empty()).then_some(inside)
}
