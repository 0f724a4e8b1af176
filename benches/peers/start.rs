//! Starting an init, as PID 1 of a fresh namespace or as any other process.

use crate::Outcome;
use crate::subject::Subject;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{SIGKILL, SIGTERM, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// Who has not done its part after so long never will.
pub(crate) const GENEROUS: Duration = Duration::from_secs(5);

/// Whether this user may make PID namespaces.
pub(crate) fn can_be_first() -> bool {
    nix::unistd::geteuid().is_root()
}

pub(crate) fn how() -> &'static str {
    if can_be_first() { "as PID 1" } else { "not as PID 1 (that needs root)" }
}

/// `INIT FLAGS -- APP`, silent.
pub(crate) fn command(init: &Path, flags: &[&str], app: &[&str]) -> Command {
    let mut command = Command::new(init);
    command.args(flags).arg("--").args(app);
    silence(&mut command);
    command
}

pub(crate) fn silence(command: &mut Command) {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
}

/// Spawns, and returns as soon as the program has been exec'd: the standard
/// library waits for the end of a CLOEXEC pipe (or of vfork).
pub(crate) fn spawn(subject: &Subject, flags: &[&str], app: &[&str], first: bool) -> Outcome<Child> {
    let mut command = command(&subject.path, flags, app);
    if first { in_new_namespace(|| Ok(command.spawn()?)) } else { Ok(command.spawn()?) }
}

/// The next child of this process is PID 1; afterwards all is as before.
pub(crate) fn in_new_namespace<T>(spawn: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let own = File::open("/proc/self/ns/pid")?;
    unshare(CloneFlags::CLONE_NEWPID)?;
    let outcome = spawn();
    setns(own, CloneFlags::CLONE_NEWPID)?;
    outcome
}

/// Waits until the init has started its app. A TERM before an init has said what
/// to do with it is discarded by the kernel if the init is PID 1.
pub(crate) fn wait_for_app(child: &Child) -> Outcome<()> {
    let limit = Instant::now() + GENEROUS;
    while children_of(child.id()).is_empty() {
        if Instant::now() > limit {
            return Err("the init starts no app".into());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// TERM, and KILL with an error if that does not end it.
pub(crate) fn stop(child: &mut Child) -> Outcome<()> {
    kill(pid(child)?, SIGTERM)?;
    let limit = Instant::now() + GENEROUS;
    while child.try_wait()?.is_none() {
        if Instant::now() > limit {
            end(child)?;
            return Err("the init does not stop".into());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Kills the init, and its app, which only PID 1 takes along.
pub(crate) fn end(child: &mut Child) -> Outcome<()> {
    let apps = children_of(child.id());
    child.kill()?;
    child.wait()?;
    for app in apps {
        // ESRCH: it went with its namespace.
        let _ = kill(app, SIGKILL);
    }
    Ok(())
}

fn children_of(parent: u32) -> Vec<Pid> {
    let list = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|pid| Some(Pid::from_raw(pid.parse().ok()?))).collect()
}

pub(crate) fn pid(child: &Child) -> Outcome<Pid> {
    Ok(Pid::from_raw(i32::try_from(child.id())?))
}
