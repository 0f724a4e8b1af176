//! A real Docker engine, driven by its own command line: the one that DOCKER_HOST
//! names, and with TESTED_RUNTIME another runtime of it than its default.
//!
//! Everything made here carries the label `hinit-test`, has no network, and goes
//! when its value is dropped, except [`python_base`], which is made once.

use crate::skipped::skip;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// No condition waited for here takes near so long on a working machine.
const LIMIT: Duration = Duration::from_secs(120);

/// A new number when the recipe of [`python_base`] changes.
const PYTHON_BASE: &str = "hinit-test/python:1";

/// Past the test runner, which hides what a passing test prints.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether an engine answers here; says why not.
pub(crate) fn engine() -> bool {
    static ANSWER: OnceLock<Result<String, String>> = OnceLock::new();
    match ANSWER.get_or_init(|| attempt("docker", &["version", "--format", "{{.Server.Version}}"])) {
        Ok(_) => true,
        Err(why) => {
            skip("a container", &format!("no Docker engine answers: {why}"));
            false
        }
    }
}

/// Debian's python, Flask and gunicorn, under the name of an image; made with
/// debootstrap on the first call on this machine, and kept.
pub(crate) fn python_base() -> Option<&'static str> {
    static BASE: OnceLock<Result<(), String>> = OnceLock::new();
    match BASE.get_or_init(make_python_base) {
        Ok(()) => Some(PYTHON_BASE),
        Err(why) => {
            skip("an image with Python", &format!("Debian cannot be bootstrapped: {why}"));
            None
        }
    }
}

fn make_python_base() -> Result<(), String> {
    if attempt("docker", &["image", "inspect", PYTHON_BASE]).is_ok() {
        return Ok(());
    }
    let root = Scratch::new("python-base");
    let dir = root.path().to_str().unwrap();
    let packages = "--include=python3,python3-pip,python3-flask,gunicorn";
    attempt("debootstrap", &["--variant=minbase", packages, "bookworm", dir])?;
    // The official python images have no such mark; pip installs into them.
    let _ = fs::remove_file(root.path().join("usr/lib/python3.11/EXTERNALLY-MANAGED"));
    let pack =
        "tar -C \"$1\" --exclude=./var/cache/apt --exclude=./var/lib/apt/lists -c . | docker import - \"$2\"";
    attempt("sh", &["-c", pack, "sh", dir, PYTHON_BASE]).map(drop)
}

/// A directory under target/ that goes when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique(name));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Held while images are made or removed: the images of two tests may share
/// layers, and the classic builder fails if one goes while it is used.
fn images() -> MutexGuard<'static, ()> {
    static IMAGES: Mutex<()> = Mutex::new(());
    IMAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An image built from a Dockerfile and the files beside it.
pub(crate) struct Image(String);

impl Image {
    /// `files` are (name in the context, where it is now).
    pub(crate) fn build(name: &str, dockerfile: &str, files: &[(&str, &Path)]) -> Self {
        let context = Scratch::new(name);
        fs::write(context.path().join("Dockerfile"), dockerfile).unwrap();
        for (to, from) in files {
            fs::copy(from, context.path().join(to)).unwrap();
        }
        let tag = format!("hinit-test/{}", unique(name));
        let dir = context.path().to_str().unwrap();
        let _alone = images();
        docker(&["build", "--network", "none", "--force-rm", "--label", "hinit-test", "--tag", &tag, dir]);
        Self(tag)
    }

    pub(crate) fn tag(&self) -> &str {
        &self.0
    }

    /// Starts a container: `options` of `docker run`, then the command if any.
    pub(crate) fn run(&self, options: &[&str], command: &[&str]) -> Container {
        let words = [&FIXED[..], &runtime_options(), &["--detach"], options, &[self.tag()], command].concat();
        Container(docker(&words).trim().to_owned())
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _alone = images();
        let _ = attempt("docker", &["rmi", "--force", self.tag()]);
    }
}

/// A started container.
pub(crate) struct Container(String);

/// The options of every `docker run` here.
const FIXED: [&str; 5] = ["run", "--network", "none", "--label", "hinit-test"];

/// The OCI runtime that the containers are to have; none is the engine's default.
pub(crate) fn runtime() -> Option<&'static str> {
    static RUNTIME: OnceLock<Option<String>> = OnceLock::new();
    RUNTIME.get_or_init(|| env::var("TESTED_RUNTIME").ok()).as_deref()
}

fn runtime_options() -> Vec<&'static str> {
    runtime().map_or_else(Vec::new, |name| vec!["--runtime", name])
}

impl Container {
    /// The words for a client that a test starts itself, and the container that
    /// it makes.
    #[allow(dead_code, reason = "for a test with a client of its own")]
    pub(crate) fn by_client(image: &Image, options: &[&str], command: &[&str]) -> (Self, Vec<String>) {
        let name = unique("hinit-test");
        let words =
            [&FIXED[..], &runtime_options(), &["--name", &name], options, &[image.tag()], command].concat();
        let words = words.into_iter().map(str::to_owned).collect();
        (Self(name), words)
    }

    /// What docker calls it.
    #[allow(dead_code, reason = "for a test with a client of its own")]
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    pub(crate) fn inspect(&self, format: &str) -> String {
        docker(&["inspect", "--format", format, &self.0]).trim().to_owned()
    }

