//! The HEALTHCHECKs of a Dockerfile. It parses what they depend on: comments,
//! line continuations, the escape directive, here-documents, stages.

use super::instruction::{self, split_word};
use crate::error::Result;
use crate::lab::explain::exec_form;
use crate::lab::explain::health_check::{HealthCheck, MAX_SHOWN};
use crate::text::one_line;

/// An instruction with its line continuations joined, and its first line.
struct Instruction {
    line: usize,
    text: String,
}

/// All HEALTHCHECKs, those that Docker ignores too.
///
/// # Errors
/// A HEALTHCHECK that docker build would reject, with its line.
pub(super) fn health_checks(text: &str) -> Result<Vec<HealthCheck>> {
    let mut stage = Stage::default();
    let mut found: Vec<HealthCheck> = Vec::new();
    for instruction in instructions(text) {
        let (keyword, rest) = split_word(&instruction.text);
        match keyword.to_ascii_uppercase().as_str() {
            "FROM" => stage = Stage { name: stage_name(rest), shell: Vec::new(), first_check: found.len() },
            "SHELL" => stage.shell = exec_form::parse(rest).unwrap_or_default(),
            "HEALTHCHECK" => {
                let check = stage.health_check(&instruction, "", rest)?;
                note_overridden(&mut found[stage.first_check..], instruction.line);
                found.push(check);
            }
            "ONBUILD" => match split_word(rest) {
                (inner, arguments) if inner.eq_ignore_ascii_case("HEALTHCHECK") => {
                    found.push(stage.health_check(&instruction, ONBUILD, arguments)?);
                }
                _ => {}
            },
            _ => {}
        }
    }
    Ok(found)
}

/// The stage that is being read.
#[derive(Default)]
struct Stage {
    /// Empty without one.
    name: String,
    /// The list of its last SHELL instruction.
    shell: Vec<String>,
    /// The index of its first check.
    first_check: usize,
}

impl Stage {
    fn health_check(&self, instruction: &Instruction, mark: &str, arguments: &str) -> Result<HealthCheck> {
        let line = format!("line {}{mark}", instruction.line);
        let check = instruction::health_check(&instruction.text, arguments, &self.shell)
            .map_err(|error| error.at(&line))?;
        let location = match self.name.as_str() {
            "" => line,
            name => format!("{line}, stage {}", one_line(name, MAX_SHOWN)),
        };
        Ok(HealthCheck { location, ..check })
    }
}

/// Marks a check for the images that are built from this one.
const ONBUILD: &str = ", ONBUILD";

/// Docker takes only the last HEALTHCHECK of a stage.
fn note_overridden(earlier: &mut [HealthCheck], line: usize) {
    if let Some(check) = earlier.iter_mut().rev().find(|check| !check.location.contains(ONBUILD)) {
        check.notes.add(format!("Docker ignores this check: line {line} overrides it"));
    }
}

/// The name after AS.
fn stage_name(from: &str) -> String {
    let words: Vec<&str> = from.split_whitespace().collect();
    match words.as_slice() {
        [.., before, name] if before.eq_ignore_ascii_case("as") => (*name).to_owned(),
        _ => String::new(),
    }
}

/// A single instruction with its line continuations joined.
pub(super) fn joined(text: &str) -> String {
    instructions(text).into_iter().map(|instruction| instruction.text).collect::<Vec<_>>().join(" ")
}

fn instructions(text: &str) -> Vec<Instruction> {
    let escape = escape_character(text);
    let mut lines = text.lines().enumerate();
    let mut instructions = Vec::new();
    while let Some((at, line)) = lines.next() {
        if is_comment(line) || line.trim().is_empty() {
            continue;
        }
        let mut text = String::new();
        let mut next = Some(line);
        while let Some(line) = next {
            let line = line.trim_end();
            // Comments and empty lines between continued lines are dropped.
            let dropped = is_comment(line) || (line.is_empty() && !text.is_empty());
            let more = dropped || line.ends_with(escape);
            if !dropped {
                text += line.strip_suffix(escape).unwrap_or(line);
            }
            next = if more { lines.next().map(|(_, line)| line) } else { None };
        }
        let text = text.trim().to_owned();
        for end in here_documents(&text) {
            let _skipped = lines.by_ref().find(|(_, line)| line.trim_start_matches('\t') == end);
        }
        instructions.push(Instruction { line: at + 1, text });
    }
    instructions
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The escape character of a `# escape=` directive at the top; default `\`.
fn escape_character(text: &str) -> char {
    for line in text.lines() {
        let Some((name, value)) = line.trim_start().strip_prefix('#').and_then(|line| line.split_once('='))
        else {
            break;
        };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

/// The delimiters of the here-documents of an instruction: `RUN <<EOF`.
fn here_documents(text: &str) -> Vec<String> {
    let (word, rest) = split_word(text);
    if !["RUN", "COPY", "ADD"].iter().any(|known| word.eq_ignore_ascii_case(known)) {
        return Vec::new();
    }
    let ends = rest.split("<<").skip(1).map(|after| {
        let word = after.strip_prefix('-').unwrap_or(after).trim_start_matches(['"', '\'']);
        let end = word.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(word.len());
        word[..end].to_owned()
    });
    ends.filter(|word| !word.is_empty()).collect()
}
