//! `[ ... ]` and `test`: on a file, on `$?`, or on the output of a command.

use crate::lab::explain::notes::Reason;
use crate::lab::explain::probe_command::{ExitCodes, Lenient, Output, ProbeCommand};
use crate::lab::explain::shell::word::{Part, Word};
use crate::lab::explain::truth_table::{Comparison, ExitExpr};
use crate::lab::explain::unsupported;

const FILE_OPERATORS: &[&str] = &["-f", "-e", "-d", "-S"];

/// What a condition depends on.
pub(super) enum Condition<'a> {
    File(ProbeCommand),
    ExitStatus(ExitExpr),
    /// `"$(COMMAND)" OPERATOR EXPECTED`.
    Output {
        command: &'a str,
        operator: String,
        expected: String,
    },
    Unsupported(&'static str),
}

/// Parses the arguments of `[` or `test`.
pub(super) fn parse(args: &[Word]) -> Result<Condition<'_>, Reason> {
    let closing = args.last().is_some_and(|arg| is_one_of(arg, &["]", "]]"]));
    let args = &args[..args.len() - usize::from(closing)];
    if let Some(probe) = recent_file(args) {
        return Ok(Condition::File(probe));
    }
    match args {
        [left, operator, right] => Ok(binary(left, operator, right)),
        [operator, path] if is_one_of(operator, FILE_OPERATORS) => file(operator, path),
        _ => Ok(Condition::Unsupported(unsupported::FILE_OR_STRING_TEST)),
    }
}

fn is_one_of(word: &Word, known: &[&str]) -> bool {
    word.as_text().is_some_and(|text| known.contains(&text.as_str()))
}

/// `[ -n "$(find /tmp/beat -mmin -1)" ]`.
fn recent_file(args: &[Word]) -> Option<ProbeCommand> {
    let word = match args {
        [word] => word,
        [operator, word] if is_one_of(operator, &["-n"]) => word,
        _ => return None,
    };
    let args: Vec<&str> = substituted_command(word)?.split_whitespace().collect();
    let ["find", path, "-mmin", minutes] = args.as_slice() else { return None };
    let minutes: u32 = minutes.strip_prefix('-')?.parse().ok()?;
    path.starts_with('/').then(|| ProbeCommand::new(format!("file://{path}?max-age={minutes}m")))
}

/// The command of a word that is one `$(...)`.
fn substituted_command(word: &Word) -> Option<&str> {
    let mut parts = word.0.iter().filter(|part| **part != Part::Text(String::new()));
    match (parts.next(), parts.next()) {
        (Some(Part::Command(command)), None) => Some(command),
        _ => None,
    }
}

/// A socket is more than a file: a server has to accept connections.
fn file(operator: &Word, path: &Word) -> Result<Condition<'static>, Reason> {
    let scheme = if is_one_of(operator, &["-S"]) { "unix" } else { "file" };
    let path = path.to_hinit()?;
    Ok(if path.starts_with('/') {
        Condition::File(ProbeCommand::new(format!("{scheme}://{path}")))
    } else {
        Condition::Unsupported("it tests a file by a relative path")
    })
}

fn binary<'a>(left: &'a Word, operator: &Word, right: &Word) -> Condition<'a> {
    if let Some(expr) = exit_status(left, operator, right) {
        return Condition::ExitStatus(expr);
    }
    match (substituted_command(left), operator.as_text(), right.as_text()) {
        (Some(command), Some(operator), Some(expected)) => Condition::Output { command, operator, expected },
        _ => Condition::Unsupported(unsupported::FILE_OR_STRING_TEST),
    }
}

/// `[ $? -eq 22 ]` and `[ 0 != $? ]`.
fn exit_status(left: &Word, operator: &Word, right: &Word) -> Option<ExitExpr> {
    let comparison = Comparison::parse(&operator.as_text()?)?;
    let is_status = |word: &Word| word.0.contains(&Part::ExitStatus);
    let number = |word: &Word| word.as_text()?.parse().ok();
    if is_status(left) {
        return Some(ExitExpr::CompareStatus(comparison, number(right)?));
    }
    is_status(right).then_some(())?;
    Some(ExitExpr::CompareStatus(comparison.swapped(), number(left)?))
}

/// Adds the option that compares the command's output with the expected text;
/// whether hinit has one.
pub(super) fn expect_output(probe: &mut ProbeCommand, operator: &str, expected: &str) -> bool {
    // The condition hides the exit code of the command.
    probe.exit_codes = ExitCodes::ONE;
    probe.lenient = probe.lenient.filter(|_| probe.output != Output::Status).map(|_| Lenient::PipedBody);
    let equal = matches!(operator, "=" | "==" | "-eq");
    match &probe.output {
        _ if probe.unsupported.is_some() => return false,
        Output::JsonValue(path) if equal => {
            let check = format!("{path}={expected}");
            probe.push("json", check);
        }
        // The shell removes the newlines at the end of the output.
        Output::Body if equal && probe.is_http() && operator != "-eq" => {
            probe.push("match", format!("^{}\\n*$", regex_lite::escape(expected)));
            probe.output = Output::Filtered;
        }
        Output::Status => match statuses(operator, expected) {
            Some(statuses) => probe.set("status", statuses),
            None => return false,
        },
        _ if probe.target.starts_with("redis://") => return equal && expected == "PONG",
        _ if probe.target.starts_with("tcp://") && probe.has("send") && equal => {
            probe.set("expect", expected.replace('\\', "\\\\"));
        }
        _ => return false,
    }
    true
}

/// `-eq 200`, `-lt 400`.
fn statuses(operator: &str, expected: &str) -> Option<String> {
    let number = expected.parse::<u16>().ok().filter(|number| (101..600).contains(number))?;
    match operator {
        "=" | "==" | "-eq" => Some(number.to_string()),
        "-lt" => Some(format!("100-{}", number - 1)),
        "-le" => Some(format!("100-{number}")),
        "-gt" if number < 599 => Some(format!("{}-599", number + 1)),
        "-ge" => Some(format!("{number}-599")),
        _ => None,
    }
}
