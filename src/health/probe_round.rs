//! One round of health checks: one process for each probe, all at the same time,
//! and all of them have to pass.
//!
//! Every probe is a short-lived child, whatever its kind, so that no input from
//! the network can cost PID 1 memory or time, or crash it (H2).

use super::checks::Checks;
use super::output;
use super::probe_process::ProbeProcess;
use crate::sys::process::Ending;
use crate::sys::{Pid, procfs};
use crate::time::Moment;
use std::io;
use std::os::fd::BorrowedFd;

/// One round: from its start until all its processes are reaped.
///
/// Dropping it kills the processes still running.
#[derive(Debug)]
pub(crate) struct ProbeRound {
    processes: Vec<ProbeProcess>,
    not_started: Option<io::Error>,
    is_killed: bool,
}

/// The outcome of a round.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It has a result for [`super::schedule::Schedule::finished`].
    Result {
        /// 0 if all passed; else that of the first failure.
        exit_code: i32,
        /// The output of all probes, or of the first failure.
        output: String,
    },
    /// hinit could not start it: no process, no memory, no descriptor.
    NotStarted(io::Error),
}

impl ProbeRound {
    /// Starts one round of all checks.
    pub(crate) fn start(checks: &Checks, now: Moment) -> Self {
        let processes = Vec::with_capacity(checks.all.len());
        let mut round = Self { processes, not_started: None, is_killed: false };
        for check in &checks.all {
            match ProbeProcess::start(check, checks.inherited, now) {
                Ok(process) => round.processes.push(process),
                Err(error) => {
                    round.not_started = Some(error);
                    round.kill();
                    break;
                }
            }
        }
        round
    }

    /// The pipes to poll for output.
    pub(crate) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.processes.iter().filter_map(ProbeProcess::fd)
    }

    /// Reads the available output of all probes.
    pub(crate) fn read(&mut self) {
        self.processes.iter_mut().for_each(ProbeProcess::read);
    }

    /// When [`Self::tick`] is wanted at the latest; none if no probe has a
    /// time limit of its own.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        self.processes.iter().filter_map(ProbeProcess::deadline).min()
    }

    /// Kills the probes that have exceeded their own time limit.
    pub(crate) fn tick(&mut self, now: Moment) {
        self.processes.iter_mut().for_each(|process| process.tick(now));
    }

    /// Kills every process of the round; they still have to be reaped.
    pub(crate) fn kill(&mut self) {
        self.is_killed = true;
        self.processes.iter_mut().for_each(ProbeProcess::kill);
    }

    /// A child was reaped: whether it was one of this round.
    pub(crate) fn reaped(&mut self, pid: Pid, ending: Ending) -> bool {
        let process = self.processes.iter_mut().find(|process| process.pid() == Some(pid));
        process.map(|process| process.reaped(ending)).is_some()
    }

    /// The processes that have not been reaped yet.
    pub(crate) fn pids(&self) -> impl Iterator<Item = Pid> {
        self.processes.iter().filter_map(ProbeProcess::pid)
    }

    /// Whether all of it has been reaped.
    pub(crate) fn is_over(&self) -> bool {
        self.pids().next().is_none()
    }

    /// The outcome, once the round is over.
    pub(crate) fn outcome(mut self) -> Outcome {
        let not_started = self.not_started.take();
        if let Some(error) =
            not_started.or_else(|| self.processes.iter_mut().find_map(ProbeProcess::take_start_error))
        {
            return Outcome::NotStarted(error);
        }
        let failed = self.processes.iter().find(|process| process.exit_code() != 0);
        let exit_code = failed.map_or(0, ProbeProcess::exit_code);
        let output = failed.map_or_else(|| self.partial(), |process| self.named(process));
        Outcome::Result { exit_code, output }
    }

    /// What it is waiting for: the output so far, or once it was killed which of
    /// its processes have not ended.
    pub(crate) fn progress(&self) -> String {
        if !self.is_killed {
            return self.partial();
        }
        let left = |pid: Pid| match procfs::stat(pid) {
            Ok(stat) => format!("pid {pid} ({}) is in state {}", stat.command, stat.state),
            Err(_) => format!("pid {pid}"),
        };
        self.pids().map(left).collect::<Vec<_>>().join(", ")
    }

    /// The output of all probes so far. The limit is that of one probe, so that
    /// the status document does not get too long for its readers.
    pub(crate) fn partial(&self) -> String {
        match &self.processes[..] {
            [only] => only.output(),
            all => {
                output::bounded(all.iter().map(|process| self.named(process)).collect::<Vec<_>>().join("\n"))
            }
        }
    }

    /// The output of a probe. If there are several, with its name in front, and
    /// with the exit code if there is no output.
    fn named(&self, process: &ProbeProcess) -> String {
        let (name, output) = (process.name(), process.output());
        match output.trim_end() {
            _ if self.processes.len() == 1 => output,
            "" if process.pid().is_none() => format!("{name}: exit code {}", process.exit_code()),
            output => format!("{name}: {output}"),
        }
    }
}

impl Drop for ProbeRound {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests;
