//! The one poll loop: it waits for signals, children and deadlines, passes them
//! to the machine as events, and carries out the machine's actions.

use super::dependencies::Dependencies;
use super::machine::{Action, Event, Machine, Notice};
use super::oom_monitor::OomMonitor;
use super::{descendants, messages};
use crate::error::{Error, Result};
use crate::health::checks::Checks;
use crate::health::monitor::{Monitor, MonitorEvent};
use crate::health::notify::Listener;
use crate::health::{self, Status};
use crate::personality::Personality;
use crate::phase::Phase;
use crate::plan::{Plan, Timing};
use crate::signal::Signal;
use crate::spawn::program::Program;
use crate::spawn::start::{start, start_with_retries};
use crate::spawn::start_error::StartError;
use crate::status::writer::{AppState, StatusWriter};
use crate::sys::process::{self, Change, Wait};
use crate::sys::signals::{self, Arrival, Inbox, Inherited};
use crate::sys::terminal::{self, Terminal};
use crate::sys::{Pid, clock, fds, memory};
use crate::time::Moment;
use log::{error, info, warn};
use std::io;
use std::time::Duration;

/// Children reaped in one turn of the loop, so that 10,000 zombies at once do
/// not delay a SIGTERM.
const REAPED_AT_ONCE: usize = 64;

/// The pause between two turns if poll itself fails: long enough to cost little,
/// short enough for a SIGTERM.
pub(crate) const POLL_FALLBACK: Duration = Duration::from_millis(50);

/// What is prepared and checked before the app is started.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The app.
    pub program: Program,
    /// The app and its user, for the log.
    pub description: String,
    /// Its health checks and when to run them.
    pub checks: Option<(Checks, Timing)>,
    /// The checks of its dependencies (`--wait-for`).
    pub dependencies: Option<Checks>,
    /// The notify socket.
    pub listener: Option<Listener>,
}

/// The state of the loop. All descriptors are opened before the app is started,
/// so that the loop does not fail for lack of one.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each with a name")]
pub(crate) struct Runtime {
    machine: Machine,
    program: Program,
    description: String,
    inherited: Inherited,
    group: bool,
    warn_on_reap: bool,
    personality: Personality,
    inbox: Inbox,
    terminal: Option<Terminal>,
    app: Option<Pid>,
    /// The app's process group, which may outlive it.
    app_group: Option<Pid>,
    /// When the app was last started.
    started_at: Moment,
    phase: Phase,
    /// The checks until the first start; the monitor has them from then on.
    checks: Option<(Checks, Timing)>,
    monitor: Option<Monitor>,
    dependencies: Option<Dependencies>,
    listener: Option<Listener>,
    status_writer: StatusWriter,
    events: Vec<MonitorEvent>,
    polled: Vec<libc::pollfd>,
    /// Consecutive failures of poll.
    failed_waits: u32,
    /// There may be children to reap for which no SIGCHLD will come.
    reaping: bool,
    /// Whether the loop was idle once and start-up memory was freed.
    has_freed_memory: bool,
    oom_monitor: OomMonitor,
    /// The sender of the stop request. Kept, since that process may be gone when
    /// the app has ended.
    stop_requested_by: Option<String>,
    exit: Option<i32>,
    todo: Vec<Action>,
}

impl Runtime {
    /// Opens what the loop needs. All signals must be blocked.
    ///
    /// # Errors
    /// There is no descriptor for the signal inbox.
    pub(crate) fn open(plan: &Plan, prepared: Prepared, inherited: Inherited) -> Result<Self> {
        let inbox = Inbox::open().map_err(|error| Error::new(format!("cannot receive signals: {error}")))?;
        let is_pid1 = process::own_pid() == 1;
        let mut machine = Machine::new(plan.stop.clone(), plan.life.clone(), is_pid1, clock::now());
        if let (Some(limit), true) = (plan.wait_for.limit, prepared.dependencies.is_some()) {
            machine.wait_at_most(limit);
        }
        if plan.health.is_some() || plan.ready_file.is_some() {
            machine.has_readers();
        }
        Ok(Self {
            machine,
            program: prepared.program,
            description: prepared.description,
            inherited,
            group: plan.stop.group,
            warn_on_reap: plan.life.warn_on_reap,
            personality: plan.personality,
            inbox,
            terminal: Terminal::find(),
            app: None,
            app_group: None,
            started_at: Moment::ZERO,
            phase: Phase::Starting,
            checks: prepared.checks,
            monitor: None,
            dependencies: prepared.dependencies.map(Dependencies::new),
            listener: prepared.listener,
            status_writer: StatusWriter::new(plan.status_file.as_deref(), plan.ready_file.as_deref()),
            events: Vec::with_capacity(4),
            polled: Vec::with_capacity(4),
            failed_waits: 0,
            // There is no SIGCHLD for children that died before the exec of hinit.
            reaping: true,
            has_freed_memory: false,
            oom_monitor: OomMonitor::default(),
            stop_requested_by: None,
            exit: None,
            todo: Vec::with_capacity(8),
        })
    }

