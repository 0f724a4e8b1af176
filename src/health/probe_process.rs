//! One probe process: what a user wrote is executed; what hinit probes by
//! itself is a fork that calls [`crate::probe::run`]. Each leads a process group.

use super::checks::{Check, Work};
use super::output::Output;
use crate::health::schedule::{NO_EXIT_CODE, timeout_output};
use crate::personality::Personality;
use crate::plan::probe::Builtin;
use crate::probe::{self, Verdict};
use crate::signal::Signal;
use crate::spawn::program::Program;
use crate::sys::process::{self, Ending, Side};
use crate::sys::shared_page::SharedPage;
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
const MAX_REASON: usize = 1000;

/// A probe process from its start until it is reaped, and what is left of it then.
#[derive(Debug)]
pub(super) struct ProbeProcess {
    name: String,
    /// None when it has been reaped: such a pid is never signalled.
    pid: Option<Pid>,
    ending: Option<Ending>,
    channel: Channel,
    limit: Option<(Duration, Moment)>,
    is_over_limit: bool,
}

/// How a probe reports what it saw.
#[derive(Debug)]
enum Channel {
    /// A command, by its output.
    Pipe(Output, Exec),
    /// One of hinit's own, on a shared page: its reason, or what it waited for when it
    /// was killed. No pipe, and no wake-up of PID 1 but for its end.
    Page(Rc<SharedPage>),
}

/// What is kept of an execution: where a failure to execute is told, by its
/// number.
#[derive(Debug)]
struct Exec {
    failure: Rc<SharedPage>,
    error: Option<io::Error>,
}

impl ProbeProcess {
    /// # Errors
    /// No descriptor or no process is left.
    pub(super) fn start(check: &Check, inherited: Inherited, now: Moment) -> io::Result<Self> {
        let (pid, channel) = match &check.work {
            Work::Program(program, page) => run(program, inherited, page)?,
            Work::Builtin(target, page) => {
                page.write(&[]);
                let verdict = || run_builtin(target, check.outliving(), page);
                (fork(inherited, || report(&verdict(), page))?, Channel::Page(Rc::clone(page)))
            }
            Work::Notify(wanted, notify_state, page) => {
                page.write(&[]);
                let verdict = || verdict_of(notify_state.get().verdict(*wanted, now));
                (fork(inherited, || report(&verdict(), page))?, Channel::Page(Rc::clone(page)))
            }
        };
        Ok(Self {
            name: check.name.clone(),
            pid: Some(pid),
            ending: None,
            channel,
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

    /// Where a command's output comes from.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.channel {
            Channel::Pipe(output, _) => output.fd(),
            Channel::Page(_) => None,
        }
    }

    pub(super) fn read(&mut self) {
        if let Channel::Pipe(output, _) = &mut self.channel {
            output.read();
        }
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
            // It may have left its group for another one (setpgid(2)).
            let _ = signals::send(pid, Signal::KILL);
        }
    }

    pub(super) fn reaped(&mut self, ending: Ending) {
        self.pid = None;
        self.ending = Some(ending);
        if let Channel::Pipe(output, exec) = &mut self.channel {
            output.read();
            output.close();
            exec.read();
        }
    }

    /// Why hinit could not run it, if that says nothing about the app.
    pub(super) fn take_start_error(&mut self) -> Option<io::Error> {
        const OURS: [i32; 4] = [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE];
        let Channel::Pipe(_, exec) = &mut self.channel else { return None };
        let ours =
            exec.error.as_ref().and_then(io::Error::raw_os_error).is_some_and(|errno| OURS.contains(&errno));
        exec.error.take_if(|_| ours)
    }

    pub(super) fn exit_code(&self) -> i32 {
        let not_executed = matches!(&self.channel, Channel::Pipe(_, exec) if exec.error.is_some());
        match self.ending {
            Some(ending) if !self.is_over_limit && !not_executed => ending.code(),
            _ => NO_EXIT_CODE,
        }
    }

    pub(super) fn output(&self) -> String {
        let text = match &self.channel {
            Channel::Pipe(output, _) => output.text(),
            Channel::Page(page) => self.reported(page),
        };
        match self.limit {
            Some((limit, _)) if self.is_over_limit => timeout_output(limit, &text),
            _ => text,
        }
    }

