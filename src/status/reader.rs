//! Finds the status document of the hinit that a reader means.

use super::document::Supervisor;
use super::examine::{Found, Rejected, examine};
use super::locations::Locations;
use super::namespace;
use crate::sys::{process, procfs};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between the removal of the last document and the end of hinit, which is some
/// microseconds.
const END_PAUSE: Duration = Duration::from_millis(5);
const END_TRIES: u32 = 100;

/// The document that answers for the app: the requested one, else that of PID 1, else
/// the only one that there is.
///
/// # Errors
/// Why there is none, or that there are two, in one line.
pub fn read(locations: &Locations) -> Result<Found, String> {
    let mut rejected = Vec::new();
    let mut trusted = |path: &Path| {
        let examined = examine(path);
        examined.unwrap_or_else(|why| {
            rejected.push((path.to_path_buf(), why));
            None
        })
    };
    if let Some(found) = locations.requested.as_deref().and_then(&mut trusted) {
        return Ok(found);
    }
    let found: Vec<Found> = locations.others.iter().filter_map(|path| trusted(path)).collect();
    if found.is_empty() {
        return Err(why_none(locations, &rejected));
    }
    choose(found)
}

/// PID 1's document, or the only one.
fn choose(mut found: Vec<Found>) -> Result<Found, String> {
    let pid = |found: &Found| found.document.supervisor.pid;
    let chosen = found.iter().position(|found| pid(found) == 1).unwrap_or(0);
    let first = found.swap_remove(chosen);
    match found.iter().find(|other| pid(other) != pid(&first)) {
        Some(other) if pid(&first) != 1 => Err(format!(
            "more than one hinit runs here: pid {} ({}) and pid {} ({}); write --status-file with the file of one",
            pid(&first),
            first.path.display(),
            pid(other),
            other.path.display(),
        )),
        _ => Ok(first),
    }
}

/// The next document of the hinit that wrote `last`.
///
/// # Errors
/// It has ended, or another one writes there now.
pub(crate) fn read_next(last: &Found) -> Result<Found, ()> {
    let found = examine(&last.path).ok().flatten().ok_or(())?;
    if found.document.supervisor == last.document.supervisor { Ok(found) } else { Err(()) }
}

/// How the app of a hinit that has ended did end, if its last document says it.
pub(crate) fn end_of(last: &Found) -> Option<String> {
    for _ in 0..END_TRIES {
        let is_ending = last.is_claimed();
        let end = last.read_again().and_then(|document| document.end);
        if end.is_some() || !is_ending {
            return end;
        }
        std::thread::sleep(END_PAUSE);
    }
    None
}

/// A file of others in a default location is no reason by itself: it is only
/// mentioned.
fn why_none(locations: &Locations, rejected: &[(PathBuf, Rejected)]) -> String {
    let show = |(path, why): &(PathBuf, Rejected)| format!("{}: {}", path.display(), why.reason());
    let requested = locations.requested.as_ref();
    let is_reason =
        |(path, why): &(PathBuf, Rejected)| requested == Some(path) || matches!(why, Rejected::Stale(_));
    if let Some(reason) = rejected.iter().find(|entry| is_reason(entry)) {
        return show(reason);
    }
    if let (Some(only), true) = (requested, locations.others.is_empty()) {
        let path = only.display();
        return format!("{path}: there is no status document; was hinit started with this --status-file?");
    }
    let ignored: Vec<String> = rejected.iter().map(show).collect();
    let ignored =
        if ignored.is_empty() { String::new() } else { format!(" (ignored: {})", ignored.join("; ")) };
    format!(
        "no status document found; hinit is not running here, or its log says why it cannot write one{ignored}"
    )
}

/// This process as the writer of a document.
pub fn this_process() -> Supervisor {
    Supervisor {
        pid: process::own_pid(),
        start_time: procfs::own_stat().ok().map(|stat| stat.start_time),
        namespace: namespace::inode(namespace::PID),
    }
}

/// Whether it is stopped (SIGSTOP, `^Z`) and so does nothing for its app. A stop
/// by a debugger does not count.
pub(crate) fn is_stopped(supervisor: Supervisor) -> bool {
    procfs::stat(supervisor.pid).is_ok_and(|stat| stat.is_stopped())
}

#[cfg(test)]
#[allow(clippy::print_stdout)]
mod tests;
