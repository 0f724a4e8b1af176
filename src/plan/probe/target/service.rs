//! `postgres://`, `redis://` and the other databases: URLs as the app itself
//! has them, `USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS`. Only the host is needed.

use super::authority::{host_and_port, parse_host, percent_decode, split_authority, without_credentials};
use super::path;
use crate::error::{Error, Result};
use crate::plan::probe::endpoint::{Address, Endpoint};
use crate::plan::probe::service::{Protocol, Service};
use std::path::PathBuf;

pub(super) fn parse(text: &str, protocol: Protocol, rest: &str) -> Result<Service> {
    let text = &without_credentials(text);
    let (userinfo, authority, path) = split_authority(text, rest)?;
    if authority.contains(',') {
        return Err(Error::new(format!("'{text}' lists several servers; write a target for each")));
    }
    let (database, query) = path.split_once('?').unwrap_or((path, ""));
    reject_host_in_query(text, query)?;
    let (user, password) = user_and_password(userinfo.as_deref().unwrap_or_default());
    Ok(Service {
        protocol,
        endpoint: endpoint(text, protocol, authority)?,
        user,
        password,
        database: non_empty(&percent_decode(text, database.trim_start_matches('/'))?),
    })
}

fn user_and_password(userinfo: &str) -> (Option<String>, Option<String>) {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    (non_empty(user), non_empty(password))
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// libpq and drivers of MySQL take these instead of the URL's host.
fn reject_host_in_query(text: &str, query: &str) -> Result<()> {
    const NAMES: [&str; 5] = ["host", "hostaddr", "port", "socket", "unix_socket"];
    let mut names = query.split('&').filter_map(|field| field.split('=').next());
    match names.find(|name| NAMES.contains(name)) {
        Some(name) => Err(Error::new(format!(
            "'{text}' names the server by {name}=; write it as the host, a socket as %2Frun%2Fserver.sock"
        ))),
        None => Ok(()),
    }
}

/// `%2Frun%2Fredis.sock` is a unix socket: the notation of `http+unix://`,
/// and of libpq for the directory of its socket.
fn endpoint(text: &str, protocol: Protocol, authority: &str) -> Result<Endpoint> {
    let (host, port) = host_and_port(text, authority)?;
    let port = port.unwrap_or(protocol.default_port());
    if !host.starts_with('%') {
        return Ok(Endpoint::Port(Address { host: parse_host(text, host)?, port }));
    }
    let path = path::socket_path(text, &percent_decode(text, host)?)?;
    Ok(Endpoint::Socket(socket_of_port(protocol, path, port)))
}

/// libpq is given a directory, and finds the socket of the port in it.
fn socket_of_port(protocol: Protocol, path: PathBuf, port: u16) -> PathBuf {
    if protocol == Protocol::Postgres { path.join(format!(".s.PGSQL.{port}")) } else { path }
}
