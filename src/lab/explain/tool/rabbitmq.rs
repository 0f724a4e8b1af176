//! `rabbitmq-diagnostics -q ping`.

use super::args::arguments;
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::rules::Rule;
use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::unsupported;

/// The probe of the AMQP listener.
pub(super) fn translate(command: &SimpleCommand, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    let args = arguments(command)?;
    if !args.iter().any(|arg| arg == "ping" || arg == "check_port_connectivity") {
        return Ok(unsupported::probe(command, "it checks more of RabbitMQ than a ping does"));
    }
    notes.add(Rule::ErlangNode,
        "rabbitmq-diagnostics starts an Erlang node for each check; amqp:// connects to the listener for clients",
    );
    Ok(ProbeCommand::new("amqp://:5672"))
}