    fn start(&mut self) -> std::result::Result<Pid, StartError> {
        self.listener.iter().for_each(Listener::reset);
        let pid = start(&self.program, self.personality, self.inherited, self.terminal.as_ref())?;
        self.app = Some(pid);
        self.app_group = Some(pid);
        self.started_at = clock::now();
        self.oom_monitor.app_started();
        Ok(pid)
    }

    /// Runs until the machine exits, and returns the exit code.
    pub(crate) fn run(&mut self) -> i32 {
        let mut arrivals = Vec::with_capacity(32);
        self.begin();
        loop {
            if let Some(code) = self.exit {
                self.status_writer.remove();
                // Dropping them kills the checks still running.
                (self.monitor, self.dependencies) = (None, None);
                return code;
            }
            match self.wait() {
                Ok(()) => self.log_recovery(),
                Err(error) => self.sleep_instead(&error),
            }
            self.turn(&mut arrivals);
        }
    }

    #[inline(never)]
    fn begin(&mut self) {
        match &self.dependencies {
            Some(_) => self.publish(),
            None => self.first_start(),
        }
    }

    fn first_start(&mut self) {
        match start_with_retries(|| self.start()) {
            Ok(pid) => {
                messages::started(self.personality, &self.description, pid);
                self.change_to_root_directory();
                self.oom_monitor.start();
                self.started();
            }
            Err(start_error) => {
                error!("{}", start_error.error);
                self.exit = Some(start_error.code);
            }
        }
    }

    /// As dumb-init does once its app has been started, so that it keeps no mount
    /// busy.
    fn change_to_root_directory(&self) {
        if self.personality == Personality::DumbInit {
            // If that fails it stays in its directory, as every other init does.
            let _ = std::env::set_current_dir("/");
        }
    }

    /// The app was started, for the first time or again. Its health is monitored
    /// from now on.
    fn started(&mut self) {
        match (&mut self.monitor, self.checks.take()) {
            (Some(monitor), _) => monitor.restarted(self.started_at, &mut self.events),
            (None, Some((checks, timing))) => {
                self.monitor = Some(Monitor::new(checks, timing, self.started_at));
            }
            (None, None) => {}
        }
        self.dispatch(Event::Started);
    }

    fn wait(&mut self) -> io::Result<()> {
        let monitor = self.monitor.as_ref().or(self.dependencies.as_ref().map(Dependencies::monitor));
        self.polled.clear();
        self.polled.push(fds::input(self.inbox.fd()));
        self.polled.extend(self.listener.iter().map(|listener| fds::input(listener.fd())));
        self.polled.extend(monitor.iter().flat_map(|monitor| monitor.fds()).map(fds::input));
        let deadlines = [
            self.monitor.as_ref().and_then(Monitor::deadline),
            self.dependencies.as_ref().and_then(Dependencies::deadline),
        ];
        let due = deadlines.into_iter().flatten().chain(self.machine.deadline()).min();
        let due = due.map(|at| at.saturating_sub(clock::now()));
        let limit = if self.reaping { Some(Duration::ZERO) } else { due };
        if !self.reaping && !std::mem::replace(&mut self.has_freed_memory, true) {
            free_start_up_memory();
        }
        fds::wait_for_input(&mut self.polled, limit)
    }

    /// If poll fails (ENOMEM, or EINVAL after the descriptor limit was lowered),
    /// the container goes on: nothing in a turn blocks, so everything is checked
    /// after a short sleep.
    fn sleep_instead(&mut self, error: &io::Error) {
        self.failed_waits = self.failed_waits.saturating_add(1);
        if self.failed_waits == 1 {
            let interval = POLL_FALLBACK.as_millis();
            warn!("cannot wait for events ({error}), checking every {interval} ms");
        }
        std::thread::sleep(POLL_FALLBACK);
        self.reaping = true;
    }

