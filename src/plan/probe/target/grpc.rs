//! `grpc://HOST:PORT[/SERVICE]` and `grpcs://`.

use super::authority::{host_and_port, parse_host, percent_decode, require_tls, without_brackets};
use super::path;
use crate::error::{Error, Result};
use crate::plan::probe::{Address, Endpoint, Grpc, Tls};

/// What stands for the host where none is written.
const DEFAULT_HOST: &str = "localhost";

pub(super) fn parse(text: &str, rest: &str, secure: bool) -> Result<Grpc> {
    if secure {
        require_tls(text)?;
    }
    if rest.contains(['@', '?', '#']) {
        return Err(Error::new(format!(
            "'{text}' has more than a host, a port and a service; write grpc://HOST:PORT/SERVICE"
        )));
    }
    let (authority, service) = rest.split_once('/').unwrap_or((rest, ""));
    let service = percent_decode(text, service)?;
    let tls = secure.then(Tls::default);
    if authority.starts_with('%') {
        let path = path::socket_path(text, &percent_decode(text, authority)?)?;
        let (endpoint, host) = (Endpoint::Socket(path), DEFAULT_HOST.to_owned());
        return Ok(Grpc { endpoint, tls, authority: host.clone(), host, service });
    }
    let (host, port) = host_and_port(text, authority)?;
    let port = port.ok_or_else(|| Error::new(format!("'{text}' has no port; write grpc://HOST:PORT")))?;
    let endpoint = Endpoint::Port(Address { host: parse_host(text, host)?, port });
    let host = if host.is_empty() { DEFAULT_HOST } else { host };
    let authority = format!("{host}:{port}");
    Ok(Grpc { endpoint, tls, host: without_brackets(host).to_owned(), authority, service })
}
