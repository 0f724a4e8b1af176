//! What an answer is piped through: `| grep -q '"status":"UP"'`.

use super::curl::NO_FAIL;
use super::grep;
use crate::lab::explain::mistakes::add;
use crate::lab::explain::probe::{Codes, Prints, Probe};
use crate::lab::explain::shell::word::Why;
use crate::lab::explain::shell::{Command, Simple, Word};

/// Adds what the filters look for to the probe; whether the exit code depends
/// on it at all.
///
/// # Errors
/// A filter that hinit has no check for.
pub(crate) fn apply(probe: &mut Probe, filters: &[Command], notes: &mut Vec<String>) -> Result<bool, Why> {
    let mut decides = filters.is_empty();
    let mut first_line = false;
    for filter in filters {
        let Command::Simple(filter) = filter else {
            return Err("its answer goes through a group of commands".into());
        };
        let program = filter.program().unwrap_or_default();
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
            "cat" | "tee" | "tr" => decides = false,
            "awk" | "cut" | "wc" | "sed" if probe.prints == Prints::Body => decides = false,
            _ => return Err(format!("what {program} makes of the answer hinit cannot say")),
        }
    }
    if !decides {
        let last = filters.last().map_or(String::new(), |_| last_program(filters));
        add(notes, format!("{PIPE} {last}, which always succeeds"));
    } else if !filters.is_empty() {
        // The pipe hides the program's own exit code, so the text decides.
        notes.retain(|note| note != NO_FAIL);
        probe.codes = Codes { refused_by_server: 1, no_answer: 1 };
    }
    Ok(decides)
}

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
    let decides = words.iter().any(|word| word == "-e" || word == "--exit-status");
    let expression = words.iter().find(|word| !word.starts_with('-')).ok_or("its jq has no expression")?;
    let (path, value) = match expression.split_once("==") {
        Some((path, value)) => (path, Some(value.trim().trim_matches('"'))),
        None => (expression.as_str(), None),
    };
    let path = path.trim().trim_start_matches('.');
    let plain = !path.is_empty() && path.chars().all(|c| c.is_alphanumeric() || "_.-".contains(c));
    match value {
        Some(value) if decides && plain => probe.checks.push(("json", Some(format!("{path}={value}")))),
        None if !decides && plain => probe.prints = Prints::Value(path.to_owned()),
        _ => return Err(JQ.into()),
    }
    Ok(value.is_some())
}

pub(crate) const JQ: &str =
    "hinit's --json compares one value: only jq -e '.path == \"value\"' can be said with it";
