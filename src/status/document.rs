//! The status document, one JSON object.
//!
//! `State.Health` is what `docker inspect` shows, field by field; so are
//! `State.Status`, `State.Pid` and `RestartCount`. hinit's own fields are under
//! `Hinit`.

mod write;

use super::wall_clock::{WallClock, parse_time};
use crate::health::Status;
use crate::health::schedule::{self, Schedule};
use crate::phase::Phase;
use crate::sys::Pid;
use crate::time::Moment;
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// The content of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The hinit that wrote it.
    pub supervisor: Supervisor,
    /// The phase of the app's life.
    pub phase: Phase,
    /// The app's pid, while it has one.
    pub app_pid: Option<Pid>,
    /// How often the app was started again.
    pub restarts: u32,
    /// What `docker inspect` shows as `.State.Health`.
    pub health: Health,
    /// When the next regular check starts.
    pub next_check: Option<SystemTime>,
    /// When its result is due, on the monotonic clock: later, hinit is stuck. None
    /// if no check is configured.
    pub result_due: Option<Moment>,
    /// The output of the last early check, if no regular one has ended since.
    pub early_reason: Option<String>,
    /// How the app ended, in words. Only in the last document, for a reader that has
    /// the file open: hinit removes its name.
    pub end: Option<String>,
}

/// The hinit that wrote the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supervisor {
    /// Its pid.
    pub pid: Pid,
    /// When it was started, in the kernel's ticks since boot (field 22 of
    /// proc_pid_stat(5)): pids are reused. None without /proc.
    pub start_time: Option<u64>,
    /// The inode of the pid namespace that the pid belongs to (namespaces(7)); none
    /// without /proc.
    pub namespace: Option<u64>,
}

/// `.State.Health` of `docker inspect`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The status shown.
    pub status: Status,
    /// Consecutive failures.
    pub streak: u32,
    /// The last five results, the oldest first.
    pub log: Vec<Entry>,
}

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When the check started.
    pub start: SystemTime,
    /// When its result was known.
    pub end: SystemTime,
    /// 0 is healthy; -1 means it timed out or was not found.
    pub exit_code: i32,
    /// The output.
    pub output: String,
}

impl Document {
    /// The current document.
    pub fn new(supervisor: Supervisor, phase: Phase, schedule: Option<&Schedule>, clock: &WallClock) -> Self {
        Self {
            supervisor,
            phase,
            app_pid: None,
            restarts: 0,
            health: Health::of(schedule, clock),
            next_check: schedule.and_then(Schedule::next_check).map(|moment| clock.at(moment)),
            result_due: schedule.map(Schedule::result_due),
            early_reason: schedule.and_then(Schedule::early_reason).map(str::to_owned),
            end: None,
        }
    }

    /// Reads what [`Self::to_json`] wrote; none for anything else. Unknown fields
    /// are ignored, since a later version may add some.
    pub fn from_json(text: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(text).ok()?;
        let (state, hinit) = (value.get("State")?, value.get("Hinit")?);
        Some(Self {
            supervisor: Supervisor {
                pid: number(hinit, "Pid")?,
                start_time: hinit.get("StartTime")?.as_u64(),
                namespace: hinit.get("PidNamespace")?.as_u64(),
            },
            phase: Phase::parse(state.get("Status")?.as_str()?)?,
            app_pid: number(state, "Pid").filter(|pid| *pid != 0),
            restarts: number(&value, "RestartCount")?,
            health: Health::from_json(state.get("Health")?)?,
            next_check: hinit.get("NextCheck")?.as_str().and_then(parse_time),
            result_due: hinit.get("ResultDueMonotonicMs")?.as_u64().map(Duration::from_millis),
            early_reason: hinit.get("EarlyReason")?.as_str().map(str::to_owned),
            end: hinit.get("End").and_then(Value::as_str).map(str::to_owned),
        })
    }
}

fn millis(moment: Moment) -> u64 {
    u64::try_from(moment.as_millis()).unwrap_or(u64::MAX)
}

fn number<T: TryFrom<i64>>(object: &Value, name: &str) -> Option<T> {
    object.get(name)?.as_i64()?.try_into().ok()
}

impl Health {
    fn of(schedule: Option<&Schedule>, clock: &WallClock) -> Self {
        let Some(schedule) = schedule else {
            return Self { status: Status::None, streak: 0, log: Vec::new() };
        };
        let entry = |entry: &schedule::Entry| Entry {
            start: clock.at(entry.start),
            end: clock.at(entry.end),
            exit_code: entry.exit_code,
            output: entry.output.clone(),
        };
        Self { status: schedule.shown(), streak: schedule.streak(), log: schedule.log().map(entry).collect() }
    }