    fn log_recovery(&mut self) {
        if std::mem::take(&mut self.failed_waits) > 0 {
            info!("waiting for events works again");
        }
    }

    /// One turn of the loop: a bounded number of signals and of children, and no
    /// waiting (H3).
    fn turn(&mut self, arrivals: &mut Vec<Arrival>) {
        self.inbox.take(arrivals);
        for arrival in arrivals.drain(..) {
            match arrival.signal {
                Signal::CHLD => self.reaping = true,
                _ => self.dispatch(Event::Signal(arrival)),
            }
        }
        if self.reaping {
            self.reap();
        }
        // Before the start of the app too: an unread message would wake poll again
        // and again.
        if self.listener.as_ref().is_some_and(|listener| listener.receive(clock::now())) {
            self.monitor.iter_mut().for_each(|monitor| monitor.check_soon(clock::now()));
        }
        if let Some(monitor) = &mut self.monitor {
            monitor.turn(clock::now(), &mut self.events);
        }
        self.take_events();
        self.check_dependencies();
        self.dispatch(Event::Tick);
    }

    /// Starts the app once its dependencies are ready.
    fn check_dependencies(&mut self) {
        let Some(dependencies) = &mut self.dependencies else { return };
        if dependencies.turn(clock::now()) && self.exit.is_none() {
            self.dependencies = None;
            self.first_start();
        }
    }

    /// Handles the events of the health monitor. The status document is written
    /// before a change is logged, and before it is acted on.
    fn take_events(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        if events.iter().any(|event| !matches!(event, MonitorEvent::NotStarted(_))) {
            self.publish();
        }
        for event in events.drain(..) {
            match event {
                MonitorEvent::Changed(change) => self.health_changed(&change),
                MonitorEvent::StillStarting { reason, exit_code } => {
                    messages::still_starting(
                        &reason,
                        exit_code,
                        clock::now().saturating_sub(self.started_at),
                    );
                }
                MonitorEvent::Publish => {}
                MonitorEvent::NotStarted(reason) => warn!("{reason}"),
            }
        }
        self.events = events;
    }

    fn health_changed(&mut self, change: &health::schedule::Change) {
        messages::health(change, clock::now().saturating_sub(self.started_at));
        if change.to == Status::Unhealthy && change.app_failed {
            self.dispatch(Event::Unhealthy);
        }
    }

    fn publish(&mut self) {
        if !self.personality.writes_status() {
            return;
        }
        let app = AppState {
            phase: self.phase,
            pid: self.app,
            restarts: self.machine.restarts(),
            is_unchecked: self.checks.is_some(),
        };
        self.status_writer.publish(app, self.monitor.as_ref().map(Monitor::schedule));
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        // They are of use only before the first start, and no app is started
        // after a stop request.
        self.dependencies = None;
        // Without the app there is nothing to check, and a sweep would have to
        // wait for the process of a check.
        if let (None, Some(monitor)) = (self.app, &mut self.monitor) {
            monitor.pause(clock::now(), &mut self.events);
        }
        self.publish();
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

    /// There is no child left. If hinit has not reaped the app, the kernel has
    /// (SIGCHLD ignored): hinit must not wait for it. Its exit code is unknown,
    /// which counts as a failure and never as success.
    fn childless(&mut self) {
        self.reaping = false;
        if let Some(pid) = self.app.take() {
            error!(
                "hinit has no child left, but the app (pid {pid}) was not reaped by it; its exit code is lost"
            );
            self.dispatch(Event::Lost(self.personality.own_failure()));
        }
        self.dispatch(Event::NoChildren);
    }

    fn child_changed(&mut self, pid: Pid, change: Change) {
        if let (Change::Ended(ending), Some(monitor)) = (change, &mut self.monitor)
            && monitor.reaped(pid, ending, clock::now(), &mut self.events)
        {
            return;
        }
        if let (Change::Ended(ending), Some(dependencies)) = (change, &mut self.dependencies)
            && dependencies.reaped(pid, ending, clock::now())
        {
            return;
        }
        let of_app = self.app == Some(pid);
        match change {
            Change::Ended(ending) if of_app => {
                self.app = None;
                self.pass_terminal(pid, terminal::own_group());
                messages::reaped_app(self.personality, pid, ending);
                self.dispatch(Event::Ended(ending));
            }
            Change::Ended(ending) => messages::reaped(self.personality, pid, ending, self.warn_on_reap),
            Change::Stopped(signal) if of_app => self.dispatch(Event::Stopped(signal)),
            Change::Continued if of_app => self.dispatch(Event::Continued),
            Change::Stopped(_) | Change::Continued => {}
        }
    }

    fn dispatch(&mut self, event: Event) {
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
            Action::Signal(signal) => {
                self.oom_monitor.signal_sent(signal);
                self.signal_app(signal);
            }
            Action::Resume => self.resume_app(),
            Action::GiveTerminal => self.give_terminal(),
            Action::Suspend => self.suspend(),
            Action::SignalGroup(signal) => self.signal_group(signal),
            Action::StopSelf => signals::stop_itself(),
            Action::SignalAll(signal) => self.signal_all(signal),
            Action::Enter(phase) => self.enter(phase),
            Action::Log(notice) => self.log(notice),
            Action::Exit(code) => self.exit = Some(code),
        }
    }

