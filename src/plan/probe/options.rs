//! `TARGET [CHECKS]` on a command line: the checks of a probe.

mod checks;
mod exec;
mod http;
mod stream;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use table::CHECKS;

use super::expand::{Lookup, PlainDollar, expand};
use super::target::{self, TARGETS, Uri};
use super::{Builtin, ERROR_LENGTH, Grpc, Probe, Target};
use crate::error::{Error, Result};
use crate::options::{self, Matches, Options, ParseError, Rest};
use crate::text::one_line;
use crate::time::parse_duration;
use checks::{Checks, utf8};
use std::ffi::OsString;
use std::time::Duration;

/// Every target and when it is healthy, for the end of a help text.
pub(crate) fn targets() -> String {
    let lines = TARGETS.lines().map(|line| format!("  {line}\n"));
    format!(
        "Targets, and when each is healthy (HOST defaults to this container):\n{}",
        lines.collect::<String>()
    )
}

impl Probe {
    /// Reads `TARGET [CHECKS]` from one string, split as a shell would split it.
    ///
    /// # Errors
    /// An unclosed quote, and whatever [`parse`] rejects.
    pub fn from_text(text: &str, env: Lookup<'_>) -> Result<Self> {
        match shlex::split(text) {
            Some(arguments) => parse(arguments, env),
            None => Err(Error::new(one_line(&format!("'{text}' has an unclosed quote"), ERROR_LENGTH))),
        }
    }
}

/// Reads `TARGET [CHECKS]` from arguments, without the name of the command.
///
/// # Errors
/// One line for an unknown check, an invalid target or value, an unset
/// variable without a default, or a check that does not fit the target.
pub fn parse<I, A>(arguments: I, env: Lookup<'_>) -> Result<Probe>
where
    I: IntoIterator<Item = A>,
    A: Into<OsString>,
{
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let found = options::parse(Options(&[CHECKS]), Rest::Words(1), &arguments);
    let probe = found.map_err(explain).and_then(|found| build_probe(&found, env));
    probe.map_err(|error| Error::new(one_line(&error.to_string(), ERROR_LENGTH)))
}

fn explain(error: ParseError) -> Error {
    Error::new(match error {
        ParseError::Unknown(name, Some(near)) => format!("unknown check '{name}'; did you mean --{near}?"),
        ParseError::Unknown(name, None) => {
            let known = Options(&[CHECKS]).definitions().map(|check| format!("--{}", check.name));
            format!("unknown check '{name}'; write one of {}", known.collect::<Vec<_>>().join(", "))
        }
        ParseError::Surplus(argument) => {
            format!("unexpected argument '{argument}'; put a command in quotes: exec:'redis-cli ping'")
        }
        other => other.to_string(),
    })
}

fn build_probe(found: &Matches, env: Lookup<'_>) -> Result<Probe> {
    const NO_TARGET: &str = "the target is missing; write one such as http://:8080/health";
    let written = utf8(found.rest.first().ok_or_else(|| Error::new(NO_TARGET))?)?;
    let checks = Checks { found, env };
    let timeout = checks.one(table::TIMEOUT)?.map(|text| timeout(&text)).transpose()?;
    if exec::is_exec(written) {
        checks.reject_http_only("exec:")?;
        checks.reject_stream_only("exec:")?;
        return exec::probe(written, timeout, env);
    }
    let text = expand(written, PlainDollar::Reject, env)?;
    if exec::is_exec(&text) {
        return Err(Error::new(format!("'{written}': write exec: itself, not in a variable")));
    }
    Ok(Probe { target: build_target(&text, &checks)?, name: target::without_credentials(&text), timeout })
}

fn timeout(text: &str) -> Result<Duration> {
    let timeout = parse_duration(text).map_err(|error| error.at("--timeout"))?;
    (!timeout.is_zero())
        .then_some(timeout)
        .ok_or_else(|| Error::new("--timeout must be above 0; write a duration such as 5s"))
}

fn build_target(text: &str, checks: &Checks<'_>) -> Result<Target> {
    let scheme = text.split_inclusive("://").next().unwrap_or_default();
    Ok(match target::parse(text)? {
        Uri::Http(uri) => {
            checks.reject_stream_only(scheme)?;
            Target::Builtin(Builtin::Http(Box::new(http::http(uri, checks)?)))
        }
        Uri::Stream(endpoint) => {
            checks.reject_http_only(scheme)?;
            Target::Builtin(Builtin::Stream(stream::stream(endpoint, checks)?))
        }
        Uri::Grpc(uri) => Target::Builtin(Builtin::Grpc(grpc(uri, scheme, checks)?)),
        Uri::Plain(builtin) => {
            checks.reject_http_only(scheme)?;
            checks.reject_stream_only(scheme)?;
            Target::Builtin(builtin)
        }
        Uri::Notify(notify) => {
            checks.reject_http_only("notify:")?;
            checks.reject_stream_only("notify:")?;
            Target::Notify(notify)
        }
    })
}

fn grpc(uri: Grpc, scheme: &str, checks: &Checks<'_>) -> Result<Grpc> {
    checks.reject_http(scheme)?;
    checks.reject_stream_only(scheme)?;
    if uri.tls.is_none() {
        checks.reject_tls_only(scheme)?;
        return Ok(uri);
    }
    Ok(Grpc { tls: Some(http::tls(checks)?), ..uri })
}
