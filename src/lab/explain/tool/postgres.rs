//! `pg_isready -U app -d app`.

use super::client_options::{ClientOptions, Names};
use super::database_url::DatabaseUrl;
use super::duration;
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::rules::Rule;
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::shell::word::{Part, Word};
use crate::lab::explain::variable::with_braces;

const OPTIONS: Names<'_> =
    &[("h", "host"), ("p", "port"), ("U", "username"), ("d", "dbname"), ("t", "timeout")];
const UNIX_SOCKET: &str = "without a host it connects to the unix socket, which is ready while the image's init scripts still run; TCP is not";
const SOCKET_DIRECTORY: &str =
    "the unix socket is ready while the image's init scripts still run; TCP is not";
/// What libpq takes instead of options, and what it is called there.
const VARIABLES: [(&str, &str); 4] =
    [("PGHOST", "host"), ("PGPORT", "port"), ("PGUSER", "username"), ("PGDATABASE", "dbname")];
/// The user and the database of an official image whose variable is not set;
/// pg_isready is ready for an empty one too.
const DEFAULT_NAME: &str = "postgres";

/// Only these may be left out.
const NAME_OPTIONS: [&str; 4] = ["-U", "--username", "-d", "--dbname"];

/// The probe of the server, by the same user: it logs an error for an unknown one.
pub(super) fn pg_isready(command: &SimpleCommand, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    let mut options = ClientOptions::parse(OPTIONS, &arguments(command, notes)?);
    for (name, value) in &command.assignments {
        if let Some((_, option)) = VARIABLES.iter().find(|(variable, _)| variable == name) {
            options.set_default(option, with_braces(&value.to_hinit()?));
        }
    }
    let timeout = options.get("timeout").and_then(duration::from_seconds);
    let target = match options.get("dbname") {
        Some(url) if is_variable_of_url(url) => url.to_owned(),
        _ => target(&options, notes),
    };
    Ok(ProbeCommand::new(target).with_timeout(timeout))
}

/// The arguments, without a user or a database that is the output of a command.
fn arguments(command: &SimpleCommand, notes: &mut Notes) -> Result<Vec<String>, Reason> {
    let mut arguments: Vec<String> = Vec::new();
    for word in command.argv.iter().skip(1) {
        match word.to_hinit() {
            Ok(text) => arguments.push(with_braces(&text)),
            Err(why) => {
                let option = name_option(word, &mut arguments).ok_or_else(|| why.clone())?;
                notes.add(Rule::NotCarried, format!("hinit leaves out {option} of pg_isready: {why}"));
            }
        }
    }
    Ok(arguments)
}

/// The option of a value that only a shell knows, if it names a user or a
/// database: `-U $(cat /user)`, `--username=$(cat /user)`.
fn name_option(value: &Word, before: &mut Vec<String>) -> Option<String> {
    let is_name = |arg: &str| NAME_OPTIONS.contains(&arg);
    let own = match value.0.first() {
        Some(Part::Text(text)) if text.len() > 1 => text.trim_end_matches('='),
        _ => "",
    };
    if is_name(own) {
        return Some(own.to_owned());
    }
    before.pop_if(|arg| is_name(arg))
}

fn target(options: &ClientOptions, notes: &mut Notes) -> String {
    let mut url = DatabaseUrl::new("postgres", "5432");
    url.set_user(options.get("username"));
    url.set_address(options.get("host"), options.get("port"));
    match options.get("dbname") {
        Some(text) if text.contains("://") => url.take_url(text, "pg_isready", notes),
        Some(text) if text.contains('=') && !text.contains("${") => url.take_keywords(text),
        name => url.set_database(name),
    }
    if url.is_unix_socket() {
        notes.add(Rule::UnixSocketEarly, SOCKET_DIRECTORY);
    } else if url.has_no_host() {
        notes.add(Rule::UnixSocketEarly, UNIX_SOCKET);
    }
    url.with_default_names(DEFAULT_NAME).to_string()
}

/// `${DATABASE_URL}`, which hinit takes as it is.
fn is_variable_of_url(text: &str) -> bool {
    let name = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).unwrap_or_default();
    ["URL", "URI", "DSN"].iter().any(|end| name.to_ascii_uppercase().ends_with(end))
}
