//! netcat in all its variants: `nc -z localhost 9000`, `nc -zU /run/app.sock`.

use super::duration;
use crate::lab::explain::notes::Reason;
use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::shell::ast::SimpleCommand;

/// Options that take a value.
const WITH_VALUE: &str = "wqipsxX";

pub(crate) fn is_netcat(command: &SimpleCommand) -> bool {
    command.program().is_some_and(|program| ["nc", "ncat", "netcat"].contains(&program.as_str()))
}

/// The probe of the connection.
pub(super) fn translate(args: &[String]) -> Result<ProbeCommand, Reason> {
    let (mut operands, mut timeout, mut unix) = (Vec::new(), None, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let Some(letters) = arg.strip_prefix('-') else {
            operands.push(arg.as_str());
            continue;
        };
        unix |= letters.contains('U');
        if letters.contains(['u', 'l', 'e']) {
            return Err(format!("nc {arg} is not a TCP client"));
        }
        let Some(at) = letters.find(|c| WITH_VALUE.contains(c)) else { continue };
        let inside = &letters[at + 1..];
        let value = if inside.is_empty() { args.next().map_or("", String::as_str) } else { inside };
        if letters[at..].starts_with('w') {
            timeout = duration::from_seconds(value);
        }
    }
    let target = match operands.as_slice() {
        [path] if unix => format!("unix://{path}"),
        [host, port] => format!("tcp://{host}:{port}"),
        _ => return Err("nc does not have one host and one port".into()),
    };
    Ok(ProbeCommand::new(target).with_timeout(timeout))
}
