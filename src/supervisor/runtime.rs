//! The one poll loop: it waits for signals, children and deadlines, tells the
//! machine, and does what the machine wants.

use super::machine::{Action, Event, Machine};
use super::spawn::{self, Program, Refusal};
use super::words;
use crate::error::{Error, Result};
use crate::plan::Stop;
use crate::signal::Signal;
use crate::sys::process::{self, Change, Ending, Wait};
use crate::sys::signals::{self, Arrival, Inbox, Inherited};
use crate::sys::{Pid, clock, fds};
use log::{debug, warn};
use std::io;
use std::time::Duration;

/// So many children are reaped before signals are looked at again, so that
/// 10,000 zombies at once do not delay a SIGTERM.
const REAPED_AT_ONCE: usize = 64;

/// Everything the loop holds. All of it is made before the app is started, and
/// nothing in the loop can fail for want of a descriptor.
#[derive(Debug)]
pub struct Runtime {
    machine: Machine,
    group: bool,
    inbox: Inbox,
    app: Option<Pid>,
    /// Children may be left that no SIGCHLD will announce again.
    reaping: bool,
    exit: Option<i32>,
    todo: Vec<Action>,
}

impl Runtime {
    /// Opens what the loop needs; signals must have been blocked before.
    ///
    /// # Errors
    /// No descriptor is left for the signals.
    pub fn open(stop: &Stop) -> Result<Self> {
        let inbox = Inbox::open().map_err(|error| Error::new(format!("cannot receive signals: {error}")))?;
        Ok(Self {
            machine: Machine::new(stop.clone()),
            group: stop.group,
            inbox,
            app: None,
            reaping: false,
            exit: None,
            todo: Vec::with_capacity(8),
        })
    }

    /// Starts the app.
    ///
    /// # Errors
    /// It could not be started; the refusal has the exit code.
    pub fn start(&mut self, program: &Program, inherited: Inherited) -> std::result::Result<Pid, Refusal> {
        let pid = spawn::start(program, inherited)?;
        self.app = Some(pid);
        Ok(pid)
    }

    /// Runs until the machine says to leave, and returns the exit code.
    ///
    /// # Errors
    /// The kernel cannot wait any more (ENOMEM).
    pub fn run(&mut self) -> Result<i32> {
        let mut arrivals = Vec::with_capacity(32);
        self.tell(Event::Started);
        loop {
            if let Some(code) = self.exit {
                return Ok(code);
            }
            self.wait().map_err(|error| Error::new(format!("cannot wait for events: {error}")))?;
            self.turn(&mut arrivals);
        }
    }

    fn wait(&self) -> io::Result<()> {
        let due = self.machine.deadline().map(|at| at.saturating_sub(clock::now()));
        let limit = if self.reaping { Some(Duration::ZERO) } else { due };
        fds::wait_for_input(&mut [fds::input(self.inbox.fd())], limit)
    }

    /// One turn of the loop: a bounded number of signals and of children.
    fn turn(&mut self, arrivals: &mut Vec<Arrival>) {
        self.inbox.take(arrivals);
        for arrival in arrivals.drain(..) {
            match arrival.signal {
                Signal::CHLD => self.reaping = true,
                _ => self.tell(Event::Signal(arrival)),
            }
        }
        if self.reaping {
            self.reap();
        }
        self.tell(Event::Tick);
    }

    fn reap(&mut self) {
        for _ in 0..REAPED_AT_ONCE {
            match process::wait_any() {
                Wait::Changed(pid, change) => self.child_changed(pid, change),
                Wait::Nothing => return self.reaping = false,
                Wait::Childless => return self.childless(),
            }
        }
    }

    /// Without any child the app must have been reaped; if not by us, then by
    /// a kernel that was told to (SIGCHLD ignored): never wait for it.
    fn childless(&mut self) {
        self.reaping = false;
        if self.app.take().is_some() {
            warn!("the app is gone and left no exit status");
            self.tell(Event::Ended(Ending::Exited(0)));
        }
    }

    fn child_changed(&mut self, pid: Pid, change: Change) {
        let of_app = self.app == Some(pid);
        match change {
            Change::Ended(ending) if of_app => {
                self.app = None;
                self.tell(Event::Ended(ending));
            }
            Change::Ended(ending) => debug!("reaped pid {pid}: {}", words::ending(ending)),
            Change::Stopped(_) if of_app => self.tell(Event::Stopped),
            Change::Continued if of_app => self.tell(Event::Continued),
            Change::Stopped(_) | Change::Continued => {}
        }
    }

    fn tell(&mut self, event: Event) {
        let mut todo = std::mem::take(&mut self.todo);
        self.machine.on(event, clock::now(), &mut todo);
        for action in todo.drain(..) {
            self.act(action);
        }
        self.todo = todo;
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Signal(signal) => self.signal_app(signal),
            Action::Enter(_) => {}
            Action::Tell(notice) => words::say(notice),
            Action::Exit(code) => self.exit = Some(code),
        }
    }

    /// A group that is gone, or not there yet, is no reason to lose a signal.
    fn signal_app(&self, signal: Signal) {
        let Some(pid) = self.app else { return };
        let sent = match self.group.then(|| signals::send_group(pid, signal)) {
            Some(Ok(())) => Ok(()),
            _ => signals::send(pid, signal),
        };
        if let Err(error) = sent {
            // ESRCH: it has ended and will be reaped in a moment.
            if error.raw_os_error() != Some(libc::ESRCH) {
                warn!("could not send {signal} to the app (pid {pid}): {error}");
            }
        }
    }
}
