//! Starting an init, as PID 1 of a fresh namespace or as any other process.

use crate::Outcome;
use crate::subject::Subject;
use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::Pid;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

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

pub(crate) fn pid(child: &Child) -> Outcome<Pid> {
    Ok(Pid::from_raw(i32::try_from(child.id())?))
}
