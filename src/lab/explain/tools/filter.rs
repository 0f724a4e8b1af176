//! What an answer is piped through: `| grep -q '"status":"UP"'`.

use super::grep;
use crate::lab::explain::mistakes::add;
use crate::lab::explain::probe::{Codes, Prints, Probe};
use crate::lab::explain::shell::word::Why;
use crate::lab::explain::shell::{Command, Simple, Word};

/// Adds what the filters look for to the probe; whether the exit code depends
/// on it at all. With `pipefail` it always does.
///
/// # Errors
/// A filter that hinit has no check for.
pub(crate) fn apply(
    probe: &mut Probe,
    filters: &[Command],
    pipefail: bool,
    notes: &mut Vec<String>,
) -> Result<bool, Why> {
    let mut decides = filters.is_empty();
    let mut first_line = false;
    let mut changed_by: Option<String> = None;
    for filter in filters {
        let Command::Simple(filter) = filter else {
            return Err("its answer goes through a group of commands".into());
        };
        let program = filter.program().unwrap_or_default();
        if let Some(by) = changed_by.as_ref().filter(|_| program.ends_with("grep") || program == "jq") {
            return Err(made_of_it(by));
        }
        match program.as_str() {
            "grep" | "egrep" | "fgrep" => {
                decides = true;
                grep::apply(probe, filter, first_line, notes)?;
            }
            "head" => {
                first_line = true;
                decides = false;
            }
            "jq" => decides = jq(probe, filter)?,
            "cat" | "tee" | "true" | ":" => decides = false,
            "tr" | "awk" | "cut" | "wc" | "sed" if is_body(probe) => {
                probe.prints = Prints::Filtered;
                changed_by = Some(program);
                decides = false;
            }
            _ => return Err(made_of_it(&program)),
        }
    }
    if decides && !filters.is_empty() {
        // The pipe hides the program's own exit code, so the text decides.
        probe.lenient = probe.lenient.filter(|_| !probe.has("status")).map(|_| ANY_STATUS);
        probe.codes = Codes { refused_by_server: 1, no_answer: 1 };
    } else if !decides && !pipefail {
        let (last, succeeds) = match last_program(filters).as_str() {
            "jq" => ("jq".to_owned(), "succeeds for whatever is JSON"),
            last => (last.to_owned(), "always succeeds"),
        };
        add(notes, format!("{PIPE} {last}, which {succeeds}"));
    }
    Ok(decides || pipefail)
}

fn is_body(probe: &Probe) -> bool {
    matches!(probe.prints, Prints::Body | Prints::Whole | Prints::Filtered)
}

fn made_of_it(program: &str) -> Why {
    format!("what {program} makes of the answer hinit cannot say")
}

/// Of a pipe that looks at the body alone.
pub(crate) const ANY_STATUS: &str =
    "the pipe looks at the body whatever the status is; hinit also wants 200-399";

/// How the note begins that nobody needs who compares what is printed.
pub(crate) const PIPE: &str = "the exit code of the pipe is that of";

fn last_program(filters: &[Command]) -> String {
    match filters.last() {
        Some(Command::Simple(simple)) => simple.program().unwrap_or_default(),
        _ => String::new(),
    }
}

/// `jq -e '.status == "UP"'` decides, `jq -r .status` prints.
fn jq(probe: &mut Probe, filter: &Simple) -> Result<bool, Why> {
    let words: Vec<String> = filter.words.iter().skip(1).map(Word::in_hinit).collect::<Result<_, _>>()?;
    let is_cluster = |word: &str| word.starts_with('-') && !word.starts_with("--");
    let decides = words.iter().any(|w| w == "--exit-status" || (is_cluster(w) && w.contains('e')));
    let expression = words.iter().find(|word| !word.starts_with('-')).ok_or("its jq has no expression")?;
    let (path, value) = match expression.split_once("==") {
        Some((path, value)) => (path, Some(literal(value.trim()).ok_or(JQ)?)),
        None => (expression.as_str(), None),
    };
    let path = path.trim().trim_start_matches('.');
    let plain = !path.is_empty() && path.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
    match value {
        Some(value) if decides && plain => probe.checks.push(("json", Some(format!("{path}={value}")))),
        None if !decides && plain => probe.prints = Prints::Value(path.to_owned()),
        _ => return Err(JQ.into()),
    }
    Ok(value.is_some())
}

/// `"UP"` without its quotes, or `true`, `1`.
fn literal(text: &str) -> Option<&str> {
    let (inside, plain) = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inside) => (inside, !inside.contains(['"', '\\'])),
        None => (text, ["true", "false", "null"].contains(&text) || text.parse::<i64>().is_ok()),
    };
    (plain && !inside.is_empty()).then_some(inside)
}

pub(crate) const JQ: &str =
    "hinit's --json compares one value: only jq -e '.path == \"value\"' can be said with it";
