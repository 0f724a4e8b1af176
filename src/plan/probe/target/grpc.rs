//! `grpc://HOST:PORT[/SERVICE]`.

use super::{host_and_port, parse_host, path, percent_decode};
use crate::error::{Error, Result};
use crate::plan::probe::{Address, Endpoint, Grpc};

pub(super) fn parse(text: &str, rest: &str) -> Result<Grpc> {
    let (authority, service) = rest.split_once('/').unwrap_or((rest, ""));
    if rest.contains(['@', '?', '#']) {
        return Err(Error::new(format!(
            "'{text}' says more than host, port and service; write grpc://HOST:PORT/SERVICE"
        )));
    }
    let service = percent_decode(text, service)?;
    if authority.starts_with('%') {
        let path = path::absolute(text, &percent_decode(text, authority)?)?;
        return Ok(Grpc { endpoint: Endpoint::Socket(path), authority: "localhost".into(), service });
    }
    let (host, port) = host_and_port(text, authority)?;
    let port = port.ok_or_else(|| Error::new(format!("'{text}' has no port; write grpc://HOST:PORT")))?;
    let endpoint = Endpoint::Port(Address { host: parse_host(text, host)?, port });
    let host = if host.is_empty() { "localhost" } else { host };
    Ok(Grpc { endpoint, authority: format!("{host}:{port}"), service })
}
