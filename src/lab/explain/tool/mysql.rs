//! `mysqladmin ping -h localhost -uroot -psecret`.

use super::client_options::{ClientOptions, Names};
use super::database_url::DatabaseUrl;
use crate::lab::explain::notes::Notes;
use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::rules::Rule;
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::shell::word::{Part, Word};
use crate::lab::explain::unsupported;
use crate::lab::explain::variable::with_braces;

/// Not `-p`: a password follows it only in the same argument.
const OPTIONS: Names<'_> = &[("h", "host"), ("P", "port"), ("u", "user"), ("", "protocol"), ("S", "socket")];
/// Whom mysqladmin logs in as if the variable of its user is not set.
const DEFAULT_USER: &str = "root";
const NO_PASSWORD: &str =
    "hinit sends no password, and takes a denied login for alive; MariaDB logs such a login";
const UNIX_SOCKET: &str = "for this client localhost is the unix socket, which is ready while the image's init scripts still run; TCP is not";

/// The probe of the server; to mysqladmin it is alive even if it denies access.
pub(super) fn translate(command: &SimpleCommand, notes: &mut Notes) -> ProbeCommand {
    let options = ClientOptions::parse(OPTIONS, &arguments(command));
    if !options.operands.iter().any(|operand| operand == "ping") {
        return unsupported::probe(command, "it runs a mysqladmin command other than ping");
    }
    let is_local = options.get("host").is_none_or(|host| host == "localhost");
    if is_local && options.get("protocol").is_none() {
        notes.add(Rule::UnixSocketEarly, UNIX_SOCKET);
    }
    if options.get("user") == Some(NEEDS_SHELL) {
        notes.add(Rule::NotCarried, "hinit leaves out the user of mysqladmin, which only a shell knows");
    }
    if has_password(command) {
        notes.add(Rule::NotCarried, NO_PASSWORD);
    }
    ProbeCommand::new(target(&options))
}

/// The server logs the user of a login that it denies.
fn target(options: &ClientOptions) -> String {
    let mut url = DatabaseUrl::new("mysql", "3306");
    url.set_user(options.get("user").filter(|user| *user != NEEDS_SHELL));
    let host = options.get("host").filter(|host| !host.starts_with('/'));
    url.set_address(host, options.get("port"));
    url.with_default_names(DEFAULT_USER).to_string()
}

/// Stands for an argument that needs a shell, such as a password.
const NEEDS_SHELL: &str = "-";

fn arguments(command: &SimpleCommand) -> Vec<String> {
    let text = |word: &Word| word.to_hinit().map_or_else(|_| NEEDS_SHELL.into(), |text| with_braces(&text));
    command.argv.iter().skip(1).map(text).collect()
}

/// `-pSECRET`, `--password=SECRET`, or either with its value in a variable.
fn has_password(command: &SimpleCommand) -> bool {
    let starts = |word: &Word| match word.0.first() {
        Some(Part::Text(text) | Part::Literal(text)) => {
            text.starts_with("--password") || text.starts_with("-p")
        }
        _ => false,
    };
    command.argv.iter().skip(1).any(starts)
}
