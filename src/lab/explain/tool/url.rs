//! The URLs of HTTP clients.

use crate::lab::explain::compose_variables::is_placeholder;
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::rules::Rule;

/// The note on `-4` and `-6` of curl and wget.
pub(super) const ADDRESS_FAMILY: &str = "-4 and -6 select one address family; hinit tries both for localhost";

/// The probe of a URL as curl and wget take it, with a default scheme.
pub(super) fn http_probe(url: &str, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    let target = with_scheme(url)?;
    if target != url
        && let Some(name) = leading_variable(url).filter(|name| *name != "${HOSTNAME}")
    {
        notes.add(
            Rule::SchemeAdded,
            format!("http:// was added before {name}; remove it if {name} starts with a scheme"),
        );
    }
    if target.contains(char::is_whitespace) {
        return Err(format!("its URL '{url}' contains whitespace"));
    }
    Ok(ProbeCommand::new(target))
}

/// The probe of a URL as libraries take it, which has a scheme; a leading
/// variable has one too.
pub(super) fn library_probe(url: &str) -> Result<ProbeCommand, Reason> {
    match leading_variable(url) {
        Some(_) if !url.contains(char::is_whitespace) => Ok(ProbeCommand::new(url)),
        _ => http_probe(url, &mut Notes::default()),
    }
}

/// `localhost:8080/x` is `http://localhost:8080/x`.
fn with_scheme(url: &str) -> Result<String, Reason> {
    let url = url.trim();
    match url.split_once("://") {
        Some((scheme, rest)) if ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) => {
            Ok(format!("{}://{rest}", scheme.to_ascii_lowercase()))
        }
        Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => {
            Err(format!("it requests a {scheme}:// URL, which hinit does not support"))
        }
        None if leading_variable(url) == Some(url) => Ok(url.to_owned()),
        _ if url.is_empty() => Err("its URL is empty".into()),
        _ => Ok(format!("http://{url}")),
    }
}

/// The variable at the start of a text: of the container or of compose.
fn leading_variable(text: &str) -> Option<&str> {
    let end = match text.chars().next() {
        Some(c) if is_placeholder(c) => c.len_utf8(),
        _ => text.strip_prefix("${")?.find('}')? + 3,
    };
    text.get(..end)
}
