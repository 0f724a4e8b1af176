//! `ls` and `cat` of one file: `ls /run/app.sock`.

use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::shell::ast::SimpleCommand;

/// The probe of the file; none for options, patterns or several files.
pub(super) fn translate(command: &SimpleCommand) -> Option<ProbeCommand> {
    let [_, path] = command.argv.as_slice() else { return None };
    let path = path.as_text().filter(|path| path.starts_with('/') && !path.contains(['*', '?', '[']))?;
    Some(ProbeCommand::new(format!("file://{path}")))
}
