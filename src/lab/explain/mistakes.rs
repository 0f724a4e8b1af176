//! Mistakes in the form of a check, independent of what it runs.

use super::exec_form;
use super::notes::Notes;
use super::rules::Rule;
use super::shell::ast::SimpleCommand;
use super::variable::first_variable;

/// Ends a note on a mistake that the new line does not have.
pub(super) const INTENDED: &str = "; the new line does what was intended";
const OPERATORS: [&str; 5] = ["||", "&&", "|", ";", ">"];

/// `["curl", "-f", URL, "||", "exit 1"]`: the arguments before the operator.
pub(super) fn in_exec_form(args: &[String], notes: &mut Notes) -> Vec<String> {
    let program = args.first().map_or("", String::as_str);
    let is_operator = |arg: &String| OPERATORS.contains(&arg.as_str()) || arg.starts_with("> ");
    if let Some(at) = args.iter().position(is_operator).filter(|at| *at > 0) {
        let from = &args[at];
        notes.add(
            Rule::ExecFormOperator,
            format!("exec form has no shell: '{from}' and everything after it are arguments of {program}"),
        );
        return args[..at].to_vec();
    }
    if args.len() == 1 && program.contains(' ') {
        notes.add(
            Rule::ExecFormOneElement,
            format!("exec form with one element runs a program named '{program}'"),
        );
        return program.split_whitespace().map(str::to_owned).collect();
    }
    args.to_vec()
}

/// `CMD ["CMD-SHELL", "curl ..."]` in a Dockerfile.
pub(super) fn compose_keyword(keyword: &str, notes: &mut Notes) {
    notes.add(
        Rule::ComposeKeyword,
        format!(
            "{keyword} in the list is compose syntax; in a Dockerfile it is the name of the program to run"
        ),
    );
}

/// `test: CMD curl ...`: the script without the keyword, which belongs in a list.
pub(super) fn keyword_in_script<'a>(script: &'a str, notes: &mut Notes) -> &'a str {
    let found = ["CMD", "CMD-SHELL"].iter().find_map(|word| Some((word, script.trim().strip_prefix(word)?)));
    match found.filter(|(_, rest)| rest.starts_with(char::is_whitespace)) {
        Some((keyword, rest)) => {
            notes.add(
                Rule::KeywordInScript,
                format!("{keyword} is a keyword only in a list; here the shell runs a program of that name"),
            );
            rest
        }
        None => script,
    }
}

/// `CMD ["x"] || exit 1` and `CMD ['x']`: intended as exec form, run by a shell.
pub(super) fn broken_exec_form(script: &str, notes: &mut Notes) -> Option<Vec<String>> {
    let script = script.trim();
    if let Some(args) = leading_list(script) {
        let first = args.first().map_or("", String::as_str);
        notes.add(
            Rule::TextAfterList,
            format!("text after the list makes this shell form: the shell runs a program named '[{first},'"),
        );
        return Some(args);
    }
    let inside = script.strip_prefix("['")?.strip_suffix("']")?;
    notes.add(
        Rule::SingleQuotedList,
        "exec form is JSON and requires double quotes: with single quotes it is shell form",
    );
    Some(inside.split("',").map(|arg| arg.trim().trim_start_matches('\'').to_owned()).collect())
}

/// `["x"]` before other text; the list ends at one of the first few `]`.
fn leading_list(script: &str) -> Option<Vec<String>> {
    const MAX_ATTEMPTS: usize = 20;
    script.strip_prefix('[')?.trim_start().strip_prefix('"')?;
    script.match_indices(']').take(MAX_ATTEMPTS).find_map(|(end, _)| exec_form::parse(&script[..=end]))
}

/// `["CMD-SHELL", "pg_isready", "-U", "x"]`: the script that was intended.
pub(super) fn extra_arguments(script: &str, extra: &[String], notes: &mut Notes) -> String {
    if extra.is_empty() {
        return script.to_owned();
    }
    let args = extra.join(" ");
    notes.add(
        Rule::CmdShellArguments,
        format!("CMD-SHELL runs only its first argument as a script: '{args}' is ignored"),
    );
    format!("{script} {args}")
}

/// A variable in single quotes or in exec form.
pub(super) fn unexpanded_variable(command: &SimpleCommand, exec_form: bool, notes: &mut Notes) {
    let program = command.program().unwrap_or_default();
    let Some(word) = command.argv.iter().find(|word| word.has_unexpanded_variable()) else { return };
    let text = word.to_hinit().unwrap_or_default();
    let name = first_variable(&text).unwrap_or_default();
    let why =
        if exec_form { "exec form does not expand variables" } else { "single quotes prevent expansion" };
    notes.add(
        Rule::UnexpandedVariable,
        format!("{program} gets ${name} as literal text: {why}; hinit expands ${{{name}}} itself"),
    );
}
