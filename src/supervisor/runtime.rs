//! The one poll loop: it waits for signals, children and deadlines, tells the
//! machine, and does what the machine wants.

use super::machine::{Action, Event, Machine};
use super::spawn::{self, Program, Refusal};
use super::{descendants, words};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::signal::Signal;
use crate::sys::process::{self, Change, Ending, Wait};
use crate::sys::signals::{self, Arrival, Inbox, Inherited};
use crate::sys::{Pid, clock, fds, terminal};
use log::{debug, error, info, warn};
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
    program: Program,
    inherited: Inherited,
    group: bool,
    warn_on_reap: bool,
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
    pub fn open(plan: &Plan, program: Program, inherited: Inherited) -> Result<Self> {
        let inbox = Inbox::open().map_err(|error| Error::new(format!("cannot receive signals: {error}")))?;
        let is_pid1 = process::own_pid() == 1;
        Ok(Self {
            machine: Machine::new(plan.stop.clone(), plan.life.clone(), is_pid1, clock::now()),
            program,
            inherited,
            group: plan.stop.group,
            warn_on_reap: plan.life.warn_on_reap,
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
    pub fn start(&mut self) -> std::result::Result<Pid, Refusal> {
        let pid = spawn::start(&self.program, self.inherited)?;
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
        self.tell(Event::Alone);
    }

    fn child_changed(&mut self, pid: Pid, change: Change) {
        let of_app = self.app == Some(pid);
        match change {
            Change::Ended(ending) if of_app => {
                self.app = None;
                self.tell(Event::Ended(ending));
            }
            Change::Ended(ending) if self.warn_on_reap => {
                warn!("reaped pid {pid}: it {}", words::ending(ending));
            }
            Change::Ended(ending) => debug!("reaped pid {pid}: it {}", words::ending(ending)),
            Change::Stopped(signal) if of_app => self.tell(Event::Stopped(signal)),
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
            Action::Start => self.start_again(),
            Action::Signal(signal) => self.signal_app(signal),
            Action::Resume => self.resume_app(),
            Action::Suspend => self.suspend(),
            Action::SignalAll(signal) => self.signal_all(signal),
            Action::Enter(_) => {}
            Action::Tell(notice) => words::say(notice),
            Action::Exit(code) => self.exit = Some(code),
        }
    }

    fn start_again(&mut self) {
        match self.start() {
            Ok(pid) => {
                info!("started again (pid {pid})");
                self.tell(Event::Started);
            }
            Err(refusal) => {
                error!("{}", refusal.error);
                self.tell(Event::NotStarted(refusal.code));
            }
        }
    }

    /// The whole group was stopped, so all of it goes on; in the foreground
    /// again if the shell has put hinit there (`fg`).
    fn resume_app(&self) {
        let Some(pid) = self.app else { return };
        if let Some(terminal) = terminal::in_foreground() {
            // Not a reason to leave it stopped: see `terminal::give`.
            let _ = terminal::give(terminal, pid);
        }
        if signals::send_group(pid, Signal::CONT).is_err() {
            self.signal_app(Signal::CONT);
        }
    }

    fn suspend(&self) {
        if !terminal::suspend_own_group() {
            self.resume_app();
        }
    }

    /// Only as the real PID 1 everything that can be signalled is the
    /// container's; otherwise it is the descendants.
    fn signal_all(&mut self, signal: Signal) {
        // Whether anybody is left at all is seen by reaping.
        self.reaping = true;
        if process::own_pid() == 1 {
            // ESRCH: nobody. EPERM: a process of another user, as said in DESIGN.
            let _ = signals::send_everyone(signal);
            return;
        }
        for pid in descendants::of(process::own_pid()) {
            // It may be gone by now, and pids are not reused so fast.
            let _ = signals::send(pid, signal);
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
