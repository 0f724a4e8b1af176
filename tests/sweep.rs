//! Every system call of hinit's start and steady state fails once, in every
//! plausible way, by strace's injection.
//!
//! It must never be root once its log says that it is not, never hang, and
//! leave with the app's code or one that is documented. The table says what
//! became of each; `cargo test --test sweep -- --nocapture` shows it.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod common;

use common::{As, HINIT, Running, TempDir, children, status_field};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

const TERM: i32 = 15;
const WORKERS: usize = 4;

/// A run that shows a part of hinit: options, app, and the code it ends with
/// after a TERM once the app is ready.
struct Scenario {
    name: &'static str,
    options: &'static [&'static str],
    app: &'static str,
    code: i32,
}

/// As whom the app is, then what it does. Bounded, whatever becomes of hinit.
const SERVES: &str = "trap 'exit 7' TERM; id -u; echo ready; for n in $(seq 2000); do sleep 0.01; done";
const FAILS_ONCE: &str = "[ -e $MARK ] || { : > $MARK; exit 4; }; trap 'exit 7' TERM; id -u; echo ready; \
    for n in $(seq 2000); do sleep 0.01; done";

const SCENARIOS: [Scenario; 2] = [
    Scenario { name: "start and stop", options: &[], app: SERVES, code: 7 },
    Scenario {
        name: "probe, restart and sweep",
        options: &[
            "--restart",
            "on-failure",
            "--health-cmd",
            "true",
            "--health-interval",
            "20ms",
            "--sweep",
            "1s",
        ],
        app: FAILS_ONCE,
        code: 7,
    },
];

/// The exec is not hinit's own, and an exit cannot fail. A close that fails has
/// closed all the same (close(2)), but strace skips the call that it lets fail.
const NOT_SWEPT: [&str; 3] = ["execve", "exit_group", "close"];

/// What a call may well answer. What is not named here gets the first four.
fn errnos(call: &str) -> &'static [&'static str] {
    match call {
        "openat" | "open" => &["ENOENT", "EACCES", "EMFILE", "ENOMEM", "EINTR"],
        "read" => &["EINTR", "EIO", "EAGAIN"],
        "write" | "pwritev2" => &["EINTR", "EAGAIN", "EPIPE", "EIO", "ENOSPC", "ENOSYS"],
        "clone" | "fork" | "vfork" => &["EAGAIN", "ENOMEM"],
        "brk" | "mmap" | "mprotect" | "munmap" => &["ENOMEM"],
        "wait4" => &["EINTR", "ECHILD"],
        "kill" => &["EPERM", "ESRCH"],
        "rename" | "mkdir" | "unlink" | "fchown" | "fchmod" | "chown" => &["EACCES", "EROFS", "ENOSPC"],
        _ => &["EPERM", "ENOSYS", "EINTR", "ENOMEM"],
    }
}

/// One failure: the so-many-th call of this name gives this errno.
#[derive(Debug, Clone)]
struct Fault {
    call: String,
    number: usize,
    errno: &'static str,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// As if nothing had happened.
    Served,
    /// With another documented code.
    Code(i32),
}

#[test]
fn survives_each_system_call_failing_once() {
    if !common::is_root() || Command::new("strace").arg("-V").output().is_err() {
        return common::skip("the sweep", "it needs root and strace");
    }
    common::be_patient_for(30);
    let violations: Vec<String> = SCENARIOS.iter().flat_map(sweep).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// Runs all faults of one scenario; gives what must not be.
fn sweep(scenario: &Scenario) -> Vec<String> {
    let faults = Mutex::new(faults(scenario));
    let results = Mutex::new(Vec::new());
    let work = || {
        while let Some(fault) = { faults.lock().unwrap().pop() } {
            let result = inject(scenario, &fault);
            results.lock().unwrap().push((fault, result));
        }
    };
    thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(work))));
    let results = results.into_inner().unwrap();
    println!("\n{}: {} runs\n{}", scenario.name, results.len(), table(&results));
    let violation = |(fault, result): (Fault, Result<End, String>)| {
        result.err().map(|why| format!("{}: {fault:?}: {why}", scenario.name))
    };
    results.into_iter().filter_map(violation).collect()
}

fn table(results: &[(Fault, Result<End, String>)]) -> String {
    let mut rows: BTreeMap<(&str, &str), BTreeMap<String, usize>> = BTreeMap::new();
    for (fault, result) in results {
        let shown = match result {
            Ok(End::Served) => "served".to_owned(),
            Ok(End::Code(code)) => format!("code {code}"),
            Err(_) => "WRONG".to_owned(),
        };
        *rows.entry((&fault.call, fault.errno)).or_default().entry(shown).or_default() += 1;
    }
    let mut text = String::new();
    for ((call, errno), ends) in rows {
        let ends: Vec<_> = ends.iter().map(|(end, count)| format!("{end} {count}x")).collect();
        let _ = writeln!(text, "  {call:<16} {errno:<8} {}", ends.join(", "));
    }
    text
}

