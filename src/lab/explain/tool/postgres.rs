//! `pg_isready -U app -d app`.

use super::client_options::{ClientOptions, Names};
use super::duration;
use crate::lab::explain::notes::Notes;
use crate::lab::explain::probe_command::ProbeCommand;

const OPTIONS: Names<'_> =
    &[("h", "host"), ("p", "port"), ("U", "username"), ("d", "dbname"), ("t", "timeout")];
const UNIX_SOCKET: &str = "without a host it connects to the unix socket, which is ready while the image's init scripts still run; TCP is not";

/// The probe of the server; pg_isready ignores user and database.
pub(super) fn pg_isready(args: &[String], notes: &mut Notes) -> ProbeCommand {
    let options = ClientOptions::parse(OPTIONS, args);
    let target = match options.get("dbname").and_then(address_of_url) {
        Some(address) => format!("postgres://{address}"),
        None => options.target("postgres", "5432"),
    };
    if target.starts_with("postgres://:") {
        notes.add(UNIX_SOCKET);
    }
    ProbeCommand::new(target).with_timeout(options.get("timeout").and_then(duration::from_seconds))
}

/// Host and port of `postgres://user:password@host:5432/db`.
fn address_of_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))?;
    let authority = rest.split(['/', '?']).next()?;
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    Some(if address.contains(':') { address.to_owned() } else { format!("{address}:5432") })
}
