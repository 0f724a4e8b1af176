//! `wait-for-it redis:6379`, which in a health check only connects.

use crate::lab::explain::notes::Reason;
use crate::lab::explain::probe_command::ProbeCommand;

/// The probe of the connection.
pub(super) fn translate(args: &[String]) -> Result<ProbeCommand, Reason> {
    match args {
        [address] if address.contains(':') => Ok(ProbeCommand::new(format!("tcp://{address}"))),
        _ => Err("wait-for-it has more arguments than HOST:PORT".into()),
    }
}
