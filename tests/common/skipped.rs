//! What a test says when it cannot test something here. The test runner hides
//! what a passing test prints, so the reason goes to the process's own standard
//! error, which it does not see; and into a file of this run, which
//! `tests/zz_skipped.rs` counts at the end.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{env, thread};

/// Says that something was not tested, and why; in CI that is a failure.
pub fn skip(what: &str, why: &str) {
    assert!(env::var_os("CI").is_none(), "{what} cannot be tested here, and in CI it must be: {why}");
    tell(what, why);
}

/// The same for what no installation can mend, and so allowed in CI too.
pub fn impossible(what: &str, why: &str) {
    tell(what, why);
}

/// Once for each test, however often it comes to the same point.
fn tell(what: &str, why: &str) {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let reason = format!("{what}: {why}").replace('\n', " ");
    let line = format!("skipped: {}: {reason}\n", test());
    if TOLD.lock().unwrap_or_else(PoisonError::into_inner).insert(line.clone()) {
        let _ = io::stderr().write_all(line.as_bytes());
        if let Err(error) = Run::current().record(&reason) {
            let _ = writeln!(io::stderr(), "skipped: this one will not be counted: {error}");
        }
    }
}

/// The test as `cargo test` names it. With one thread for all it has no name.
fn test() -> String {
    let current = thread::current();
    let name = current.name().filter(|name| *name != "main");
    name.map_or_else(
        || env!("CARGO_CRATE_NAME").to_owned(),
        |name| format!("{}: {name}", env!("CARGO_CRATE_NAME")),
    )
}

/// One `cargo test`, and the file of what is skipped in it.
#[derive(Debug)]
pub struct Run {
    directory: PathBuf,
    name: String,
}

impl Run {
    /// The one that this process is a part of.
    pub fn current() -> Self {
        let program = env::current_exe().unwrap_or_default();
        let profile = program.ancestors().nth(2).unwrap_or(Path::new("."));
        Self::new(&profile.join("skipped"), &Process::that_runs_the_tests())
    }

    pub fn new(directory: &Path, runner: &Process) -> Self {
        Self { directory: directory.to_path_buf(), name: runner.to_string() }
    }

    fn file(&self) -> PathBuf {
        self.directory.join(&self.name)
    }

    /// Adds a reason, in one write: several tests skip at the same time.
    pub fn record(&self, reason: &str) -> io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        let mut file = File::options().create(true).append(true).open(self.file())?;
        file.write_all(format!("{reason}\n").as_bytes())
    }

    /// How often each reason was given. Forgets them, and what is left of runs
    /// that have ended without having been counted.
    pub fn take(&self) -> BTreeMap<String, usize> {
        let mut reasons = BTreeMap::new();
        for line in fs::read_to_string(self.file()).unwrap_or_default().lines() {
            *reasons.entry(line.to_owned()).or_default() += 1;
        }
        let _ = fs::remove_file(self.file());
        self.remove_stale();
        reasons
    }

    fn remove_stale(&self) {
        for entry in fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            if !entry.file_name().to_str().is_some_and(Process::is_alive) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// A process by its pid and the time of its start, which no later one has too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    start: u64,
    parent: u32,
    command: String,
}

impl Process {
    /// The cargo that started this test, or whoever did.
    fn that_runs_the_tests() -> Self {
        let parent = Self::of(std::os::unix::process::parent_id());
        let all = std::iter::successors(parent.clone(), |process| Self::of(process.parent));
        let cargo = all.take(16).find(|process| process.command == "cargo");
        cargo.or(parent).unwrap_or_default()
    }

    /// From proc_pid_stat(5): `PID (COMMAND) STATE PPID ... STARTTIME`.
    pub fn of(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (start, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let command = start.split_once('(')?.1.to_owned();
        Some(Self {
            pid,
            start: fields.get(19)?.parse().ok()?,
            parent: fields.get(1)?.parse().ok()?,
            command,
        })
    }

    /// Whether the process of this name is there still.
    fn is_alive(name: &str) -> bool {
        let pid = name.split('-').next().and_then(|pid| pid.parse().ok());
        pid.and_then(Self::of).is_some_and(|process| process.to_string() == name)
    }
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.pid, self.start)
    }
}
