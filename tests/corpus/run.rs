//! Runs a command with hinit, the original or busybox as its curl and wget.

use crate::common::{HINIT, LIMIT};
use crate::line::Line;
use crate::server::Response;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A command that runs this long hangs.
pub const HANG_LIMIT: Duration = Duration::from_millis(700);

/// The program behind the names `curl` and `wget`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Hinit,
    Real,
    Busybox,
}

/// The outcome of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `None` if it was killed.
    pub code: Option<i32>,
    pub stdout: String,
}

/// One directory for PATH for each program, with links named `curl` and `wget`.
#[derive(Debug)]
pub struct Bench {
    root: PathBuf,
    runs: AtomicUsize,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

pub fn in_path(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/bin", "/usr/local/bin"]
        .iter()
        .map(|dir| Path::new(dir).join(name))
        .find(|path| path.exists())
}

impl Bench {
    pub fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("hinit-corpus-{name}-{}", std::process::id()));
        let bench = Self { root, runs: AtomicUsize::new(0) };
        for by in [By::Hinit, By::Real, By::Busybox] {
            fs::create_dir_all(bench.path(by)).unwrap();
            for tool in ["curl", "wget"] {
                let target = match by {
                    By::Hinit => Some(PathBuf::from(HINIT)),
                    By::Real => in_path(tool),
                    By::Busybox => in_path("busybox"),
                };
                if let Some(target) = target {
                    symlink(target, bench.path(by).join(tool)).unwrap();
                }
            }
        }
        bench
    }

    fn path(&self, by: By) -> PathBuf {
        self.root.join(format!("{by:?}"))
    }

    /// Runs a command against the server at this port. If it may hang, it is killed
    /// after `hanging`.
    pub fn run(&self, line: &Line, response: Response, port: u16, by: By, hanging: Duration) -> Outcome {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let directory = self.root.join(format!("run-{run}"));
        Self::prepare(&directory, port);
        let mut child = self.start(&line.to(port), &directory, by, port);
        let hangs = response == Response::Hang && !line.has_time_limit();
        let limit = if hangs { hanging } else { LIMIT };
        let code = wait(&mut child, limit);
        let mut stdout = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
        fs::remove_dir_all(&directory).unwrap();
        Outcome { code, stdout: String::from_utf8_lossy(&stdout).into_owned() }
    }

    /// Some commands get their URL from a file or a script.
    fn prepare(directory: &Path, port: u16) {
        use std::os::unix::fs::PermissionsExt;
        let url = format!("http://127.0.0.1:{port}/");
        fs::create_dir_all(directory.join("conf")).unwrap();
        fs::write(directory.join("conf/healthcheck_url.txt"), &url).unwrap();
        let script = directory.join("script");
        fs::write(&script, format!("#!/bin/sh\necho {url}\n")).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn start(&self, line: &Line, directory: &Path, by: By, port: u16) -> Child {
        let names = self.path(by);
        let mut command = match line {
            Line::Shell(text) => {
                let mut command = Command::new("/bin/sh");
                command.args(["-c", text]);
                command
            }
            Line::Exec(args) => {
                let own = names.join(&args[0]);
                let mut command = Command::new(if own.exists() { own.as_os_str() } else { args[0].as_ref() });
                command.args(&args[1..]);
                command
            }
        };
        command
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", names.display()))
            .env("CATALINA_HOME", directory)
            .env("HEALTH_SCRIPT_FILE", directory.join("script"))
            .env("HEALTHCHECK_URL", format!("http://127.0.0.1:{port}/health"))
            .current_dir(directory)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command.spawn().unwrap_or_else(|error| panic!("{line:?}: {error}"))
    }
}

/// The exit code. `None` if it did not end within the limit and was killed.
fn wait(child: &mut Child, limit: Duration) -> Option<i32> {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if Instant::now() > end {
            killpg(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGKILL).unwrap();
            child.wait().unwrap();
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
