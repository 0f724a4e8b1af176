//! `hinit status`: the health of the app that the running hinit reports, exit 0 or 1.

use super::args::ParsedArgs;
use super::output;
use crate::error::{Error, Result};
use crate::exit_code;
use crate::health::{Status, reason};
use crate::options::{Help, Options, Rest, options};
use crate::phase::Phase;
use crate::status::document::Document;
use crate::status::examine::Found;
use crate::status::locations::{Locations, locations};
use crate::status::reader;
use crate::sys::clock;
use crate::time::{GoDuration, Moment, parse_duration, rounded};
use std::ffi::OsString;
use std::time::{Duration, SystemTime};

/// A check may be this late before hinit is taken to be stuck.
const OVERDUE: Duration = Duration::from_secs(5);
/// In bytes; a check's output may be long.
const REASON_LENGTH: usize = 500;

/// From one read of the document to the next while waiting: shorter than a person
/// notices, and a read is some 30 us of work.
const PAUSE: Duration = Duration::from_millis(50);

/// The verb: arguments in, exit code out; the status is on stdout.
pub(super) fn main(arguments: &[OsString]) -> i32 {
    match prepare(arguments) {
        Ok(Some(request)) => request.answer(),
        Ok(None) => output::show(&HELP.to_string()),
        Err(error) => output::fail(&error, exit_code::NOT_HEALTHY),
    }
}

/// Its command line.
pub(super) const HELP: Help = Help {
    about: "\
Print the health of the app that hinit runs in this container.
Exit code 0 if it is healthy, or if it runs without a health check; 1 otherwise.",
    usage: "hinit status [--json] [--wait[=healthy]] [--timeout DURATION]",
    options: Options(&[OPTIONS]),
    notes: String::new,
};

options! {
    OPTIONS: "Options:",
    JSON: "      --json[=BOOL]       Print the status document, with the names of docker inspect",
    WAIT: "      --wait[=healthy]    Return once the app is healthy, or exit with 1 if hinit ends",
    TIMEOUT: "      --timeout DURATION  Time limit of --wait, such as 30s (default no limit)",
    STATUS_FILE: "      --status-file PATH  Read this file only, the one given to hinit run",
    SHOW_HELP: "  -h, --help              Show this help",
}

/// What to print, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Request {
    locations: Locations,
    json: bool,
    wait: bool,
    /// How long to wait; none is for ever.
    limit: Option<Duration>,
}

/// None if help is requested.
fn prepare(arguments: &[OsString]) -> Result<Option<Request>> {
    let args = ParsedArgs::parse(HELP.options, Rest::Words(0), arguments)?;
    if args.is_flag_given(SHOW_HELP) { Ok(None) } else { Request::new(&args).map(Some) }
}

impl Request {
    fn new(args: &ParsedArgs) -> Result<Self> {
        let wait = args.flag_only(WAIT).map(|value| value.read(check_wanted)).transpose()?.is_some();
        let limit = args.flag_only(TIMEOUT).map(|value| value.read(parse_duration)).transpose()?;
        if limit.is_some() && !wait {
            return Err(Error::new("--timeout is the time limit of --wait; add --wait"));
        }
        let json = args.switch(JSON)?.unwrap_or(false);
        Ok(Self { locations: searched(args)?, json, wait, limit })
    }

    fn answer(&self) -> i32 {
        if self.wait {
            return self.answer_when_healthy();
        }
        match reader::read(&self.locations) {
            Ok(found) => self.print(&found.document, ""),
            Err(why) => output::fail(&Error::new(why), exit_code::NOT_HEALTHY),
        }
    }

