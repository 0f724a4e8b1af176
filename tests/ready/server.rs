//! A real server, started by hand and gone at the end of the test.

use crate::common::{TempDir, is_root, send, skip, until};
use crate::servers::look;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// One that hangs gets no longer than this for each look.
pub const EACH: Duration = Duration::from_secs(10);
/// Starting RabbitMQ takes a while on a busy machine.
const STARTS: usize = 6000;

/// What a program of Debian's package needs to be started with.
pub struct Kit {
    program: PathBuf,
    /// The package's own user; servers refuse to run as root.
    user: Option<nix::unistd::User>,
    directory: TempDir,
}

impl Kit {
    /// None where the program is not installed, which is said.
    pub fn find(program: &str, user: &str) -> Option<Self> {
        if !Path::new(program).exists() {
            skip(program, "its package is not installed");
            return None;
        }
        let name = Path::new(program).file_name().unwrap().to_string_lossy().into_owned();
        let user = is_root().then(|| nix::unistd::User::from_name(user).unwrap().unwrap());
        let directory = TempDir::new(&name);
        let kit = Self { program: program.into(), user, directory };
        kit.own(kit.directory.path());
        Some(kit)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.file(name, content);
        self.own(&path);
        path
    }

    fn own(&self, path: &Path) {
        if let Some(user) = &self.user {
            std::os::unix::fs::chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
    }

    /// A command as the package's user, with its data directory as its home.
    pub fn command(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        command.args(arguments).env("HOME", self.directory.path()).current_dir(self.directory.path());
        command.stdin(Stdio::null());
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Runs a program that prepares the data.
    pub fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) {
        let output = self.command(program.as_ref(), arguments).output().unwrap();
        assert!(output.status.success(), "{}: {output:?}", program.as_ref().display());
    }

    /// Starts the server itself.
    pub fn start(&self, arguments: &[&str]) -> Server {
        self.start_command(self.command(&self.program, arguments))
    }

    pub fn start_command(&self, mut command: Command) -> Server {
        let log = std::fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        Server { child: command.spawn().unwrap(), log: self.path("log") }
    }

    pub fn program(&self) -> &Path {
        &self.program
    }
}

/// A running server. It is killed at the end; its children notice and go too.
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// Looks until it is ready, and gives the reasons in the order they came,
    /// each once; the last one is the healthy one.
    pub fn reasons_until_ready(&mut self, target: &str) -> Vec<String> {
        let mut reasons: Vec<String> = Vec::new();
        for _ in 0..STARTS {
            let verdict = look(target, EACH);
            if !reasons.contains(&verdict.reason) {
                reasons.push(verdict.reason);
            }
            if verdict.healthy {
                return reasons;
            }
            assert!(self.child.try_wait().unwrap().is_none(), "it ended: {}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{target} never got ready: {reasons:?}\n{}", self.said());
    }

    /// Looks until this is why it is not ready.
    pub fn is_unhealthy_by(&self, target: &str, why: &str) {
        let mut last = None;
        for _ in 0..STARTS {
            let verdict = look(target, EACH);
            if !verdict.healthy && verdict.reason.contains(why) {
                return;
            }
            last = Some(verdict);
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{target} never said '{why}' but {last:?}\n{}", self.said());
    }

    /// What it wrote to its log.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self, signal: i32) {
        send(self.pid(), signal);
        until("the server has stopped", || self.child.try_wait().unwrap());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Holds ever more connections to a port, until a look says that it is full;
/// a server forgets earlier ones when it likes, so that no number is enough.
pub fn fill(port: u16, target: &str, limit: Duration) -> (Vec<TcpStream>, String) {
    let mut held = Vec::new();
    let reason = until("the server is full", || {
        held.extend(TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), limit));
        let verdict = look(target, limit);
        (!verdict.healthy).then_some(verdict.reason)
    });
    (held, reason)
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