    fn reported(&self, page: &SharedPage) -> String {
        match self.ending {
            Some(Ending::Killed { signal, .. }) if !self.is_over_limit => {
                format!("the probe's process was killed by {signal}")
            }
            _ => one_line(&String::from_utf8_lossy(&page.read()), MAX_REASON),
        }
    }
}

impl Exec {
    fn read(&mut self) {
        let number = String::from_utf8(self.failure.read()).ok().and_then(|text| text.parse().ok());
        self.error = number.map(io::Error::from_raw_os_error);
    }
}

/// A child that leads a process group of its own, does `work`, and leaves with
/// the code that gives.
fn fork(inherited: Inherited, work: impl FnOnce() -> i32) -> io::Result<Pid> {
    let Side::Parent(pid) = inherited.fork()? else {
        process::lead_group(0);
        process::leave(work())
    };
    process::lead_group(pid);
    Ok(pid)
}

fn run(program: &Program, inherited: Inherited, page: &Rc<SharedPage>) -> io::Result<(Pid, Channel)> {
    page.write(&[]);
    let (output, said) = fds::pipe(libc::O_CLOEXEC)?;
    fds::set_nonblocking(output.as_fd())?;
    let pid = fork(inherited, || execute(program, inherited, &mut File::from(said), page))?;
    let exec = Exec { failure: Rc::clone(page), error: None };
    Ok((pid, Channel::Pipe(Output::from(File::from(output)), exec)))
}

/// In the child: becomes the command, with all output into one pipe and
/// nothing to read, so that it never takes what was typed for the app.
fn execute(program: &Program, inherited: Inherited, output: &mut File, failure: &SharedPage) -> i32 {
    close_input();
    let _ = fds::redirect(output.as_fd(), libc::STDOUT_FILENO)
        .and_then(|()| fds::redirect(output.as_fd(), libc::STDERR_FILENO));
    let error = match program.set_up() {
        Ok(()) => {
            inherited.restore();
            let error = program.execute();
            let _ = write!(output, "{}", program.start_error(Personality::Hinit, &error).error);
            error
        }
        Err(error) => {
            let _ = write!(output, "cannot give the command the app's --ulimit: {error}");
            error
        }
    };
    failure.write(&[&error.raw_os_error().unwrap_or(0).to_string()]);
    127
}

/// Without /dev/null the end of a pipe that nobody writes to is as good.
fn close_input() {
    let nothing =
        File::open("/dev/null").or_else(|_| fds::pipe(libc::O_CLOEXEC).map(|(read, _)| File::from(read)));
    if let Ok(nothing) = nothing {
        let _ = fds::redirect(nothing.as_fd(), libc::STDIN_FILENO);
    }
}

/// In the child: looks, and says what it waits for meanwhile.
fn run_builtin(target: &Builtin, limit: Duration, page: &SharedPage) -> Verdict {
    signals::unblock_for_library_code();
    probe::run(target, limit, &mut |progress| page.write(progress))
}

fn verdict_of(result: Result<String, String>) -> Verdict {
    let healthy = result.is_ok();
    let (Ok(reason) | Err(reason)) = result;
    Verdict { healthy, reason }
}

fn report(verdict: &Verdict, page: &SharedPage) -> i32 {
    page.write(&[&verdict.reason]);
    i32::from(!verdict.healthy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_executed(number: i32) -> ProbeProcess {
        let error = Some(io::Error::from_raw_os_error(number));
        let output = Output::from(File::open("/dev/null").unwrap());
        ProbeProcess {
            name: String::new(),
            pid: None,
            ending: Some(Ending::Exited(127)),
            channel: Channel::Pipe(output, Exec { failure: Rc::new(SharedPage::new().unwrap()), error }),
            limit: None,
            is_over_limit: false,
        }
    }

    #[test]
    fn an_execution_that_fails_for_want_of_resources_says_nothing_of_the_app() {
        for number in [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE] {
            let error = not_executed(number).take_start_error();
            assert_eq!(error.and_then(|error| error.raw_os_error()), Some(number));
        }
        let mut missing = not_executed(libc::ENOENT);
        assert!(missing.take_start_error().is_none());
        assert_eq!(missing.exit_code(), NO_EXIT_CODE);
    }
}
