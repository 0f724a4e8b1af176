//! What the app leaves behind when it ends: it is named, so that nobody takes it for
//! the app of the next run, and so that an app that went to the background is told to
//! stay in the foreground.

use crate::sys::listeners::{self, Listener};
use crate::sys::process::{self, Wait};
use crate::sys::signals::{Arrival, Inbox};
use crate::sys::{Pid, clock, descendants, fds, procfs};
use log::warn;
use std::time::Duration;

/// How long processes may take to end by themselves after the app: its helpers, and
/// health checks that have just been killed. It is spent only if there are any.
const GRACE: Duration = Duration::from_millis(100);

/// Processes named in one line.
const NAMED: usize = 8;

const IN_THE_FOREGROUND: &str = "if it went to the background, start it in the foreground, as nginx with \
    -g 'daemon off;'";

/// hinit exits, and the app ended by itself with code 0 if `is_success`. To be called
/// when all checks have been killed.
pub(super) fn warn_at_exit(inbox: &mut Inbox, is_success: bool) {
    let is_pid1 = process::own_pid() == 1;
    // As PID 1 hinit ends them all, which is worth a line only if one of them is
    // likely to be what the container is for.
    if is_pid1 && !is_success || all_end_in_time(inbox) {
        return;
    }
    let Some(left) = list(&alive()) else { return };
    match (is_pid1, is_success) {
        (true, _) => warn!(
            "the app exited with code 0, and hinit ends what it left behind: {left}; {IN_THE_FOREGROUND}"
        ),
        (false, true) => warn!(
            "the app exited with code 0 and left processes running: {left}; {IN_THE_FOREGROUND}, or let hinit \
             stop them with --sweep 10s"
        ),
        (false, false) => {
            warn!("the app left processes running: {left}; stop them, or let hinit do it with --sweep 10s");
        }
    }
}

/// The app ended by itself with code 0, and is started again, or what it left behind
/// is stopped. `others` are groups that do not count: the app's own, which may just be
/// ending, and those of checks.
pub(super) fn warn_of_daemon(others: &[Pid]) {
    if !process::has_children() {
        return;
    }
    let is_other = |pid: &Pid| procfs::stat(*pid).is_ok_and(|stat| !others.contains(&stat.group));
    let daemons: Vec<Pid> = alive().into_iter().filter(is_other).collect();
    if let Some(left) = list(&daemons) {
        warn!("the app exited with code 0, but left running: {left}; {IN_THE_FOREGROUND}");
    }
}

/// Reaps all children that end within [`GRACE`]: whether there is none left.
fn all_end_in_time(inbox: &mut Inbox) -> bool {
    let end = clock::now().saturating_add(GRACE);
    let mut arrivals: Vec<Arrival> = Vec::new();
    loop {
        match process::wait_any() {
            Wait::Changed(..) => continue,
            Wait::Childless => return true,
            Wait::Nothing => {}
        }
        let left = end.saturating_sub(clock::now());
        if left.is_zero() || fds::wait_for_input(&mut [fds::input(inbox.fd())], Some(left)).is_err() {
            return false;
        }
        // Nothing is left to be signalled; only SIGCHLD matters here.
        inbox.take(&mut arrivals);
        arrivals.clear();
    }
}

fn alive() -> Vec<Pid> {
    let is_alive = |pid: &Pid| procfs::stat(*pid).is_ok_and(|stat| !stat.is_dead());
    descendants::of(process::own_pid()).into_iter().filter(is_alive).collect()
}

/// `pid 12 (node server.js) on port 3000, pid 13 (sleep 60)`; none if there is none.
fn list(pids: &[Pid]) -> Option<String> {
    if pids.is_empty() {
        return None;
    }
    let listeners = listeners::all().unwrap_or_default();
    let mut parts: Vec<_> = pids.iter().take(NAMED).map(|pid| describe(*pid, &listeners)).collect();
    if pids.len() > NAMED {
        parts.push(format!("and {} more", pids.len() - NAMED));
    }
    Some(parts.join(", "))
}

fn describe(pid: Pid, listeners: &[Listener]) -> String {
    let sockets = listeners::sockets(pid).unwrap_or_default();
    let mut ports: Vec<String> = Vec::new();
    for listener in listeners.iter().filter(|listener| sockets.contains(&listener.inode)) {
        let port = listener.address.port().to_string();
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    let process = procfs::describe(pid);
    match ports.len() {
        0 => process,
        1 => format!("{process} on port {}", ports[0]),
        _ => format!("{process} on ports {}", ports.join(" ")),
    }
}
