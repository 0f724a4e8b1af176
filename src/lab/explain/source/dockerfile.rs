//! A Dockerfile, as far as it leads to its HEALTHCHECKs: comments, continued
//! lines, the escape directive, here-documents, stages.

use super::Check;
use super::instruction::{self, SHOWN, json_list, split_word};
use crate::error::Result;
use crate::text::one_line;

/// An instruction with its continued lines joined, and where it begins.
struct Instruction {
    line: usize,
    text: String,
}

/// The HEALTHCHECK that holds for each stage: its last one.
///
/// # Errors
/// A HEALTHCHECK that docker build would refuse, with its line.
pub(super) fn checks(text: &str) -> Result<Vec<Check>> {
    let mut found: Vec<Check> = Vec::new();
    let (mut stage, mut shell, mut first_of_stage) = (None::<String>, Vec::new(), 0);
    for instruction in instructions(text) {
        let (word, rest) = split_word(&instruction.text);
        match word.to_ascii_uppercase().as_str() {
            "FROM" => {
                (stage, shell, first_of_stage) = (Some(stage_name(rest)), Vec::new(), found.len());
            }
            "SHELL" => shell = json_list(rest).unwrap_or_default(),
            "HEALTHCHECK" | "ONBUILD" => {
                let is_onbuild = word.eq_ignore_ascii_case("ONBUILD");
                let (inner, behind) = split_word(rest);
                if is_onbuild && !inner.eq_ignore_ascii_case("HEALTHCHECK") {
                    continue;
                }
                let (mark, arguments) = if is_onbuild { (ONBUILD, behind) } else { ("", rest) };
                let place = format!("line {}{mark}", instruction.line);
                let check = instruction::check(&instruction.text, arguments, &shell)
                    .map_err(|error| error.at(&place))?;
                if !is_onbuild {
                    overrule(&mut found[first_of_stage..], instruction.line);
                }
                found.push(Check { place: place_in(&place, stage.as_deref()), ..check });
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Of a check that is only for the images built from this one.
const ONBUILD: &str = ", ONBUILD";

/// Docker takes only the last HEALTHCHECK of a stage.
fn overrule(earlier: &mut [Check], line: usize) {
    if let Some(check) = earlier.iter_mut().rev().find(|check| !check.place.contains(ONBUILD)) {
        check.notes.push(format!("docker ignores this one: line {line} overrules it"));
    }
}

fn place_in(line: &str, stage: Option<&str>) -> String {
    match stage.filter(|name| !name.is_empty()) {
        Some(name) => format!("{line}, stage {}", one_line(name, SHOWN)),
        None => line.to_owned(),
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

/// A single instruction, its continued lines joined.
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
            // Comments and empty lines inside a continued line are left out.
            let left_out = is_comment(line) || (line.is_empty() && !text.is_empty());
            let more = left_out || line.ends_with(escape);
            if !left_out {
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

/// `# escape=`, among the directives at the top.
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

/// The words that end the here-documents of an instruction: `RUN <<EOF`.
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
