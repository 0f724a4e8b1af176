//! Connections by bash's /dev/tcp, over which a script exchanges text.

use crate::lab::explain::notes::Reason;
use crate::lab::explain::probe_command::ProbeCommand;
use crate::lab::explain::shell::ast::{Command, Redirection, SimpleCommand};
use crate::lab::explain::tool::{echo, tcp_request};
use crate::lab::explain::truth_table::ExitExpr;

/// A redirection to /dev/tcp.
pub(super) struct DevTcp {
    pub(super) fd: u32,
    /// `tcp://HOST:PORT`.
    pub(super) target: String,
}

impl DevTcp {
    /// The redirection to `/dev/tcp/HOST/PORT` of a command, if it has one.
    pub(super) fn of(command: &SimpleCommand) -> Result<Option<Self>, Reason> {
        let found = command.redirections.iter().find_map(|redirection| {
            let path = redirection.target.to_hinit().ok()?;
            Some((redirection.fd, path.strip_prefix("/dev/tcp/")?.to_owned()))
        });
        let Some((fd, address)) = found else { return Ok(None) };
        let (host, port) = address.split_once('/').ok_or("its /dev/tcp path has no port")?;
        Ok(Some(Self { fd, target: format!("tcp://{host}:{port}") }))
    }
}

/// The open connection of a script; there is one at most.
#[derive(Debug, Default)]
pub(super) struct OpenConnection {
    /// The descriptor and the index of its probe.
    open: Option<(u32, usize)>,
    /// The text that is piped into the current group.
    piped_text: Option<String>,
}

impl OpenConnection {
    pub(super) fn open(&mut self, fd: u32, probe: usize) {
        self.open = Some((fd, probe));
    }

    pub(super) fn pipe(&mut self, text: String) {
        self.piped_text = Some(text);
    }

    /// Applies `echo REQUEST >&3`, `cat >&3`, `cat <&3` or `exec 3<&-`.
    pub(super) fn apply(&mut self, command: &SimpleCommand, probes: &mut [ProbeCommand]) -> Option<ExitExpr> {
        let (fd, at) = self.open?;
        let closes = command.redirections.iter().any(|r| r.fd == fd && duplicates(r, "-"));
        if closes || self.read_by(command).is_some() {
            return Some(ExitExpr::Code(0));
        }
        let writes =
            command.redirections.iter().any(|r| r.operator == ">&" && duplicates(r, &fd.to_string()));
        let request = writes.then(|| echo::output(command).or_else(|| self.piped_text.take()))??;
        tcp_request::send(&mut probes[at], &request);
        Some(ExitExpr::Code(0))
    }

    /// The probe whose response a command reads: `cat <&3`.
    pub(super) fn read_by(&self, command: &SimpleCommand) -> Option<usize> {
        let (fd, at) = self.open?;
        let reads = command.redirections.iter().any(|r| r.operator == "<&" && duplicates(r, &fd.to_string()));
        reads.then_some(at)
    }
}

/// The filters that a response passes: `grep ok <&3` is reader and filter in one.
pub(super) fn filters_from(reader: &SimpleCommand, rest: &[Command]) -> Vec<Command> {
    let mut filters = rest.to_vec();
    if reader.program().is_some_and(|program| !["cat", "timeout"].contains(&program.as_str())) {
        filters.insert(0, Command::Simple(SimpleCommand { redirections: Vec::new(), ..reader.clone() }));
    }
    filters
}

/// `>&FD`, `<&FD`, or `<&-`, which closes.
fn duplicates(redirection: &Redirection, fd: &str) -> bool {
    redirection.operator.ends_with('&') && redirection.target.as_text().as_deref() == Some(fd)
}
