//! The document as JSON text.
//!
//! Written by hand: with serde_json's values it took 120,000 instructions and a
//! dozen pages of memory for each probe, as much as the probe itself.

use super::{Document, Entry, Health};
use crate::status::wall_clock::show_time;
use crate::text::Json;
use std::fmt::{self, Display, Formatter};

impl Document {
    /// The document as JSON text with a line end.
    pub fn to_json(&self) -> String {
        format!("{self}\n")
    }
}

impl Display for Document {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (status, pid, health) = (self.phase.name(), self.app_pid.unwrap_or(0), &self.health);
        write!(
            f,
            r#"{{
  "State": {{
    "Status": "{status}",
    "Pid": {pid},
    "Health": {health}
  }},
  "RestartCount": {restarts},
  "Hinit": {{
    "Pid": {own},
    "StartTime": {start},
    "PidNamespace": {namespace},
    "NextCheck": {next},
    "ResultDueMonotonicMs": {due},
    "EarlyReason": {early},
    "End": {end}
  }}
}}"#,
            restarts = self.restarts,
            own = self.supervisor.pid,
            start = OrNull(self.supervisor.start_time),
            namespace = OrNull(self.supervisor.namespace),
            next = OrNull(self.next_check.map(show_time).as_deref().map(Json)),
            due = OrNull(self.result_due.map(super::millis)),
            early = OrNull(self.early_reason.as_deref().map(Json)),
            end = OrNull(self.end.as_deref().map(Json)),
        )
    }
}

struct OrNull<T>(Option<T>);

impl<T: Display> Display for OrNull<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("null"),
        }
    }
}

impl Display for Health {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (status, streak) = (self.status.name(), self.streak);
        write!(
            f,
            "{{\n      \"Status\": \"{status}\",\n      \"FailingStreak\": {streak},\n      \"Log\": ["
        )?;
        for (index, entry) in self.log.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}\n        {entry}")?;
        }
        let end = if self.log.is_empty() { "" } else { "\n      " };
        write!(f, "{end}]\n    }}")
    }
}

impl Display for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (start, end) = (show_time(self.start), show_time(self.end));
        write!(
            f,
            r#"{{
          "Start": "{start}",
          "End": "{end}",
          "ExitCode": {},
          "Output": {}
        }}"#,
            self.exit_code,
            Json(&self.output)
        )
    }
}
