//! `hinit status`: what the running hinit says of its app, exit 0 or 1.

use super::options::{Asked, Typed, switch, value};
use crate::error::{Error, Result};
use crate::health::Status;
use crate::health::document::{Document, State};
use crate::health::place::places;
use crate::health::witness;
use crate::sys::clock;
use crate::text::one_line;
use crate::time::{Moment, rounded};
use clap::Command;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// A check may be this late before hinit is taken to be stuck.
const OVERDUE: Duration = Duration::from_secs(5);
/// In bytes; a check's output may be long.
const REASON_LENGTH: usize = 500;
/// Docker reserves 2, so every failure is 1.
const UNHEALTHY: i32 = 1;

/// The verb: words in, exit code out; the status is on stdout.
pub fn main(words: &[OsString]) -> i32 {
    match prepare(words) {
        Ok((document, json)) => tell(&document, json),
        Err(Asked::Help(text)) => super::show(&text),
        Err(Asked::Wrong(error)) => super::fail(&error, UNHEALTHY),
    }
}

fn prepare(words: &[OsString]) -> std::result::Result<(Document, bool), Asked> {
    let typed = Typed::parse(command(), words)?;
    read(&typed).map_err(Asked::Wrong)
}

fn command() -> Command {
    Command::new("hinit status")
        .about("Says how the app under the running hinit is: exit 0 if healthy, or if it runs and no check is configured; else 1.")
        .override_usage("hinit status [--json]")
        .args([
            switch("json", "Print the whole status document, with docker inspect's names"),
            value("status-file", "PATH", "Where hinit run was told to put the document"),
        ])
}

fn read(typed: &Typed) -> Result<(Document, bool)> {
    let json = typed.switch("json")?.unwrap_or(false);
    let asked = typed.one("status-file").map(|word| PathBuf::from(word.text));
    let document = witness::read(&places(asked.as_deref())).map_err(Error::new)?;
    Ok((document, json))
}

fn tell(document: &Document, json: bool) -> i32 {
    let (healthy, line) = judge(document, clock::now(), SystemTime::now());
    super::show(&if json { document.to_json() } else { line + "\n" });
    if healthy { 0 } else { UNHEALTHY }
}

/// Whether the app is fit for use, and that in one line.
fn judge(document: &Document, now: Moment, wall: SystemTime) -> (bool, String) {
    if document.state != State::Running {
        return (false, format!("unhealthy: the app is {}", document.state.name()));
    }
    if let Some(late) =
        document.result_due.and_then(|due| now.checked_sub(due)).filter(|late| *late > OVERDUE)
    {
        let pid = document.supervisor.pid;
        let late = rounded(late);
        return (false, format!("unhealthy: stale, hinit (pid {pid}) is {late} late with a check"));
    }
    let line = match document.health.status {
        Status::None => "none: no health check is configured, and the app runs".to_owned(),
        status => format!("{status}: {}", details(document, wall)),
    };
    (matches!(document.health.status, Status::Healthy | Status::None), line)
}

/// `connection refused ... (3 failures in a row, checked 2s ago)`
fn details(document: &Document, wall: SystemTime) -> String {
    let last = document.health.log.last();
    let reason = document.early_reason.as_deref().or(last.map(|entry| entry.output.as_str()));
    let reason = match reason.map(str::trim) {
        None => "not checked yet",
        Some("") => "the check said nothing",
        Some(reason) => reason,
    };
    let failures = match document.health.streak {
        0 => None,
        1 => Some("1 failure".to_owned()),
        streak => Some(format!("{streak} failures in a row")),
    };
    let age = last
        .filter(|_| document.early_reason.is_none())
        .and_then(|entry| wall.duration_since(entry.end).ok());
    let age = age.map(|age| format!("checked {} ago", rounded(age)));
    let facts = failures.into_iter().chain(age).collect::<Vec<_>>().join(", ");
    let reason = one_line(reason, REASON_LENGTH);
    if facts.is_empty() { reason } else { format!("{reason} ({facts})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::document::{Entry, Health, Supervisor};

    const NOW: Moment = Duration::from_secs(100);

    fn wall(secs: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(secs)
    }

    fn document(status: Status, streak: u32, outputs: &[&str]) -> Document {
        let entry = |output: &&str| Entry {
            start: wall(1000),
            end: wall(1001),
            exit_code: i32::from(streak > 0),
            output: (*output).to_owned(),
        };
        Document {
            supervisor: Supervisor { pid: 1, start_time: None },
            state: State::Running,
            app_pid: Some(7),
            restarts: 0,
            health: Health { status, streak, log: outputs.iter().map(entry).collect() },
            next_check: None,
            result_due: Some(NOW),
            early_reason: None,
        }
    }

    fn told(document: &Document) -> (bool, String) {
        judge(document, NOW, wall(1004))
    }

    #[test]
    fn only_healthy_and_none_are_good() {
        let table = [
            (document(Status::Healthy, 0, &["200 OK"]), true, "healthy: 200 OK (checked 3s ago)"),
            (
                document(Status::Healthy, 1, &["refused"]),
                true,
                "healthy: refused (1 failure, checked 3s ago)",
            ),
            (
                document(Status::Unhealthy, 3, &["a", "line\ntwo\n"]),
                false,
                "unhealthy: line\\ntwo (3 failures in a row, checked 3s ago)",
            ),
            (document(Status::Starting, 0, &[]), false, "starting: not checked yet"),
            (
                document(Status::Healthy, 0, &[" \n"]),
                true,
                "healthy: the check said nothing (checked 3s ago)",
            ),
            (document(Status::None, 0, &[]), true, "none: no health check is configured, and the app runs"),
        ];
        for (document, healthy, line) in table {
            assert_eq!(told(&document), (healthy, line.to_owned()));
        }
    }

    #[test]
    fn an_early_check_tells_more_than_none() {
        let early =
            Document { early_reason: Some("refused".into()), ..document(Status::Starting, 0, &["old"]) };
        assert_eq!(told(&early), (false, "starting: refused".into()));
    }

    #[test]
    fn an_app_that_does_not_run_is_unhealthy_whatever_its_checks_said() {
        for state in [State::Starting, State::Draining, State::Stopping, State::Restarting] {
            for status in [Status::Healthy, Status::None] {
                let document = Document { state, ..document(status, 0, &["200 OK"]) };
                assert_eq!(told(&document), (false, format!("unhealthy: the app is {}", state.name())));
            }
        }
    }

    #[test]
    fn a_check_that_is_long_overdue_is_unhealthy() {
        let due = |secs| Document {
            result_due: Some(NOW.saturating_sub(Duration::from_secs(secs))),
            ..document(Status::Healthy, 0, &["200 OK"])
        };
        assert!(told(&due(5)).0);
        assert_eq!(
            told(&due(60)),
            (false, "unhealthy: stale, hinit (pid 1) is 1m0s late with a check".into())
        );
    }
}
