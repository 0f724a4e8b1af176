//! The one harness: starts hinit as PID 1 of a fresh pid namespace, or as an
//! ordinary process, and lets a test wait for conditions.
#![allow(dead_code, unsafe_code, clippy::expect_used, clippy::panic, clippy::print_stdout)]

pub mod cgroup;
#[allow(clippy::unnecessary_wraps)]
pub mod given;
pub mod pty;
pub mod seccomp;
pub mod skipped;

#[allow(unused_imports)]
pub use skipped::{impossible, skip};

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The binary under test: the one that cargo built, or with TESTED_HINIT
/// (an absolute path, when the tests are built) the one to be shipped.
pub const HINIT: &str = match option_env!("TESTED_HINIT") {
    Some(path) => path,
    None => env!("CARGO_BIN_EXE_hinit"),
};

/// How long any condition may take before a test fails. Generous: it is only
/// ever reached by a failure.
pub const LIMIT: Duration = Duration::from_secs(60);

static PATIENCE: AtomicU64 = AtomicU64::new(LIMIT.as_secs());

/// How long is waited from now on, for programs that may well not do it.
pub fn be_patient_for(seconds: u64) {
    PATIENCE.store(seconds, Ordering::Relaxed);
}

fn patience() -> Duration {
    Duration::from_secs(PATIENCE.load(Ordering::Relaxed))
}

/// As what hinit runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// PID 1 of a pid namespace of its own, with a /proc of its own.
    Pid1,
    /// A process like any other.
    Process,
}

/// Runs a behaviour as PID 1 and again as an ordinary process.
pub fn everywhere(behaviour: impl Fn(As)) {
    behaviour(As::Process);
    if let Some(why) = no_namespaces() {
        skip("as PID 1", &why);
    } else {
        behaviour(As::Pid1);
    }
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

fn no_namespaces() -> Option<String> {
    let status = Builder::new(As::Pid1)
        .command(Command::new("/bin/true"))
        .spawn_command()
        .map(|mut child| child.wait());
    match status {
        Ok(Ok(status)) if status.success() => None,
        other => Some(format!("no pid namespace can be made ({other:?})")),
    }
}

/// The app that the tests run under hinit: see `fixture.rs`.
pub fn fixture() -> String {
    let path = Path::new(env!("CARGO_BIN_EXE_hinit")).with_file_name("examples").join("fixture");
    assert!(path.exists(), "{} is missing: run `cargo build --example fixture`", path.display());
    path.display().to_string()
}

/// What to start, and how.
pub struct Builder {
    mode: As,
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    command: Option<Command>,
    stdin: Option<Stdio>,
    before: Vec<Before>,
}

/// Something to do in the new process just before hinit is executed.
pub type Before = Box<dyn FnMut() -> io::Result<()> + Send + Sync>;

/// hinit with these words.
pub fn hinit<W: AsRef<OsStr>>(mode: As, args: impl IntoIterator<Item = W>) -> Builder {
    let mut builder = Builder::new(mode);
    builder.args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
    builder
}

impl Builder {
    fn new(mode: As) -> Self {
        let program = OsString::from(HINIT);
        Self { mode, program, args: vec![], env: vec![], command: None, stdin: None, before: vec![] }
    }

    /// Another program than hinit, to compare with.
    #[must_use]
    pub fn program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn stdin(mut self, stdin: Stdio) -> Self {
        self.stdin = Some(stdin);
        self
    }

    /// Calls this in the new process before the exec; it may only make system
    /// calls.
    #[must_use]
    pub fn before_exec(mut self, before: impl FnMut() -> io::Result<()> + Send + Sync + 'static) -> Self {
        self.before.push(Box::new(before));
        self
    }

    fn command(mut self, command: Command) -> Self {
        self.command = Some(command);
        self
    }

    fn plain_command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        command
    }

    fn stdin_or(&mut self, other: Stdio) -> Stdio {
        self.stdin.take().unwrap_or(other)
    }

    fn leading_a_session(mut self) -> Self {
        self.before.insert(0, Box::new(pty::lead_session));
        self
    }

    fn spawn_command(mut self) -> io::Result<Child> {
        let mut command = self.command.take().unwrap_or_else(|| self.plain_command());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        let (mode, mut before) = (self.mode, std::mem::take(&mut self.before));
        // SAFETY: between fork and exec only system calls are made.
        unsafe {
            command.pre_exec(move || {
                die_with_parent();
                given::no_signal_ignored()?;
                if mode == As::Pid1 {
                    become_pid1()?;
                }
                before.iter_mut().try_for_each(|step| step())
            });
        }
        command.spawn()
    }

    /// Starts it with stdout and stderr captured.
    pub fn start(mut self) -> Running {
        let mode = self.mode;
        let stdin = self.stdin.take().unwrap_or_else(Stdio::null);
        let mut command = self.plain_command();
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command(command).spawn_command().expect("hinit starts");
        let stdout = Capture::of(child.stdout.take().expect("stdout is a pipe"));
        let stderr = Capture::of(child.stderr.take().expect("stderr is a pipe"));
        let pid = child.id().cast_signed();
        let mut started = Started { child, pid };
        if mode == As::Pid1 {
            started.pid = await_only_child(pid);
        }
        Running { pid: started.pid, started, stdout, stderr }
    }

    /// Starts it and waits for its end.
    pub fn output(self) -> Output {
        self.start().wait()
    }
}

