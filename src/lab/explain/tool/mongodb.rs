//! `mongosh --eval "db.adminCommand('ping')"`.

use super::args::arguments;
use super::client_options::{ClientOptions, Names};
use crate::lab::explain::notes::Reason;
use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::unsupported;

const OPTIONS: Names<'_> = &[
    ("", "host"),
    ("", "port"),
    ("u", "username"),
    ("p", "password"),
    ("", "eval"),
    ("", "authenticationDatabase"),
];
/// A longer script does more than a ping.
const MAX_PING_LENGTH: usize = 60;

/// The probe of the server.
pub(super) fn translate(command: &SimpleCommand) -> Result<ProbeCommand, Reason> {
    let options = ClientOptions::parse(OPTIONS, &arguments(command)?);
    if !is_ping(options.get("eval").unwrap_or_default()) {
        return Ok(unsupported::probe(command, unsupported::MONGODB_SCRIPT));
    }
    let target = match options.operands.first() {
        Some(url) => {
            let address = url.trim_start_matches("mongodb://").split('/').next().unwrap_or_default();
            format!("mongodb://{address}")
        }
        None => options.target("mongodb", "27017"),
    };
    Ok(ProbeCommand::new(target))
}

fn is_ping(script: &str) -> bool {
    let script: String = script.chars().filter(|c| !c.is_whitespace()).collect();
    script.len() < MAX_PING_LENGTH
        && ["'ping'", "\"ping\"", "ping:1"].iter().any(|form| script.contains(form))
}