    /// Reads until the app is healthy. A missing document is no failure, since
    /// hinit may be about to start; one that has disappeared is.
    fn answer_when_healthy(&self) -> i32 {
        let begin = clock::now();
        let mut last: Option<Found> = None;
        loop {
            let found = match &last {
                Some(last) => reader::read_next(last).map_err(|()| ended(last)),
                None => reader::read(&self.locations).map_err(Error::new),
            };
            let is_over = self.limit.is_some_and(|limit| clock::now().saturating_sub(begin) >= limit);
            match found {
                Ok(found) if judged(&found.document).0 => return self.print(&found.document, ""),
                Ok(found) if is_over => return self.print(&found.document, &self.waited()),
                Ok(found) => last = Some(found),
                Err(error) if last.is_some() => return output::fail(&error, exit_code::NOT_HEALTHY),
                Err(why) if is_over => {
                    let error = Error::new(format!("{why}{}", self.waited()));
                    return output::fail(&error, exit_code::NOT_HEALTHY);
                }
                Err(_) => {}
            }
            let left =
                self.limit.map_or(PAUSE, |limit| (begin.saturating_add(limit)).saturating_sub(clock::now()));
            std::thread::sleep(PAUSE.min(left));
        }
    }

    fn waited(&self) -> String {
        self.limit.map(|limit| format!(" (waited {})", GoDuration(limit))).unwrap_or_default()
    }

    fn print(&self, document: &Document, waited: &str) -> i32 {
        let (healthy, line) = judged(document);
        output::show(&if self.json { document.to_json() } else { line + waited + "\n" });
        if healthy { 0 } else { exit_code::NOT_HEALTHY }
    }
}

/// A file given as a flag is the only one; the environment's is the first of those
/// that hinit tries to write to.
fn searched(args: &ParsedArgs) -> Result<Locations> {
    match args.flag_only(STATUS_FILE) {
        Some(named) => named.path().map(Locations::only),
        None => Ok(locations(args.path(STATUS_FILE)?.as_deref())),
    }
}

fn check_wanted(text: &str) -> Result<()> {
    match text {
        "healthy" => Ok(()),
        _ => Err(Error::new(format!("'{text}' is not a status to wait for; write --wait or --wait=healthy"))),
    }
}

/// The end of the hinit that was waited for, in the words of its last document.
fn ended(last: &Found) -> Error {
    let (pid, (_, line)) = (last.document.supervisor.pid, judged(&last.document));
    Error::new(match reader::end_of(last) {
        Some(end) => format!("hinit (pid {pid}) has ended: {end}; its last status was {line}"),
        None => format!("hinit (pid {pid}) is gone; its last status was {line}"),
    })
}

/// Whether the app is fit for use, and its status in one line.
fn judged(document: &Document) -> (bool, String) {
    // A stopped hinit forwards, reaps and probes nothing, whatever it wrote before.
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
            "unhealthy: the app is not started yet: what it waits for is not healthy (--wait-for)".into(),
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

    /// An option's name, the options that it needs, the option as given, and what
    /// of the request it changes.
    type Row = (&'static str, &'static str, &'static str, fn(&mut Request));
    const EFFECTS: [Row; 4] = [
        ("json", "", "--json", |request| request.json = true),
        ("wait", "", "--wait", |request| request.wait = true),
        ("timeout", "--wait", "--timeout 1s", |request| request.limit = Some(Duration::from_secs(1))),
        ("status-file", "", "--status-file /status", |request| {
            request.locations = Locations::only("/status".into());
        }),
    ];

    fn request(given: &str) -> Request {
        let arguments: Vec<OsString> = given.split_whitespace().map(OsString::from).collect();
        prepare(&arguments).unwrap().unwrap()
    }

    #[test]
    fn each_option_changes_its_part_of_the_request_and_nothing_else() {
        for (name, needed, given, change) in EFFECTS {
            let mut changed = request(needed);
            let with = request(&format!("{needed} {given}"));
            assert_ne!(with, changed, "--{name} has no effect");
            change(&mut changed);
            assert_eq!(with, changed, "--{name}");
        }
        let defined: Vec<_> = HELP.options.definitions().map(|option| option.name).collect();
        assert_eq!(EFFECTS.map(|row| row.0).into_iter().chain(["help"]).collect::<Vec<_>>(), defined);
        assert_eq!(prepare(&["--help".into()]), Ok(None));
    }

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
            end: None,
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
