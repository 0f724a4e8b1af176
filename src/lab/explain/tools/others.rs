//! Small programs with one purpose.

use super::{foreign, seconds};
use crate::lab::explain::probe::Probe;
use crate::lab::explain::shell::word::Why;
use crate::lab::explain::shell::{Part, Simple, Word};

/// `grpc_health_probe -addr=:5000 -service=x`.
pub(super) fn grpc_health_probe(words: &[String]) -> Result<Probe, Why> {
    let (mut address, mut service, mut tls, mut checks) = (None, String::new(), false, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let option = word.trim_start_matches('-');
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None if option == "tls" || option == "tls-no-verify" => (option, String::new()),
            None => (option, words.next().cloned().unwrap_or_default()),
        };
        match name {
            "addr" => address = Some(value),
            "service" => service = format!("/{value}"),
            "tls" => tls = true,
            "tls-no-verify" => checks.push(("insecure", None)),
            "tls-ca-cert" => checks.push(("cacert", Some(value))),
            "tls-client-cert" => checks.push(("cert", Some(value))),
            "tls-client-key" => checks.push(("key", Some(value))),
            "connect-timeout" | "rpc-timeout" => {
                checks.retain(|(name, _)| *name != "timeout");
                checks.extend(seconds(&value).map(|limit| ("timeout", Some(limit))));
            }
            "user-agent" => {}
            _ => return Err(format!("grpc_health_probe's -{name} has no counterpart in hinit")),
        }
    }
    let address = address.ok_or("grpc_health_probe is given no -addr")?;
    let scheme = if tls { "grpcs" } else { "grpc" };
    Ok(Probe { checks, ..Probe::new(format!("{scheme}://{address}{service}")) })
}

/// `wait-for-it redis:6379`: for a health check it is a connect.
pub(super) fn wait_for_it(words: &[String]) -> Result<Probe, Why> {
    match words {
        [place] if place.contains(':') => Ok(Probe::new(format!("tcp://{place}"))),
        _ => Err("wait-for-it is given more than HOST:PORT".into()),
    }
}

/// `ls /run/app.sock`, of one file.
pub(super) fn file(simple: &Simple) -> Option<Probe> {
    let [_, path] = simple.words.as_slice() else { return None };
    let path = path.as_text().filter(|path| path.starts_with('/') && !path.contains(['*', '?', '[']))?;
    Some(Probe::new(format!("file://{path}")))
}

/// `kill 1`, `kill -s TERM -1`.
pub(in crate::lab::explain) fn ends_container(simple: &Simple) -> bool {
    let words: Option<Vec<String>> = simple.words.iter().map(Word::as_text).collect();
    let words: Vec<&str> = words.iter().flatten().map(String::as_str).collect();
    match words.as_slice() {
        [_, .., "-0", _] | [_, "-s", "0", _] => false,
        [_, "1"] | [_, _, .., "1" | "-1"] => true,
        _ => false,
    }
}

/// `` kill -0 `cat /run/app.pid` ``.
pub(super) fn kill(simple: &Simple) -> Probe {
    let file = |part: &Part| match part {
        Part::Command(command) => command.strip_prefix("cat ").map(|path| path.trim().to_owned()),
        _ => None,
    };
    match simple.words.as_slice() {
        [_, zero, pid] if zero.as_text().as_deref() == Some("-0") => match pid.0.as_slice() {
            [part] if file(part).is_some_and(|path| path.starts_with('/')) => {
                Probe::new(format!("pid://{}", file(part).unwrap_or_default()))
            }
            _ => foreign::probe(simple, "the process it looks for is not named by a PID file"),
        },
        _ => foreign::probe(simple, "it sends a signal"),
    }
}
