//! Signals lost at startup: a TERM so soon after exec that the init may not have
//! set itself up, or its app may not be there yet.

use crate::subject::Subject;
use crate::{Outcome, start};
use nix::sys::signal::{SIGKILL, SIGTERM, kill};
use nix::unistd::Pid;
use std::process::Child;
use std::time::{Duration, Instant};
use std::{fs, thread};

pub(crate) const STARTS: u32 = 400;
const LATEST: Duration = Duration::from_micros(1500);
/// Who still lives so long after its TERM never got it.
const GENEROUS: Duration = Duration::from_secs(5);

/// How many of the starts a TERM did not end.
pub(crate) fn count(subject: &Subject, flags: &[&str], first: bool) -> Outcome<usize> {
    let mut alive = Vec::new();
    for i in 0..STARTS {
        let child = start::spawn(subject, flags, &["sleep", "600"], first)?;
        spin_until(Instant::now() + LATEST * i / STARTS);
        kill(start::pid(&child)?, SIGTERM)?;
        alive.push(child);
        alive.retain_mut(still_runs);
    }
    let limit = Instant::now() + GENEROUS;
    while !alive.is_empty() && Instant::now() < limit {
        thread::sleep(Duration::from_millis(10));
        alive.retain_mut(still_runs);
    }
    let lost = alive.len();
    alive.iter_mut().try_for_each(end)?;
    Ok(lost)
}

/// A sleep is too coarse for microseconds.
fn spin_until(moment: Instant) {
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
}

fn still_runs(child: &mut Child) -> bool {
    matches!(child.try_wait(), Ok(None))
}

/// The init, and its app, which only PID 1 takes along.
fn end(child: &mut Child) -> Outcome<()> {
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