fn die_with_parent() {
    // SAFETY: a prctl with a number.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Goes on as PID 1 of a new pid namespace. The process that was stays behind,
/// waits, and leaves with the same code.
fn become_pid1() -> io::Result<()> {
    // SAFETY: system calls only, in a process with one thread.
    unsafe {
        let user = if libc::geteuid() == 0 { 0 } else { libc::CLONE_NEWUSER };
        check(libc::unshare(libc::CLONE_NEWPID | libc::CLONE_NEWNS | user))?;
        let pid = check(libc::fork())?;
        if pid > 0 {
            wait_and_leave(pid);
        }
        die_with_parent();
        let none: *const libc::c_char = std::ptr::null();
        check(libc::mount(none, c"/".as_ptr(), none, libc::MS_REC | libc::MS_PRIVATE, none.cast()))?;
        check(libc::mount(c"proc".as_ptr(), c"/proc".as_ptr(), c"proc".as_ptr(), 0, none.cast()))?;
    }
    Ok(())
}

/// # Safety
/// Only in a forked process, which this ends.
unsafe fn wait_and_leave(pid: libc::pid_t) -> ! {
    // SAFETY: system calls only.
    unsafe {
        // Whoever reads hinit's output or waits for the exec must see the end.
        libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0);
        let mut status = 0;
        while libc::waitpid(pid, &raw mut status, 0) < 0 {}
        let code =
            if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 128 + libc::WTERMSIG(status) };
        libc::_exit(code)
    }
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// PID 1, or the process that waits for it if it has come and gone already.
fn await_only_child(pid: i32) -> i32 {
    let gone = || status_field(pid, "State").is_some_and(|state| state.starts_with('Z'));
    until("PID 1 is there", || children(pid).first().copied().or_else(|| gone().then_some(pid)))
}

/// The pids of a process's children.
pub fn children(pid: i32) -> Vec<i32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// A field of /proc/PID/status, such as `CapEff`.
pub fn status_field(pid: i32, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find(|line| line.split(':').next() == Some(name))?;
    Some(line.split_once(':')?.1.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Waits until `condition` gives something.
pub fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < patience(), "this did not come true within {:?}: {what}", patience());
        thread::sleep(Duration::from_millis(2));
    }
}

/// A stream that is read to its end in the background.
#[derive(Debug)]
struct Capture {
    text: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Capture {
    fn of(mut stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&text);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut buffer) {
                shared.lock().expect("no reader panics").extend_from_slice(&buffer[..length]);
            }
        });
        Self { text, reader }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().expect("no reader panics")).into_owned()
    }

    fn into_end(self) -> String {
        self.reader.join().expect("the reader ends");
        String::from_utf8_lossy(&self.text.lock().expect("no reader panics")).into_owned()
    }
}

/// A process that does not outlive its test, nor do its children.
#[derive(Debug)]
struct Started {
    child: Child,
    pid: i32,
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let mut all = children(self.pid);
            all.extend([self.pid, self.child.id().cast_signed()]);
            for pid in all {
                // SAFETY: kill touches no memory. Not reaped, so still ours.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
            let _ = self.child.wait();
        }
    }
}

