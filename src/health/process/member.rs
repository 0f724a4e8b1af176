//! One probe process.

use super::output::Output;
use super::{Check, Work};
use crate::health::schedule::{NO_EXIT_CODE, timeout_output};
use crate::plan::Manner;
use crate::plan::probe::Builtin;
use crate::probe::{self, Verdict};
use crate::signal::Signal;
use crate::supervisor::spawn::Program;
use crate::sys::board::Board;
use crate::sys::process::{self, Ending, Side};
use crate::sys::signals::{self, Inherited};
use crate::sys::{Pid, fds};
use crate::text::one_line;
use crate::time::Moment;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::time::Duration;

/// In bytes, as of a verdict's reason.
const LONGEST_NOTE: usize = 1000;

/// A probe process from its start until it is reaped, and what is left of it then.
#[derive(Debug)]
pub(super) struct Member {
    name: String,
    /// None when it has been reaped: such a pid is never signalled.
    pid: Option<Pid>,
    ending: Option<Ending>,
    output: Output,
    exec: Option<Exec>,
    board: Option<Rc<Board>>,
    limit: Option<(Duration, Moment)>,
    is_over_limit: bool,
}

/// What is kept of an execution: where a failure to execute is told.
#[derive(Debug)]
struct Exec {
    failure: File,
    error: Option<io::Error>,
}

impl Member {
    /// # Errors
    /// No descriptor or no process is left.
    pub(super) fn start(check: &Check, inherited: Inherited, now: Moment) -> io::Result<Self> {
        let (output, said) = fds::pipe(libc::O_CLOEXEC)?;
        fds::set_nonblocking(output.as_fd())?;
        let (failure, told) = fds::pipe(libc::O_CLOEXEC | libc::O_NONBLOCK)?;
        let Side::Parent(pid) = process::fork()? else {
            process::lead_group(0);
            match &check.work {
                Work::Program(program) => {
                    execute(program, inherited, &mut File::from(said), &mut File::from(told))
                }
                Work::Builtin(target) => {
                    look(target, check.outliving(), check.board.as_deref(), &mut File::from(said))
                }
                Work::Notify(wanted, heard) => {
                    let result = heard.get().judge(*wanted, now);
                    let healthy = result.is_ok();
                    let (Ok(reason) | Err(reason)) = result;
                    say_verdict(&Verdict { healthy, reason }, &mut File::from(said))
                }
            }
        };
        process::lead_group(pid);
        let exec = Exec { failure: File::from(failure), error: None };
        Ok(Self {
            name: check.name.clone(),
            pid: Some(pid),
            ending: None,
            output: Output::from(File::from(output)),
            exec: matches!(check.work, Work::Program(_)).then_some(exec),
            board: check.board.clone(),
            limit: check.limit.map(|limit| (limit, now.saturating_add(limit))),
            is_over_limit: false,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn pid(&self) -> Option<Pid> {
        self.pid
    }

    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.output.fd()
    }

    pub(super) fn read(&mut self) {
        self.output.read();
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        self.limit.filter(|_| self.pid.is_some() && !self.is_over_limit).map(|(_, at)| at)
    }

    pub(super) fn tick(&mut self, now: Moment) {
        if self.deadline().is_some_and(|at| at <= now) {
            self.is_over_limit = true;
            self.kill();
        }
    }

    /// The whole group: Docker leaves the children of a probe behind (moby#43737).
    pub(super) fn kill(&mut self) {
        if let Some(pid) = self.pid {
            // ESRCH: it is a zombie already.
            let _ = signals::send_group(pid, Signal::KILL);
        }
    }

    pub(super) fn reaped(&mut self, ending: Ending) {
        self.pid = None;
        self.ending = Some(ending);
        self.output.read();
        self.output.close();
        if let Some(exec) = &mut self.exec {
            exec.read();
        }
    }

    /// Why hinit could not run it, if that says nothing about the app.
    pub(super) fn take_inability(&mut self) -> Option<io::Error> {
        const OURS: [i32; 4] = [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE];
        let exec = self.exec.as_mut()?;
        let ours =
            exec.error.as_ref().and_then(io::Error::raw_os_error).is_some_and(|errno| OURS.contains(&errno));
        exec.error.take_if(|_| ours)
    }

    pub(super) fn exit_code(&self) -> i32 {
        let not_executed = self.exec.as_ref().is_some_and(|exec| exec.error.is_some());
        match self.ending {
            Some(ending) if !self.is_over_limit && !not_executed => ending.code(),
            _ => NO_EXIT_CODE,
        }
    }

    pub(super) fn said(&self) -> String {
        let text = self.output.text();
        let is_unfinished = self.exec.is_none() && text.is_empty();
        let text = if is_unfinished { self.unfinished() } else { text };
        match self.limit {
            Some((limit, _)) if self.is_over_limit => timeout_output(limit, &text),
            _ => text,
        }
    }

    /// A built-in probe always says something, unless it is killed: then what
    /// it was waiting for.
    fn unfinished(&self) -> String {
        match self.ending {
            Some(Ending::Killed { signal, .. }) if !self.is_over_limit => {
                format!("the probe's process was killed by {signal}")
            }
            _ => self.board.as_deref().map(waited_for).unwrap_or_default(),
        }
    }
}

impl Exec {
    fn read(&mut self) {
        let mut errno = [0; 4];
        if let Ok(Some(4)) = fds::read_available(&mut self.failure, &mut errno) {
            self.error = Some(io::Error::from_raw_os_error(i32::from_ne_bytes(errno)));
        }
    }
}

/// In the child: becomes the command, with all output into one pipe and
/// nothing to read, so that it never takes what was typed for the app.
fn execute(program: &Program, inherited: Inherited, output: &mut File, failure: &mut File) -> ! {
    close_input();
    let _ = fds::redirect(output.as_fd(), libc::STDOUT_FILENO)
        .and_then(|()| fds::redirect(output.as_fd(), libc::STDERR_FILENO));
    let error = match program.set_up() {
        Ok(()) => {
            inherited.restore();
            let error = program.execute();
            let _ = write!(output, "{}", program.refusal(Manner::Hinit, &error).error);
            error
        }
        Err(error) => {
            let _ = write!(output, "cannot give the command the app's --ulimit: {error}");
            error
        }
    };
    let _ = failure.write_all(&error.raw_os_error().unwrap_or(0).to_ne_bytes());
    process::leave(127)
}

/// Without /dev/null the end of a pipe that nobody writes to is as good.
fn close_input() {
    let nothing =
        File::open("/dev/null").or_else(|_| fds::pipe(libc::O_CLOEXEC).map(|(read, _)| File::from(read)));
    if let Ok(nothing) = nothing {
        let _ = fds::redirect(nothing.as_fd(), libc::STDIN_FILENO);
    }
}

fn waited_for(board: &Board) -> String {
    one_line(&String::from_utf8_lossy(&board.read()), LONGEST_NOTE)
}

/// In the child: looks, and says what it saw.
fn look(target: &Builtin, limit: Duration, board: Option<&Board>, output: &mut File) -> ! {
    signals::unblock_for_library_code();
    // A panic would be told on stderr.
    let _ = fds::redirect(output.as_fd(), libc::STDERR_FILENO);
    let verdict = probe::run(target, limit, &mut |note| {
        if let Some(board) = board {
            board.write(note);
        }
    });
    say_verdict(&verdict, output)
}

fn say_verdict(verdict: &Verdict, output: &mut File) -> ! {
    let _ = output.write_all(verdict.reason.as_bytes());
    process::leave(i32::from(!verdict.healthy))
}