/// A status file that a dropped hinit may write, and a mark for the app.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = TempDir::new("sweep");
        std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o777)).unwrap();
        Self(place)
    }

    fn start(&self, scenario: &Scenario, strace: &[&str]) -> Running {
        let fixed = ["--user", "10001:10001", "--stop-timeout", "1s"];
        let words = [strace, &["--", HINIT], &fixed, scenario.options, &["--", "sh", "-c", scenario.app]];
        common::hinit(As::Process, words.concat())
            .program("strace")
            .env("PATH", "/usr/bin:/bin")
            .env("MARK", self.0.path().join("mark").to_str().unwrap())
            .env("HINIT_STATUS_FILE", self.0.path().join("status").to_str().unwrap())
            .start()
    }
}

/// All calls of an undisturbed run, as faults to inject.
fn faults(scenario: &Scenario) -> Vec<Fault> {
    let place = Place::new();
    let trace = place.0.path().join("trace");
    let end = stop(place.start(scenario, &["-qq", "-o", trace.to_str().unwrap()]));
    assert_eq!(end, Ok((scenario.code, Some("10001".to_owned()))), "an undisturbed run");
    let text = std::fs::read_to_string(trace).unwrap();
    chosen(&text).into_iter().flat_map(|(call, number)| all_errnos(&call, number)).collect()
}

fn all_errnos(call: &str, number: usize) -> Vec<Fault> {
    errnos(call).iter().map(|errno| Fault { call: call.to_owned(), number, errno }).collect()
}

/// Each call from hinit's first instruction on, by its name and its number
/// among those of that name. Of calls that look alike (all of a drop's prctl,
/// each read of a file) the first two and the last.
fn chosen(trace: &str) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut alike: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    let mut ours = false;
    for line in trace.lines() {
        let Some((call, rest)) = line.split_once('(') else { continue };
        let count = counts.entry(call).or_default();
        *count += 1;
        ours |= call == "rt_sigprocmask";
        if ours && !NOT_SWEPT.contains(&call) {
            let first = rest.split([',', ')']).next().unwrap_or_default();
            alike.entry((call, first)).or_default().push(*count);
        }
    }
    let ends = |numbers: Vec<usize>| -> HashSet<usize> {
        numbers.iter().take(2).chain(numbers.last()).copied().collect()
    };
    alike
        .into_iter()
        .flat_map(|((call, _), numbers)| {
            ends(numbers).into_iter().map(move |number| (call.to_owned(), number))
        })
        .collect()
}

fn inject(scenario: &Scenario, fault: &Fault) -> Result<End, String> {
    let place = Place::new();
    let Fault { call, number, errno } = fault;
    let what = format!("inject={call}:error={errno}:when={number}");
    let only = format!("trace={call}");
    let running = place.start(scenario, &["-qq", "-o", "/dev/null", "-e", &only, "-e", &what]);
    let (code, user) = stop(running)?;
    if user.as_ref().is_some_and(|user| user != "10001") {
        return Err(format!("the app is {user:?}"));
    }
    match code {
        _ if code == scenario.code => Ok(End::Served),
        // A wait that fails is made again.
        _ if call == "poll" => Err(format!("it left with {code}")),
        // 4: that of the app's first life.
        4 | 125..=127 | 129..=192 => Ok(End::Code(code)),
        _ => Err(format!("it left with {code}")),
    }
}

/// Asks hinit to stop as soon as the app is ready, and gives the exit code and
/// as whom the app was.
fn stop(mut running: Running) -> Result<(i32, Option<String>), String> {
    let begin = Instant::now();
    while !running.stdout().contains("ready") && !running.has_ended() {
        if begin.elapsed() > Duration::from_secs(20) {
            return Err(format!("it neither serves nor leaves: {}", running.stderr()));
        }
        thread::sleep(Duration::from_millis(2));
    }
    if let Some(hinit) = children(running.pid).first().copied() {
        as_it_says(&running, hinit)?;
        // It may have ended by now, which is the tracer's to tell.
        let _ = Command::new("kill").args([format!("-{TERM}"), hinit.to_string()]).output();
    }
    while !running.has_ended() {
        if begin.elapsed() > Duration::from_secs(40) {
            return Err(format!("it does not stop: {}", running.stderr()));
        }
        thread::sleep(Duration::from_millis(2));
    }
    let out = running.wait();
    let user = out.stdout.lines().next().map(str::to_owned).filter(|line| !line.is_empty());
    Ok((out.code, user))
}

/// Not root in any way once the log says so.
fn as_it_says(running: &Running, hinit: i32) -> Result<(), String> {
    if !running.stderr().contains("as 10001:10001") {
        return Ok(());
    }
    let fields = [("Uid", "10001 10001 10001 10001"), ("CapPrm", "0000000000000000")];
    for (name, wanted) in fields {
        if status_field(hinit, name).is_some_and(|found| found != wanted) {
            return Err(format!("it says that it is 10001, and {name} is {:?}", status_field(hinit, name)));
        }
    }
    Ok(())
}
