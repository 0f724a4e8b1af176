//! One probe process. A command is executed; a built-in probe is a fork that
//! calls [`crate::probe::run`]. Each process leads a process group of its own.

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

/// The longest reason from a shared page, in bytes.
const MAX_REASON: usize = 1000;

/// A probe process from its start until it is reaped, and then its result.
#[derive(Debug)]
pub(super) struct ProbeProcess {
    name: String,
    /// None after it has been reaped: its pid must not be signalled any more.
    pid: Option<Pid>,
    ending: Option<Ending>,
    channel: Channel,
    limit: Option<(Duration, Moment)>,
    is_over_limit: bool,
}

/// How a probe reports its result.
#[derive(Debug)]
enum Channel {
    /// A command, by its output.
    Pipe(Output, Exec),
    /// A built-in probe, by a shared page: its reason, or what it was waiting for
    /// when it was killed. It costs no pipe, and wakes PID 1 only by its end.
    Page(Rc<SharedPage>),
}

/// Whether the exec of a command failed: the child writes the errno to a shared
/// page.
#[derive(Debug)]
struct Exec {
    failure: Rc<SharedPage>,
    error: Option<io::Error>,
}

impl ProbeProcess {
    /// # Errors
    /// There is no descriptor or no process left.
    pub(super) fn start(check: &Check, inherited: Inherited, now: Moment) -> io::Result<Self> {
        let (pid, channel) = match &check.work {
            Work::Program(program, page) => run(program, inherited, page)?,
            Work::Builtin(target, page) => {
                page.write(&[]);
                let verdict = || run_builtin(target, check.own_timeout(), page);
                (fork(inherited, || report(&verdict(), page))?, Channel::Page(Rc::clone(page)))
            }
            Work::Notify(wanted, notify_state, page) => {
                page.write(&[]);
                let verdict = || verdict_from(notify_state.get().verdict(*wanted, now));
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

    /// The pipe with a command's output.
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

    /// Kills the whole group: Docker leaves the children of a probe behind
    /// (moby#43737).
    pub(super) fn kill(&mut self) {
        if let Some(pid) = self.pid {
            // ESRCH: it is already a zombie.
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

    /// The error of the exec, if it is a shortage of hinit's and says nothing
    /// about the app.
    pub(super) fn take_start_error(&mut self) -> Option<io::Error> {
        const SHORTAGES: [i32; 4] = [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE];
        let Channel::Pipe(_, exec) = &mut self.channel else { return None };
        let errno = exec.error.as_ref().and_then(io::Error::raw_os_error);
        exec.error.take_if(|_| errno.is_some_and(|errno| SHORTAGES.contains(&errno)))
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

/// Forks a child that leads a process group of its own, does `work`, and exits
/// with the code that it returns.
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
    let (read, write) = fds::pipe(libc::O_CLOEXEC)?;
    fds::set_nonblocking(read.as_fd())?;
    let pid = fork(inherited, || execute(program, inherited, &mut File::from(write), page))?;
    let exec = Exec { failure: Rc::clone(page), error: None };
    Ok((pid, Channel::Pipe(Output::from(File::from(read)), exec)))
}

/// In the child: executes the command, with all output into one pipe and an empty
/// input, so that it does not read what was typed for the app.
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
            let _ = write!(output, "cannot apply the app's --ulimit to the command: {error}");
            error
        }
    };
    failure.write(&[&error.raw_os_error().unwrap_or(0).to_string()]);
    127
}

/// Without /dev/null, the read end of a pipe that has no writer does the same.
fn close_input() {
    let empty =
        File::open("/dev/null").or_else(|_| fds::pipe(libc::O_CLOEXEC).map(|(read, _)| File::from(read)));
    if let Ok(empty) = empty {
        let _ = fds::redirect(empty.as_fd(), libc::STDIN_FILENO);
    }
}

/// In the child: probes, and reports its progress meanwhile.
fn run_builtin(target: &Builtin, limit: Duration, page: &SharedPage) -> Verdict {
    signals::unblock_for_library_code();
    probe::run(target, limit, &mut |progress| page.write(progress))
}

fn verdict_from(result: Result<String, String>) -> Verdict {
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
    fn an_exec_that_fails_for_lack_of_resources_is_not_the_app_s_failure() {
        for number in [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE] {
            let error = not_executed(number).take_start_error();
            assert_eq!(error.and_then(|error| error.raw_os_error()), Some(number));
        }
        let mut missing = not_executed(libc::ENOENT);
        assert!(missing.take_start_error().is_none());
        assert_eq!(missing.exit_code(), NO_EXIT_CODE);
    }
}
