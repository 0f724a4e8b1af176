//! The programs that health checks run, one file each: from the command line
//! of a program to the probes that replace it.

mod args;
mod client_options;
mod curl;
mod database_url;
pub(super) mod duration;
pub(super) mod echo;
mod file;
mod grpc_health_probe;
mod inline_script;
pub(super) mod kill;
mod mongodb;
mod mysql;
pub(super) mod netcat;
mod node;
mod postgres;
mod python;
mod rabbitmq;
mod redis;
pub(super) mod tcp_request;
mod url;
mod wait_for_it;
mod wget;

use super::notes::{Notes, Reason};
use super::probe_command::ProbeCommand;
use super::shell::ast::SimpleCommand;
use super::unsupported;
use args::{arguments, arguments_or_note, merges_stderr};

/// The probes that replace a command; several if all must pass.
pub(super) fn translate(
    program: &str,
    command: &SimpleCommand,
    notes: &mut Notes,
) -> Result<Vec<ProbeCommand>, Reason> {
    if program == "wget" {
        return wget::translate(&arguments_or_note(program, command, notes)?, merges_stderr(command), notes);
    }
    translate_one(program, command, notes).map(|probe| vec![probe])
}

fn translate_one(program: &str, command: &SimpleCommand, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    match program {
        "curl" => {
            curl::translate(&arguments_or_note(program, command, notes)?, merges_stderr(command), notes)
        }
        "nc" | "ncat" | "netcat" => netcat::translate(&arguments(command)?),
        "pg_isready" => postgres::pg_isready(command, notes),
        "redis-cli" | "valkey-cli" | "keydb-cli" => redis::translate(program, command, notes),
        "mysqladmin" | "mariadb-admin" => Ok(mysql::translate(command, notes)),
        "mongosh" | "mongo" => mongodb::translate(command),
        "rabbitmq-diagnostics" => rabbitmq::translate(command, notes),
        "python" | "python3" | "python2" => python::translate(command, notes),
        "node" | "nodejs" | "bun" | "deno" => node::translate(command, notes),
        "grpc_health_probe" => grpc_health_probe::translate(&arguments(command)?),
        "wait-for-it" | "wait-for-it.sh" => wait_for_it::translate(&arguments(command)?),
        "kill" => Ok(kill::translate(command)),
        "hinit" => Ok(unsupported::probe(command, "it already runs hinit")),
        "ls" | "cat" => Ok(file::translate(command).unwrap_or_else(|| other(program, command, notes))),
        _ => Ok(other(program, command, notes)),
    }
}

fn other(program: &str, command: &SimpleCommand, notes: &mut Notes) -> ProbeCommand {
    unsupported::probe(command, &unsupported::reason(program, command, notes))
}

/// Whether its arguments are scripts, in which a `$` is not the shell's.
pub(super) fn runs_scripts(program: &str) -> bool {
    ["python", "python3", "python2", "node", "nodejs", "bun", "deno", "mongosh", "mongo"].contains(&program)
}

// Without TLS https:// has no equivalent, as hinit rejects it.
#[cfg(test)]
#[cfg(feature = "tls")]
mod tests;