/// A started hinit.
#[derive(Debug)]
pub struct Running {
    started: Started,
    /// hinit's own pid, as seen from the tests.
    pub pid: i32,
    stdout: Capture,
    stderr: Capture,
}

/// What a hinit that has ended left behind.
#[derive(Debug)]
pub struct Output {
    /// The exit code, 128+n after a signal.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Running {
    /// Waits until this was printed to stdout.
    pub fn prints(&self, text: &str) -> &Self {
        self.prints_times(text, 1)
    }

    /// Waits until this was printed to stdout so many times.
    pub fn prints_times(&self, text: &str, times: usize) -> &Self {
        let seen = || (self.stdout.so_far().matches(text).count() >= times).then_some(());
        self.expect(&format!("'{text}' on stdout {times} times"), seen);
        self
    }

    /// Waits until this was printed to stderr.
    pub fn says(&self, text: &str) -> &Self {
        self.expect(&format!("'{text}' on stderr"), || self.stderr.so_far().contains(text).then_some(()));
        self
    }

    /// What was printed to stdout until now.
    pub fn stdout(&self) -> String {
        self.stdout.so_far()
    }

    /// What was printed to stderr until now.
    pub fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    fn expect<T>(&self, what: &str, condition: impl FnMut() -> Option<T>) -> T {
        let mut condition = condition;
        let start = Instant::now();
        loop {
            if let Some(value) = condition() {
                return value;
            }
            let (out, err) = (self.stdout(), self.stderr());
            assert!(
                start.elapsed() < patience(),
                "this did not come true: {what}\nstdout:\n{out}\nstderr:\n{err}"
            );
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Sends a signal to hinit.
    pub fn signal(&self, number: i32) -> &Self {
        send(self.pid, number);
        self
    }

    /// hinit's only child, as seen from the tests.
    pub fn app(&self) -> i32 {
        until("the app is there", || children(self.pid).first().copied())
    }

    /// Whether hinit has ended by now.
    pub fn has_ended(&mut self) -> bool {
        self.started.child.try_wait().expect("hinit can be waited for").is_some()
    }

    /// Waits for hinit's end.
    pub fn wait(mut self) -> Output {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.started.child.try_wait().expect("hinit can be waited for") {
                break status;
            }
            if start.elapsed() > patience() {
                let (out, err) = (self.stdout(), self.stderr());
                panic!("hinit did not end\nstdout:\n{out}\nstderr:\n{err}");
            }
            thread::sleep(Duration::from_millis(1));
        };
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        // Something the app left behind may hold the pipes open: not waited for.
        Output { code, stdout: self.stdout.so_far_or_end(), stderr: self.stderr.so_far_or_end() }
    }
}

impl Capture {
    /// The text to its end, or what came if something holds the pipe open.
    fn so_far_or_end(self) -> String {
        let start = Instant::now();
        while !self.reader.is_finished() && start.elapsed() < Duration::from_secs(2) {
            thread::sleep(Duration::from_millis(1));
        }
        if self.reader.is_finished() { self.into_end() } else { self.so_far() }
    }
}

/// Sends a signal to a process the test started.
pub fn send(pid: i32, number: i32) {
    // SAFETY: kill touches no memory.
    let sent = unsafe { libc::kill(pid, number) };
    assert_eq!(sent, 0, "signal {number} to pid {pid}: {}", io::Error::last_os_error());
}

/// A name that no other test uses.
pub fn unique_name(name: &str) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    format!("hinit-test-{name}-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A directory that is removed at the end of the test.
#[derive(Debug)]
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(unique_name(name));
        std::fs::create_dir_all(&path).expect("a directory for the test");
        Self(path)
    }

    /// One for sockets, whose paths may have 107 bytes, and that is on a disk.
    pub fn in_short_path(name: &str) -> Self {
        let path = PathBuf::from(format!("/var/tmp/hinit-{name}-{}", Self::next()));
        std::fs::create_dir_all(&path).expect("a directory for the test");
        Self(path)
    }

    /// A number that no other directory of any test has.
    fn next() -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it and gives its path.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        File::create(&path)
            .and_then(|mut file| file.write_all(content.as_bytes()))
            .expect("a file for the test");
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // Nothing depends on it: it is in the temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
