//! `mysqladmin ping -h localhost -uroot -psecret`.

use super::client_options::{ClientOptions, Names};
use crate::lab::explain::notes::Notes;
use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::unsupported;

/// Not `-p`: a password follows it only in the same argument.
const OPTIONS: Names<'_> = &[("h", "host"), ("P", "port"), ("u", "user"), ("", "protocol"), ("S", "socket")];
const UNIX_SOCKET: &str = "for this client localhost is the unix socket, which is ready while the image's init scripts still run; TCP is not";

/// The probe of the server; to mysqladmin it is alive even if it denies access.
pub(super) fn translate(command: &SimpleCommand, notes: &mut Notes) -> ProbeCommand {
    let options = ClientOptions::parse(OPTIONS, &arguments(command));
    if !options.operands.iter().any(|operand| operand == "ping") {
        return unsupported::probe(command, "it runs a mysqladmin command other than ping");
    }
    let is_local = options.get("host").is_none_or(|host| host == "localhost");
    if is_local && options.get("protocol").is_none() {
        notes.add(UNIX_SOCKET);
    }
    ProbeCommand::new(options.target("mysql", "3306"))
}

/// The arguments; `-` for one that needs a shell, such as a password.
fn arguments(command: &SimpleCommand) -> Vec<String> {
    command.argv.iter().skip(1).map(|word| word.to_hinit().unwrap_or_else(|_| "-".into())).collect()
}
