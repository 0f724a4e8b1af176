//! `grpc://HOST:PORT[/SERVICE]` and `grpcs://`.

use super::{host_and_port, parse_host, path, percent_decode};
use crate::error::{Error, Result};
use crate::plan::probe::{Address, Endpoint, Grpc, Tls};

pub(super) fn parse(text: &str, rest: &str, secure: bool) -> Result<Grpc> {
    if secure && cfg!(not(feature = "tls")) {
        return Err(Error::new(format!(
            "'{text}': this is hinit-slim, which speaks no TLS; take hinit itself"
        )));
    }
    if rest.contains(['@', '?', '#']) {
        return Err(Error::new(format!(
            "'{text}' says more than host, port and service; write grpc://HOST:PORT/SERVICE"
        )));
    }
    let (authority, service) = rest.split_once('/').unwrap_or((rest, ""));
    let (endpoint, host, authority) = server(text, authority)?;
    let service = percent_decode(text, service)?;
    Ok(Grpc { endpoint, tls: secure.then(Tls::default), host, authority, service })
}

/// Where it is, its name, and what the call says of both.
fn server(text: &str, authority: &str) -> Result<(Endpoint, String, String)> {
    const HERE: &str = "localhost";
    if authority.starts_with('%') {
        let path = path::absolute(text, &percent_decode(text, authority)?)?;
        return Ok((Endpoint::Socket(path), HERE.into(), HERE.into()));
    }
    let (host, port) = host_and_port(text, authority)?;
    let port = port.ok_or_else(|| Error::new(format!("'{text}' has no port; write grpc://HOST:PORT")))?;
    let endpoint = Endpoint::Port(Address { host: parse_host(text, host)?, port });
    let host = if host.is_empty() { HERE } else { host };
    let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok((endpoint, name, format!("{host}:{port}")))
}
