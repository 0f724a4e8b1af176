//! The instructions of a Dockerfile: comments, line continuations, the escape
//! directive, here-documents.

use crate::lab::explain::source::instruction::split_word;

/// An instruction with its line continuations joined, and its first line.
pub(super) struct Instruction {
    pub(super) line: usize,
    pub(super) text: String,
}

/// A single instruction with its line continuations joined.
pub(crate) fn joined(text: &str) -> String {
    instructions(text).into_iter().map(|instruction| instruction.text).collect::<Vec<_>>().join(" ")
}

pub(super) fn instructions(text: &str) -> Vec<Instruction> {
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
