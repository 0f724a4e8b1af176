//! `redis-cli -a secret ping`.

use super::args::arguments;
use super::client_options::{ClientOptions, Names};
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::rules::Rule;
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::unsupported;

const OPTIONS: Names<'_> =
    &[("h", "host"), ("p", "port"), ("a", "pass"), ("", "user"), ("n", "n"), ("s", "s")];

/// The probe of the server; it sends PING.
pub(super) fn translate(
    program: &str,
    command: &SimpleCommand,
    notes: &mut Notes,
) -> Result<ProbeCommand, Reason> {
    let arguments = arguments(command)?;
    if arguments.iter().any(|arg| arg == "--tls") {
        return Err(format!("{program} uses TLS; redis:// does not"));
    }
    let options = ClientOptions::parse(OPTIONS, &arguments);
    let operands: Vec<String> = options.operands.iter().map(|operand| operand.to_ascii_lowercase()).collect();
    match operands.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ping"] => {}
        ["incr", "ping"] => {
            notes.add(
                Rule::RedisIncrPing,
                format!("{program} incr ping does not ping: it increments a key named ping in the database"),
            );
        }
        [] => notes.add(
            Rule::RedisNoCommand,
            format!("{program} without a command reads an empty stdin and checks nothing"),
        ),
        _ => {
            let reason = format!("hinit sends only PING to Redis ({program})");
            return Ok(unsupported::probe(command, &reason));
        }
    }
    if options.get("s").is_some() {
        return Err(format!("{program} connects to a unix socket; redis:// uses TCP"));
    }
    notes.add(
        Rule::RedisErrorReply,
        format!(
            "{program} also exits 0 for an error reply such as LOADING; redis:// requires a ready server"
        ),
    );
    Ok(ProbeCommand::new(options.target("redis", "6379")))
}
