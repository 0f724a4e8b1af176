//! The processes of a round: every probe is a short-lived child, whatever its
//! kind, so that nothing it meets can cost PID 1 memory, time or its life (H2).
//!
//! What a user wrote is executed; what hinit probes by itself is a fork that
//! calls [`crate::probe::run`]. All probes of a round run at the same time,
//! each in a process group of its own, and all of them have to pass.

mod member;
mod output;

use super::notify::Shared;
use crate::before::Setup;
use crate::error::{Error, Result};
use crate::plan::probe::{Builtin, Notify, Probe, Target};
use crate::plan::{App, Health};
use crate::supervisor::spawn::{Environment, Program};
use crate::sys::Pid;
use crate::sys::board::Board;
use crate::sys::process::Ending;
use crate::sys::signals::Inherited;
use crate::time::Moment;
use member::Member;
use std::ffi::OsString;
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::Duration;

/// All probes, ready to be started: what PID 1 can look up or allocate for them,
/// it has.
#[derive(Debug)]
pub struct Checks {
    all: Vec<Check>,
    inherited: Inherited,
    said: Shared,
}

#[derive(Debug)]
struct Check {
    name: String,
    work: Work,
    /// Its own `--timeout`, if that is shorter than the schedule's.
    limit: Option<Duration>,
    /// The schedule's.
    timeout: Duration,
}

#[derive(Debug)]
enum Work {
    Program(Program, Rc<Board>),
    Builtin(Builtin, Rc<Board>),
    Notify(Notify, Shared, Rc<Board>),
}

impl Checks {
    /// Prepares the probes of a plan, for the environment that the app has;
    /// commands do to themselves what `setup` says.
    ///
    /// # Errors
    /// A command cannot be passed to the kernel (a NUL in it).
    pub fn new(
        health: &Health,
        environment: &Environment,
        setup: &Setup,
        inherited: Inherited,
    ) -> Result<Self> {
        let said = Shared::default();
        let check = |probe| {
            Check::new(probe, health.timing.timeout, &said, |words| program(words, environment, setup))
        };
        Ok(Self { all: health.probes.iter().map(check).collect::<Result<_>>()?, inherited, said })
    }

    /// Where a listener puts what the app says, for `notify:` checks.
    pub fn said(&self) -> Shared {
        Shared::clone(&self.said)
    }

    /// A round was given up before its processes were reaped: what such a one may
    /// still write is nothing to the next.
    pub fn forget_boards(&mut self) {
        for check in &mut self.all {
            if let (
                Work::Program(_, board) | Work::Builtin(_, board) | Work::Notify(_, _, board),
                Ok(fresh),
            ) = (&mut check.work, Board::new())
            {
                *board = Rc::new(fresh);
            }
        }
    }

    /// Starts one round.
    pub fn start(&self, now: Moment) -> Round {
        let mut round = Round { members: Vec::with_capacity(self.all.len()), unable: None };
        for check in &self.all {
            match Member::start(check, self.inherited, now) {
                Ok(member) => round.members.push(member),
                Err(error) => {
                    round.unable = Some(error);
                    round.kill();
                    break;
                }
            }
        }
        round
    }
}

impl Check {
    fn new(
        probe: &Probe,
        timeout: Duration,
        said: &Shared,
        program: impl FnOnce(&[OsString]) -> Result<Program>,
    ) -> Result<Self> {
        let work = match &probe.target {
            Target::Exec(words) => Work::Program(program(words)?, board()?),
            Target::Builtin(target) => Work::Builtin(target.clone(), board()?),
            Target::Notify(wanted) => Work::Notify(*wanted, Shared::clone(said), board()?),
        };
        let limit = probe.timeout.filter(|own| *own < timeout);
        Ok(Self { name: probe.name.clone(), work, limit, timeout })
    }

    /// The time that a built-in probe gives itself. hinit kills it at half of
    /// that; the other half is for one that has outlived its hinit.
    fn outliving(&self) -> Duration {
        self.limit.unwrap_or(self.timeout).saturating_mul(2)
    }
}

