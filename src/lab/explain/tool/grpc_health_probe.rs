//! `grpc_health_probe -addr=:5000 -service=x`.

use super::duration;
use crate::lab::explain::notes::Reason;
use crate::lab::explain::probe_command::ProbeCommand;

/// The probe with the equivalent options.
pub(super) fn translate(args: &[String]) -> Result<ProbeCommand, Reason> {
    let (mut address, mut service, mut scheme) = (None, String::new(), "grpc");
    let mut probe = ProbeCommand::new("");
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let option = arg.trim_start_matches('-');
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None if option == "tls" || option == "tls-no-verify" => (option, String::new()),
            None => (option, args.next().cloned().unwrap_or_default()),
        };
        match name {
            "addr" => address = Some(value),
            "service" => service = format!("/{value}"),
            "tls" => scheme = "grpcs",
            "tls-no-verify" => probe.options.push(("insecure", None)),
            "tls-ca-cert" => probe.push("cacert", value),
            "tls-client-cert" => probe.push("cert", value),
            "tls-client-key" => probe.push("key", value),
            "connect-timeout" | "rpc-timeout" => {
                probe.options.retain(|(name, _)| *name != "timeout");
                probe = probe.with_timeout(duration::from_seconds(&value));
            }
            "user-agent" => {}
            _ => return Err(format!("grpc_health_probe -{name} has no equivalent in hinit")),
        }
    }
    let address = address.ok_or("grpc_health_probe has no -addr")?;
    probe.target = format!("{scheme}://{address}{service}");
    Ok(probe)
}