    fn from_json(value: &Value) -> Option<Self> {
        let log = value.get("Log")?.as_array()?;
        Some(Self {
            status: Status::parse(value.get("Status")?.as_str()?)?,
            streak: number(value, "FailingStreak")?,
            log: log.iter().map(Entry::from_json).collect::<Option<_>>()?,
        })
    }
}

impl Entry {
    fn from_json(value: &Value) -> Option<Self> {
        let time = |name| parse_time(value.get(name)?.as_str()?);
        Some(Self {
            start: time("Start")?,
            end: time("End")?,
            exit_code: number(value, "ExitCode")?,
            output: value.get("Output")?.as_str()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Timing;
    use proptest::prelude::*;
    use serde_json::json;

    fn time(nanos: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
    }

    fn document() -> Document {
        Document {
            supervisor: Supervisor { pid: 1, start_time: Some(4711), namespace: Some(4_026_531_836) },
            phase: Phase::Running,
            app_pid: Some(7),
            restarts: 2,
            health: Health {
                status: Status::Unhealthy,
                streak: 3,
                log: vec![Entry {
                    start: time(1_763_740_800_000_000_000),
                    end: time(1_763_740_800_120_000_000),
                    exit_code: 1,
                    output: "refused \u{fffd}\n\u{1b}".into(),
                }],
            },
            next_check: Some(time(1_763_740_830_000_000_001)),
            result_due: Some(Duration::from_millis(5)),
            early_reason: None,
            end: None,
        }
    }

    #[test]
    fn shows_health_as_docker_inspect_does() {
        let value: Value = serde_json::from_str(&document().to_json()).unwrap();
        assert_eq!(
            value["State"]["Health"],
            json!({
                "Status": "unhealthy",
                "FailingStreak": 3,
                "Log": [{
                    "Start": "2025-11-21T16:00:00Z",
                    "End": "2025-11-21T16:00:00.12Z",
                    "ExitCode": 1,
                    "Output": "refused \u{fffd}\n\u{1b}",
                }],
            })
        );
        assert_eq!(value["State"]["Status"], "running");
        assert_eq!(value["State"]["Pid"], 7);
        assert_eq!(value["RestartCount"], 2);
        assert_eq!(value["Hinit"]["NextCheck"], "2025-11-21T16:00:30.000000001Z");
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let without_health = Document {
            health: Health { status: Status::None, streak: 0, log: vec![] },
            next_check: None,
            result_due: None,
            app_pid: None,
            supervisor: Supervisor { pid: 1, start_time: None, namespace: None },
            early_reason: Some("refused".into()),
            end: Some("the app exited with code 3".into()),
            ..document()
        };
        for document in [document(), without_health] {
            assert_eq!(Document::from_json(document.to_json().as_bytes()), Some(document));
        }
    }

    #[test]
    fn contains_the_state_of_the_schedule() {
        let moment = Duration::from_secs;
        let mut schedule = Schedule::new(Timing::default(), moment(100));
        schedule.tick(moment(100), String::new);
        schedule.finished(moment(101), 1, "not yet".into());
        let clock = WallClock::new(moment(100), time(1_000_000_000_000));
        let supervisor = Supervisor { pid: 1, start_time: None, namespace: None };
        let document = Document::new(supervisor, Phase::Running, Some(&schedule), &clock);
        assert_eq!(document.health, Health { status: Status::Starting, streak: 0, log: vec![] });
        assert_eq!(document.early_reason.as_deref(), Some("not yet"));
        assert_eq!(document.next_check, Some(time(1_030_000_000_000)));
        assert_eq!(document.result_due, Some(moment(160)));
    }

    proptest! {
        #[test]
        fn reads_back_any_output_of_a_check(outputs in prop::collection::vec(any::<String>(), 0..6)) {
            let entry = |output: &String| Entry {
                start: time(0), end: time(1), exit_code: -1, output: output.clone(),
            };
            let health = Health { log: outputs.iter().map(entry).collect(), ..document().health };
            let document = Document { health, early_reason: outputs.first().cloned(), ..document() };
            prop_assert_eq!(Document::from_json(document.to_json().as_bytes()), Some(document));
        }

        #[test]
        fn reads_or_rejects_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Document::from_json(&bytes);
        }

        #[test]
        fn reads_or_rejects_a_damaged_document(at in 0..600usize, byte in any::<u8>()) {
            let mut bytes = document().to_json().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = Document::from_json(&bytes);
            let _ = Document::from_json(&bytes[..at]);
        }
    }
}
