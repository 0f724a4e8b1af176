//! `hinit status`: what the running hinit says of its app, exit 0 or 1.

use super::options::Typed;
use crate::error::{Error, Result};
use crate::exit_code;
use crate::health::{Status, reason};
use crate::options::{Options, Rest};
use crate::phase::Phase;
use crate::status::document::Document;
use crate::status::locations::locations;
use crate::status::reader;
use crate::sys::clock;
use crate::time::{GoDuration, Moment, parse_duration, rounded};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// A check may be this late before hinit is taken to be stuck.
const OVERDUE: Duration = Duration::from_secs(5);
/// In bytes; a check's output may be long.
const REASON_LENGTH: usize = 500;

/// How long a wait pauses between two looks: shorter than a person notices,
/// and some 30 us of work each.
const PAUSE: Duration = Duration::from_millis(50);

/// The verb: words in, exit code out; the status is on stdout.
pub fn main(words: &[OsString]) -> i32 {
    match prepare(words) {
        Ok(Some(question)) => question.answer(),
        Ok(None) => super::show(&(USAGE.to_owned() + OPTIONS)),
        Err(error) => super::fail(&error, exit_code::NOT_HEALTHY),
    }
}

const USAGE: &str = "\
Says how the app under the running hinit is: exit 0 if healthy, or if it runs and no check is
configured; else 1.

Usage: hinit status [--json] [--wait[=healthy]] [--timeout DURATION]

";

const OPTIONS: &str = "\
Options:
      --json[=BOOL]       Print the whole status document, with docker inspect's names
      --wait[=healthy]    Return when it is healthy; 1 with the last reason if hinit goes away
      --timeout DURATION  Wait no longer than this, such as 30s; for ever if not given
      --status-file PATH  Look only there, where hinit run was told to put the document
  -h, --help              Show this
";

/// What is to be told, and when.
struct Question {
    places: Vec<PathBuf>,
    json: bool,
    wait: bool,
    /// How long to wait; none is for ever.
    limit: Option<Duration>,
}

/// None if help is asked for.
fn prepare(words: &[OsString]) -> Result<Option<Question>> {
    let typed = Typed::parse(Options(&[OPTIONS]), Rest::Words(0), words)?;
    if typed.asks_for_help() { Ok(None) } else { Question::read(&typed).map(Some) }
}

impl Question {
    fn read(typed: &Typed) -> Result<Self> {
        let wait = typed.flag_only("wait").map(|word| word.read(read_wanted)).transpose()?.is_some();
        let limit = typed.flag_only("timeout").map(|word| word.read(parse_duration)).transpose()?;
        if limit.is_some() && !wait {
            return Err(Error::new("--timeout is how long to wait; write --wait too"));
        }
        let json = typed.switch("json")?.unwrap_or(false);
        Ok(Self { places: where_to_look(typed)?, json, wait, limit })
    }

    fn answer(&self) -> i32 {
        if self.wait {
            return self.answer_when_healthy();
        }
        match reader::read(&self.places) {
            Ok(document) => self.tell(&document, ""),
            Err(why) => super::fail(&Error::new(why), exit_code::NOT_HEALTHY),
        }
    }

    /// Looks until the app is healthy. No document yet is no reason to give
    /// up, hinit may be about to start; one that is gone again is.
    fn answer_when_healthy(&self) -> i32 {
        let begin = clock::now();
        let mut last: Option<Document> = None;
        loop {
            let found = reader::read(&self.places);
            let is_over = self.limit.is_some_and(|limit| clock::now().saturating_sub(begin) >= limit);
            match (found, &last) {
                (Ok(document), _) if judged(&document).0 => {
                    return self.tell(&document, "");
                }
                (Ok(document), _) if is_over => return self.tell(&document, &self.waited()),
                (Ok(document), _) => last = Some(document),
                (Err(_), Some(document)) => return super::fail(&gone(document), exit_code::NOT_HEALTHY),
                (Err(why), None) if is_over => {
                    return super::fail(&Error::new(why + &self.waited()), exit_code::NOT_HEALTHY);
                }
                (Err(_), None) => {}
            }
            let left =
                self.limit.map_or(PAUSE, |limit| (begin.saturating_add(limit)).saturating_sub(clock::now()));
            std::thread::sleep(PAUSE.min(left));
        }
    }

    fn waited(&self) -> String {
        self.limit.map(|limit| format!(" (waited {})", GoDuration(limit))).unwrap_or_default()
    }

    fn tell(&self, document: &Document, waited: &str) -> i32 {
        let (healthy, line) = judged(document);
        super::show(&if self.json { document.to_json() } else { line + waited + "\n" });
        if healthy { 0 } else { exit_code::NOT_HEALTHY }
    }
}

/// Who names a file means that one: another hinit of this machine must not
/// answer for it. The environment's is the first of the list in which hinit
/// looks for a place to write to.
fn where_to_look(typed: &Typed) -> Result<Vec<PathBuf>> {
    match typed.flag_only("status-file") {
        Some(named) => Ok(vec![named.path()?]),
        None => Ok(locations(typed.path("status-file")?.as_deref())),
    }
}

fn read_wanted(text: &str) -> Result<()> {
    match text {
        "healthy" => Ok(()),
        _ => Err(Error::new(format!("'{text}' cannot be waited for; write --wait or --wait=healthy"))),
    }
}

fn gone(last: &Document) -> Error {
    let (_, line) = judged(last);
    Error::new(format!("hinit (pid {}) is gone; it said last: {line}", last.supervisor.pid))
}

/// Whether the app is fit for use, and that in one line.
fn judged(document: &Document) -> (bool, String) {
    // Nobody forwards, reaps or probes then, whatever was written before.
    if reader::is_stopped(document.supervisor) {
        return (false, format!("unhealthy: hinit (pid {}) is stopped", document.supervisor.pid));
    }
    judge(document, clock::now(), SystemTime::now())
}

/// The same by the document alone.
fn judge(document: &Document, now: Moment, wall: SystemTime) -> (bool, String) {
    if document.phase == Phase::Starting {
        return (
            false,
            "unhealthy: the app is not started yet, what it needs is not there (--wait-for)".into(),
        );
    }
    if document.phase != Phase::Running {
        return (false, format!("unhealthy: the app is {}", document.phase.name()));
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
    let reason = match (&document.early_reason, last) {
        (Some(said), _) => {
            let passed = document.health.status == Status::Healthy;
            reason(said, passed.then_some(0), REASON_LENGTH)
        }
        (None, Some(last)) => reason(&last.output, Some(last.exit_code), REASON_LENGTH),
        (None, None) => "not checked yet".to_owned(),
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
    if facts.is_empty() { reason } else { format!("{reason} ({facts})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::document::{Entry, Health, Supervisor};

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
            supervisor: Supervisor { pid: 1, start_time: None, namespace: None },
            phase: Phase::Running,
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
                "healthy: the check exited with code 0 without output (checked 3s ago)",
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
        let waiting = Document { phase: Phase::Starting, ..document(Status::None, 0, &[]) };
        let (healthy, line) = told(&waiting);
        assert!(!healthy && line.contains("--wait-for"), "{line}");
        for state in [Phase::Draining, Phase::Stopping, Phase::Restarting] {
            for status in [Status::Healthy, Status::None] {
                let document = Document { phase: state, ..document(status, 0, &["200 OK"]) };
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