    /// What `docker ps` shows in brackets.
    pub(crate) fn health(&self) -> String {
        self.inspect("{{.State.Health.Status}}")
    }

    pub(crate) fn wait_for_health(&self, wanted: &str) {
        wait_for(&format!("docker to say {wanted}"), || {
            assert_eq!(self.inspect("{{.State.Status}}"), "running", "while waiting for {wanted}");
            (self.health() == wanted).then_some(())
        });
    }

    pub(crate) fn exec(&self, command: &[&str]) -> Result<String, String> {
        attempt("docker", &[&["exec", &self.0], command].concat())
    }

    /// As this user, `docker exec --user`.
    #[allow(dead_code, reason = "not every test has several users")]
    pub(crate) fn exec_as(&self, user: &str, command: &[&str]) -> Result<String, String> {
        attempt("docker", &[&["exec", "--user", user, &self.0], command].concat())
    }

    /// `.State.Health` of the document `hinit status --json` shows inside; the
    /// command exits 1 if not healthy.
    pub(crate) fn status(&self) -> Value {
        let words = ["exec", &self.0, "/hinit", "status", "--json"];
        let out = Command::new("docker").args(words).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        let document: Value = serde_json::from_str(&text)
            .unwrap_or_else(|why| panic!("{why}: {text}{}", String::from_utf8_lossy(&out.stderr)));
        document["State"]["Health"].clone()
    }

    pub(crate) fn logs(&self) -> String {
        let out = Command::new("docker").args(["logs", &self.0]).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
    }

    /// `docker top`: the processes by the host's numbers, in no order to rely on.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let listing = docker(&["top", &self.0, "-eo", "pid,stat,args"]);
        listing.lines().skip(1).map(Process::parse).collect()
    }

    /// PID 1 of the container.
    pub(crate) fn first_process(&self) -> Process {
        let pid = self.inspect("{{.State.Pid}}");
        let found = self.processes().into_iter().find(|process| process.pid == pid);
        found.unwrap_or_else(|| panic!("docker top does not show process {pid}"))
    }

    /// Sends a signal from inside to processes of [`Self::processes`].
    pub(crate) fn signal(&self, signal: &str, processes: &[Process]) {
        let mut line = format!("kill -{signal}");
        for process in processes {
            let inner = process.status("NSpid");
            let _ = write!(line, " {}", inner.split_whitespace().last().unwrap());
        }
        self.exec(&["sh", "-c", &line]).unwrap();
    }

    /// `docker kill`.
    #[allow(dead_code, reason = "not every test kills one")]
    pub(crate) fn kill(&self) {
        docker(&["kill", &self.0]);
    }

    /// `docker kill --signal`.
    #[allow(dead_code, reason = "not every test sends one")]
    pub(crate) fn kill_with(&self, signal: &str) {
        docker(&["kill", "--signal", signal, &self.0]);
    }

    /// Waits for the end by itself, and gives the exit code.
    #[allow(dead_code, reason = "not every test waits for an end")]
    pub(crate) fn wait(&self) -> String {
        docker(&["wait", &self.0]).trim().to_owned()
    }

    /// `docker stop`, and the exit code it led to.
    pub(crate) fn stop(&self) -> String {
        docker(&["stop", "--time", "60", &self.0]);
        self.inspect("{{.State.ExitCode}}")
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if thread::panicking() {
            tell(&format!("--- docker logs of {} ---\n{}", self.0, self.logs()));
            let health = attempt("docker", &["inspect", "--format", "{{json .State.Health}}", &self.0]);
            tell(&format!("--- its health ---\n{health:?}"));
        }
        let _ = attempt("docker", &["rm", "--force", "--volumes", &self.0]);
    }
}

/// A process of a container, seen from the host.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pid: String,
    /// `S`, `T`, `Z` and the like, as ps shows it.
    pub(crate) state: String,
    /// The command line.
    pub(crate) args: String,
}

impl Process {
    fn parse(line: &str) -> Self {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_default().to_owned();
        Self { pid: word(), state: word(), args: words.collect::<Vec<_>>().join(" ") }
    }

    /// A line of /proc/PID/status, its words separated by one space.
    pub(crate) fn status(&self, key: &str) -> String {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{key}:")));
        line.unwrap_or_else(|| panic!("no {key} in {text}")).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn is_child_of_one_of(&self, others: &[Self]) -> bool {
        let parent = self.status("PPid");
        others.iter().any(|other| other.pid == parent)
    }

    /// PID 1, one of its probes, or what a HEALTHCHECK runs at this moment.
    pub(crate) fn is_hinit(&self) -> bool {
        self.args.starts_with("/hinit")
    }
}

/// Asks until there is an answer.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begin.elapsed() < LIMIT, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(100));
    }
}

fn docker(words: &[&str]) -> String {
    attempt("docker", words).unwrap_or_else(|why| panic!("{why}"))
}

/// Runs a program; its stdout, or why it failed.
fn attempt(program: &str, words: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program);
    // The classic builder is in every engine; buildx is a package of its own.
    command.args(words).env("DOCKER_BUILDKIT", "0");
    let out = command.output().map_err(|why| format!("{program}: {why}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if out.status.success() {
        return Ok(text(&out.stdout));
    }
    Err(format!("{program} {}: {}\n{}{}", words.join(" "), out.status, text(&out.stdout), text(&out.stderr)))
}

fn unique(name: &str) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    format!("{name}-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}
