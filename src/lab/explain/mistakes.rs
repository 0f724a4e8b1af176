//! What is wrong in the form of a check, whatever it runs.

use super::shell::Simple;
use super::shell::word::variable_in;
use super::source::json_list;

/// Adds a note once.
pub(super) fn add(notes: &mut Vec<String>, note: impl Into<String>) {
    let note = note.into();
    if !notes.contains(&note) {
        notes.push(note);
    }
}

const OPERATORS: [&str; 5] = ["||", "&&", "|", ";", ">"];

/// `["curl", "-f", URL, "||", "exit 1"]`: the words up to the operator.
pub(super) fn of_exec_form(words: &[String], notes: &mut Vec<String>) -> Vec<String> {
    let program = words.first().map_or("", String::as_str);
    let is_operator = |word: &String| OPERATORS.contains(&word.as_str()) || word.starts_with("> ");
    if let Some(at) = words.iter().position(is_operator).filter(|at| *at > 0) {
        let from = &words[at];
        add(notes, format!("exec form has no shell: '{from}' and what follows are arguments of {program}"));
        return words[..at].to_vec();
    }
    if words.len() == 1 && program.contains(' ') {
        add(notes, format!("exec form with one word looks for a program whose name is '{program}'"));
        return program.split_whitespace().map(str::to_owned).collect();
    }
    words.to_vec()
}

/// `CMD ["CMD-SHELL", "curl ..."]` in a Dockerfile.
pub(super) fn of_compose_word(word: &str, notes: &mut Vec<String>) {
    add(
        notes,
        format!("{word} in the list is compose's; in a Dockerfile it is the program that is looked for"),
    );
}

/// `test: CMD curl ...`: only a list begins with that word.
pub(super) fn of_first_word<'a>(script: &'a str, notes: &mut Vec<String>) -> &'a str {
    let rest = ["CMD", "CMD-SHELL"].iter().find_map(|word| Some((word, script.trim().strip_prefix(word)?)));
    match rest.filter(|(_, rest)| rest.starts_with(char::is_whitespace)) {
        Some((word, rest)) => {
            add(
                notes,
                format!("{word} is a word of a list; here it is the program that the shell looks for"),
            );
            rest
        }
        None => script,
    }
}

/// `CMD ["x"] || exit 1` and `CMD ['x']`: meant as exec form, run by a shell.
pub(super) fn broken_exec_form(script: &str, notes: &mut Vec<String>) -> Option<Vec<String>> {
    let script = script.trim();
    if let Some(words) = list_at_start(script) {
        let first = words.first().map_or("", String::as_str);
        let note =
            format!("what follows the list makes this shell form, and '[{first},' the program it looks for");
        add(notes, note);
        return Some(words);
    }
    let inside = script.strip_prefix("['")?.strip_suffix("']")?;
    add(notes, "exec form is JSON and wants double quotes: with single ones it is shell form");
    Some(inside.split("',").map(|word| word.trim().trim_start_matches('\'').to_owned()).collect())
}

/// `["x"]` with something after it; a list has its end among the first few `]`.
fn list_at_start(script: &str) -> Option<Vec<String>> {
    const TRIED: usize = 20;
    script.strip_prefix('[')?.trim_start().strip_prefix('"')?;
    script.match_indices(']').take(TRIED).find_map(|(end, _)| json_list(&script[..=end]))
}

/// `["CMD-SHELL", "pg_isready", "-U", "x"]`.
pub(super) fn of_extra_words(extra: &[String], notes: &mut Vec<String>) {
    if !extra.is_empty() {
        let words = extra.join(" ");
        add(notes, format!("CMD-SHELL runs only its first word as a script: '{words}' is ignored"));
    }
}

/// A variable in single quotes or in exec form.
pub(super) fn of_dead_variables(simple: &Simple, exec_form: bool, notes: &mut Vec<String>) {
    let program = simple.program().unwrap_or_default();
    let Some(word) = simple.words.iter().find(|word| word.has_dead_variable()) else { return };
    let text = word.in_hinit().unwrap_or_default();
    let name = variable_in(&text).unwrap_or_default();
    let why =
        if exec_form { "exec form expands no variables" } else { "single quotes keep it from the shell" };
    add(notes, format!("{program} gets ${name} as text: {why}; hinit expands ${{{name}}} by itself"));
}