    fn log(&mut self, notice: Notice) {
        self.stop_requested_by =
            self.stop_requested_by.take().or_else(|| messages::stop_requested_by(notice));
        match notice {
            Notice::Ended(ending) if self.oom_monitor.killed_app(ending) => messages::out_of_memory(ending),
            _ => messages::log_notice(self.personality, notice, self.stop_requested_by.as_deref()),
        }
    }

    fn start_again(&mut self) {
        match self.start() {
            Ok(pid) => {
                info!("started again (pid {pid})");
                self.started();
            }
            Err(start_error) => {
                error!("{}", start_error.error);
                self.dispatch(Event::NotStarted(start_error.code));
            }
        }
    }

    /// The whole group was stopped, so all of it is continued; in the foreground
    /// if the shell has put hinit there (`fg`).
    fn resume_app(&self) {
        let Some(pid) = self.app else { return };
        self.give_terminal();
        if signals::send_group(pid, Signal::CONT).is_err() {
            self.signal_app(Signal::CONT);
        }
    }

    fn give_terminal(&self) {
        self.app.inspect(|pid| self.pass_terminal(terminal::own_group(), *pid));
    }

    /// Moves the terminal from one group to another, if the first one has it.
    fn pass_terminal(&self, from: Pid, to: Pid) {
        if let Some(terminal) = self.terminal.as_ref().filter(|terminal| terminal.is_held_by(from)) {
            // A failure is ignored: see `Terminal::give`.
            let _ = terminal.give(to);
        }
    }

    fn suspend(&self) {
        // A shell expects its job (hinit's group) in the foreground.
        self.app.inspect(|pid| self.pass_terminal(*pid, terminal::own_group()));
        if !terminal::suspend_own_group() {
            self.resume_app();
        }
    }

    /// As PID 1 every process that hinit can signal belongs to the container.
    /// Otherwise only the descendants are signalled.
    fn signal_all(&mut self, signal: Signal) {
        // Reaping finds out whether any process is left.
        self.reaping = true;
        if process::own_pid() == 1 {
            // ESRCH: no process. EPERM: another user's (docs/design.md, section 5).
            let _ = signals::send_everyone(signal);
            return;
        }
        for pid in descendants::of(process::own_pid()) {
            // It may have ended by now; pids are not reused that fast.
            let _ = signals::send(pid, signal);
        }
    }

    /// The app has just been reaped: its pid cannot have been reused yet, and is
    /// not reused while its group exists.
    fn signal_group(&self, signal: Signal) {
        let Some(group) = self.app_group else { return };
        // ESRCH: the group is empty.
        let _ = signals::send_group(group, signal);
    }

    /// If the group cannot be signalled, the app alone gets the signal.
    fn signal_app(&self, signal: Signal) {
        let Some(pid) = self.app else { return };
        let sent = match self.group.then(|| signals::send_group(pid, signal)) {
            Some(Ok(())) => Ok(()),
            _ => signals::send(pid, signal),
        };
        if let Err(error) = sent {
            // ESRCH: it has ended and is about to be reaped.
            if error.raw_os_error() != Some(libc::ESRCH) {
                warn!("could not send {signal} to the app (pid {pid}): {error}");
            }
        }
    }
}

/// Only as PID 1, which lives as long as its container. A hinit that wraps a
/// short program would take a twentieth longer.
fn free_start_up_memory() {
    if process::own_pid() == 1 {
        memory::forget_start_up_code();
    }
}
