//! kill: a check with `kill -0`, or the end of the container with `kill 1`.

use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::shell::word::{Part, Word};
use crate::lab::explain::unsupported;

/// `kill 1`, `kill -s TERM -1`.
pub(crate) fn stops_container(command: &SimpleCommand) -> bool {
    let args: Option<Vec<String>> = command.argv.iter().map(Word::as_text).collect();
    let args: Vec<&str> = args.iter().flatten().map(String::as_str).collect();
    match args.as_slice() {
        [_, .., "-0", _] | [_, "-s", "0", _] => false,
        [_, "1"] | [_, _, .., "1" | "-1"] => true,
        _ => false,
    }
}

/// `` kill -0 `cat /run/app.pid` ``.
pub(super) fn translate(command: &SimpleCommand) -> ProbeCommand {
    match command.argv.as_slice() {
        [_, signal, pid] if signal.as_text().as_deref() == Some("-0") => match pid_file(pid) {
            Some(path) => ProbeCommand::new(format!("pid://{path}")),
            None => unsupported::probe(command, "its process ID is not read from a PID file"),
        },
        _ => unsupported::probe(command, "it sends a signal"),
    }
}

fn pid_file(pid: &Word) -> Option<&str> {
    let [Part::Command(command)] = pid.0.as_slice() else { return None };
    command.strip_prefix("cat ").map(str::trim).filter(|path| path.starts_with('/'))
}