fn board() -> Result<Rc<Board>> {
    let board = Board::new().map_err(|error| Error::new(format!("no memory for a health check: {error}")))?;
    Ok(Rc::new(board))
}

fn program(words: &[OsString], environment: &Environment, setup: &Setup) -> Result<Program> {
    let (program, args) =
        words.split_first().map_or_else(Default::default, |(first, rest)| (first.clone(), rest.to_vec()));
    let app = App { program, args, ..App::default() };
    let program = Program::new(&app, environment).map_err(|error| error.at("--health"))?;
    Ok(program.with_setup(setup.clone()))
}

/// One round: from its start until all its processes are reaped.
///
/// Dropping it kills what still runs.
#[derive(Debug)]
pub struct Round {
    members: Vec<Member>,
    unable: Option<io::Error>,
}

/// What a round came to.
#[derive(Debug)]
pub enum Outcome {
    /// It has a result for [`super::schedule::Schedule::finished`].
    Result {
        /// 0 if all passed; else the first failure's.
        exit_code: i32,
        /// What they said, or the first failure.
        output: String,
    },
    /// hinit was not able to run it: no process, no memory, no descriptor.
    Unable(io::Error),
}

impl Round {
    /// Where output will come from, to poll for input.
    pub fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.members.iter().filter_map(Member::fd)
    }

    /// Takes in what the probes have said, without waiting.
    pub fn read(&mut self) {
        self.members.iter_mut().for_each(Member::read);
    }

    /// When [`Self::tick`] is wanted at the latest; none if no probe has a
    /// time limit of its own.
    pub fn deadline(&self) -> Option<Moment> {
        self.members.iter().filter_map(Member::deadline).min()
    }

    /// Kills the probes that are beyond their own time limit.
    pub fn tick(&mut self, now: Moment) {
        self.members.iter_mut().for_each(|member| member.tick(now));
    }

    /// Kills every process of the round; they still have to be reaped.
    pub fn kill(&mut self) {
        self.members.iter_mut().for_each(Member::kill);
    }

    /// A child was reaped: whether it was one of this round.
    pub fn reaped(&mut self, pid: Pid, ending: Ending) -> bool {
        let member = self.members.iter_mut().find(|member| member.pid() == Some(pid));
        member.map(|member| member.reaped(ending)).is_some()
    }

    /// The processes that are not reaped yet.
    pub fn pids(&self) -> impl Iterator<Item = Pid> {
        self.members.iter().filter_map(Member::pid)
    }

    /// Whether all of it has been reaped.
    pub fn is_over(&self) -> bool {
        self.pids().next().is_none()
    }

    /// What the round came to; to be asked once it is over.
    pub fn outcome(mut self) -> Outcome {
        let unable = self.unable.take();
        if let Some(error) = unable.or_else(|| self.members.iter_mut().find_map(Member::take_inability)) {
            return Outcome::Unable(error);
        }
        let failed = self.members.iter().find(|member| member.exit_code() != 0);
        let exit_code = failed.map_or(0, Member::exit_code);
        let output = failed.map_or_else(|| self.partial(), |member| self.named(member));
        Outcome::Result { exit_code, output }
    }

    /// What all probes have said so far; together no more than one may say, so
    /// that readers take the status document whatever that is.
    pub fn partial(&self) -> String {
        match &self.members[..] {
            [only] => only.said(),
            all => {
                output::bounded(all.iter().map(|member| self.named(member)).collect::<Vec<_>>().join("\n"))
            }
        }
    }

    /// With several probes it must be told which one is meant, and of a silent
    /// one how it ended.
    fn named(&self, member: &Member) -> String {
        let (name, said) = (member.name(), member.said());
        match said.trim_end() {
            _ if self.members.len() == 1 => said,
            "" if member.pid().is_none() => format!("{name}: exit code {}", member.exit_code()),
            said => format!("{name}: {said}"),
        }
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests;
