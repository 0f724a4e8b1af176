//! The part of a URL that names the server: `USER:PASSWORD@HOST:PORT`.

use crate::error::{Error, Result};
use crate::plan::probe::endpoint::Host;
use std::net::{IpAddr, Ipv6Addr};

/// User and password, decoded; host and port; and the rest of the URL.
pub(super) fn split_authority<'a>(text: &str, rest: &'a str) -> Result<(Option<String>, &'a str, &'a str)> {
    if is_split_password(rest) {
        return Err(Error::new("the password in the URL contains a /, ? or #; write %2F, %3F or %23 there"));
    }
    // A fragment is never sent.
    let rest = rest.split('#').next().unwrap_or(rest);
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((userinfo, authority)) => Ok((Some(percent_decode(text, userinfo)?), authority, path)),
        None => Ok((None, authority, path)),
    }
}

/// Whether this is `USER:PASS/WORD@HOST`: a part of the password would be read
/// as the port, and quoted in the error.
fn is_split_password(rest: &str) -> bool {
    let (authority, after) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let port = authority.rsplit_once(':').filter(|_| !authority.contains(['@', '[']));
    after.contains('@') && port.is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Host and port of `HOST`, `HOST:PORT`, `[V6]` or `[V6]:PORT`; the host keeps its brackets.
pub(super) fn host_and_port<'a>(text: &str, authority: &'a str) -> Result<(&'a str, Option<u16>)> {
    let after_bracket = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[after_bracket..].find(':') {
        Some(at) => authority.split_at(after_bracket + at),
        None => return Ok((authority, None)),
    };
    let port = &port[1..];
    if port.contains(':') {
        return Err(Error::new(format!("'{text}': write an IPv6 address in brackets, such as [::1]:8080")));
    }
    Ok((host, Some(parse_port(text, port)?)))
}

fn parse_port(text: &str, port: &str) -> Result<u16> {
    let number = Some(port).filter(|p| p.bytes().all(|b| b.is_ascii_digit())).and_then(|p| p.parse().ok());
    number.filter(|number| *number != 0).ok_or_else(|| {
        let why = if port.is_empty() { " (an empty variable leaves nothing)" } else { "" };
        Error::new(format!("'{text}': '{port}' is not a port{why}; write a number from 1 to 65535"))
    })
}

pub(super) fn parse_host(text: &str, host: &str) -> Result<Host> {
    let wrong = |why: &str| Error::new(format!("'{text}': '{host}' is not a host: {why}"));
    if host.is_empty() || host.eq_ignore_ascii_case("localhost") {
        return Ok(Host::Here);
    }
    if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address: Ipv6Addr = inner.parse().map_err(|_| wrong("the brackets contain no IPv6 address"))?;
        return Ok(Host::Ip(address.into()));
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(Host::Ip(address));
    }
    let fits = host.len() <= 253 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    fits.then(|| Host::Name(host.to_owned()))
        .ok_or_else(|| wrong("write a name of ASCII letters, digits, - and ., an IPv4 address, or [IPv6]"))
}

pub(super) fn percent_decode(text: &str, encoded: &str) -> Result<String> {
    let wrong = || {
        Error::new(format!(
            "'{}' has an invalid percent-encoding; write %25 for a percent sign",
            without_credentials(text)
        ))
    };
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            // from_str_radix accepts a plus sign too.
            let hex = after.get(..2).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
            let hex = hex.and_then(|hex| str::from_utf8(hex).ok()).ok_or_else(wrong)?;
            bytes.push(u8::from_str_radix(hex, 16).map_err(|_| wrong())?);
            rest = &after[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// Rejects TLS in a build without it.
pub(super) fn require_tls(text: &str) -> Result<()> {
    if cfg!(feature = "tls") {
        return Ok(());
    }
    Err(Error::new(format!("'{text}': hinit-slim does not support TLS; use hinit instead")))
}

/// The host of `[V6]` or `HOST`.
pub(super) fn without_brackets(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// The target without its user and password, for messages.
pub(crate) fn without_credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => text.to_owned(),
    }
}
