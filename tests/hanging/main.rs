//! No probe can make PID 1 block: whatever a server, a command or a file
//! system does to a probe, and in whichever phase, signals reach the app in
//! their order, the probe ends in time with a reason that names the phase, a
//! stop does not wait for it, and nothing of it is left.
//!
//! All traffic stays on loopback.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, unsafe_code)]

#[path = "../common/mod.rs"]
mod common;
mod local;
mod memory;
mod network;
mod server;

use common::{
    As, Builder, Running, TempDir, children, everywhere, fixture, hinit, send, status_field, until,
};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

const TERM: i32 = 15;
/// Ascending, as the kernel hands them out when several are there; realtime
/// signals are queued, so that each one counts.
const BURST: [i32; 9] = [1, 10, 12, 28, 34, 34, 34, 40, 64];
/// Rows that run at the same time: they wait, mostly.
const AT_ONCE: usize = 12;

/// One way for a probe to hang.
pub struct Row {
    name: String,
    check: String,
    /// What the fixture does besides telling its signals.
    app: &'static str,
    /// Waits until a probe of this hinit hangs.
    reached: Reached,
    /// What a reason says of it.
    phase: String,
    before: Option<Prepare>,
}

type Reached = Box<dyn Fn(&Running, i32) + Send + Sync>;
type Prepare = Box<dyn Fn(Builder) -> Builder + Send + Sync>;

impl Row {
    fn new(
        name: impl Into<String>,
        check: impl Into<String>,
        phase: impl Into<String>,
        reached: Reached,
    ) -> Self {
        let (name, check, phase) = (name.into(), check.into(), phase.into());
        Self { name, check, app: "signals", reached, phase, before: None }
    }

    /// hinit with this check, its status in `dir`.
    fn start(&self, mode: As, dir: &Path, timing: [&str; 6]) -> Running {
        let (status, app) = (dir.join("status.json"), fixture());
        let options = ["--health", &self.check, "--status-file", status.to_str().unwrap(), &app, self.app];
        let builder = hinit(mode, [timing.as_slice(), &options].concat());
        let builder = self.before.iter().fold(builder, |builder, prepare| prepare(builder));
        let running = builder.start();
        running.prints("ready");
        running
    }

    fn run(&self, modes: &[As]) {
        for mode in modes {
            self.stops_while_it_hangs(*mode);
        }
        self.is_unhealthy_in_time(*modes.last().unwrap());
    }

    /// The probe has ten minutes, and nobody waits for it.
    fn stops_while_it_hangs(&self, mode: As) {
        let dir = TempDir::new("hang");
        let timing = ["--health-timeout", "10m", "--health-interval", "10m", "--health-retries", "1"];
        let running = self.start(mode, dir.path(), timing);
        let app = running.app();
        (self.reached)(&running, app);
        let probe = probe_and_its_own(&running, app);
        send_burst(&running, &self.name);
        assert!(is_there(probe[0]), "{}: it hangs no more", self.name);
        running.signal(TERM);
        let out = running.wait();
        assert_eq!(out.code, 7, "{}: {}", self.name, out.stderr);
        until(&format!("{}: nothing of the probe is left", self.name), || all_gone(&probe));
    }

    fn is_unhealthy_in_time(&self, mode: As) {
        let dir = TempDir::new("hang");
        let timing = ["--health-timeout", "1s", "--health-interval", "250ms", "--health-retries", "1"];
        let running = self.start(mode, dir.path(), timing);
        let app = running.app();
        (self.reached)(&running, app);
        let probe = probe_and_its_own(&running, app);
        send_burst(&running, &self.name);
        running.says("unhealthy: ");
        until(&format!("{}: the probe is gone", self.name), || all_gone(&probe));
        self.await_phase(&dir.path().join("status.json"));
        running.signal(TERM);
        let out = running.wait();
        assert_eq!(out.code, 7, "{}: {}", self.name, out.stderr);
    }

    /// On a machine this busy a probe may not get as far in its time; the next one does.
    fn await_phase(&self, status: &Path) {
        let mut last = String::new();
        let wanted = || {
            last = std::fs::read_to_string(status).unwrap_or_default();
            last.contains(&self.phase).then_some(())
        };
        let what = format!("{}: the reason says '{}'", self.name, self.phase);
        let found = thread::scope(|scope| scope.spawn(|| until(&what, wanted)).join());
        assert!(found.is_ok(), "{what}:\n{last}");
    }
}

/// Sends it, and waits until the app has all of it, in that order.
fn send_burst(running: &Running, name: &str) {
    for signal in BURST {
        send(running.pid, signal);
    }
    running.prints("got 64\n");
    let told: Vec<_> = BURST.iter().map(|signal| format!("got {signal}\n")).collect();
    assert_eq!(running.stdout(), format!("ready\n{}", told.concat()), "{name}");
}

/// The probe's process and all that it has started.
fn probe_and_its_own(running: &Running, app: i32) -> Vec<i32> {
    let is_own = |pid: &i32| *pid != app;
    let mut all = until("the probe is there", || {
        let probes: Vec<_> = children(running.pid).into_iter().filter(is_own).collect();
        (!probes.is_empty()).then_some(probes)
    });
    let mut next = 0;
    while let Some(pid) = all.get(next) {
        all.extend(children(*pid));
        next += 1;
    }
    all
}

fn is_there(pid: i32) -> bool {
    status_field(pid, "State").is_some_and(|state| !state.starts_with('Z'))
}

fn all_gone(pids: &[i32]) -> Option<()> {
    (!pids.iter().any(|pid| is_there(*pid))).then_some(())
}

/// Runs all of them, several at a time, and tells of every one that fails.
fn run(rows: Vec<Row>) {
    assert!(!rows.is_empty());
    let modes = RefCell::new(Vec::new());
    everywhere(|mode| modes.borrow_mut().push(mode));
    let modes = modes.into_inner();
    let (count, rows) = (rows.len(), Mutex::new(VecDeque::from(rows)));
    let next = || rows.lock().unwrap().pop_front();
    let work = || {
        let mut failed = Vec::new();
        while let Some(row) = next() {
            let name = row.name.clone();
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| row.run(&modes))).is_err() {
                failed.push(name);
            }
        }
        failed
    };
    let failed: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    println!("{} of {count} ways to hang", count - failed.len());
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn no_server_makes_pid_1_block_in_any_phase() {
    run(network::rows());
}

#[test]
fn no_command_file_or_app_makes_pid_1_block() {
    run(local::rows());
}
