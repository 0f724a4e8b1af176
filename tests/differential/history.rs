//! What one of them has made of the app, put together from many looks at
//! `.State.Health`.

use serde_json::Value;
use std::collections::HashSet;

/// One result, and what was shown once it was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) exit_code: i64,
    pub(crate) output: String,
    /// `unhealthy/3`: the status and the streak; none if the next result was
    /// there before anybody looked.
    pub(crate) state: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) results: Vec<Seen>,
    /// Each status that was shown, once for as long as it stayed.
    pub(crate) shown: Vec<String>,
    known: HashSet<String>,
}

impl History {
    /// Takes in `.State.Health` of this moment.
    pub(crate) fn take(&mut self, health: &Value) {
        let status = health["Status"].as_str().unwrap();
        if self.shown.last().is_none_or(|last| last != status) {
            self.shown.push(status.to_owned());
        }
        let log = health["Log"].as_array().unwrap();
        let new: Vec<&Value> = log.iter().filter(|entry| self.is_new(entry)).collect();
        assert!(new.len() < 5, "results were missed: this machine is too busy to compare anything");
        for (left, entry) in (0..new.len()).rev().zip(new) {
            let state = (left == 0).then(|| format!("{status}/{}", health["FailingStreak"]));
            let output = entry["Output"].as_str().unwrap().to_owned();
            self.results.push(Seen { exit_code: entry["ExitCode"].as_i64().unwrap(), output, state });
            self.known.insert(entry["Start"].to_string());
        }
    }

    fn is_new(&self, entry: &Value) -> bool {
        !self.known.contains(&entry["Start"].to_string())
    }
}

/// Both saw the same, as far as each was looked at in time: most of it must be.
pub(crate) fn assert_same(docker: &[Seen], hinit: &[Seen]) {
    let results = |seen: &[Seen]| -> Vec<(i64, String)> {
        seen.iter().map(|seen| (seen.exit_code, seen.output.clone())).collect()
    };
    assert_eq!(results(docker), results(hinit));
    let states = docker.iter().zip(hinit).filter_map(|(d, h)| d.state.as_ref().zip(h.state.as_ref()));
    let states: Vec<_> = states.collect();
    assert!(states.len() * 2 > docker.len(), "too few were looked at in time: {docker:?} {hinit:?}");
    for (docker, hinit) in states {
        assert_eq!(docker, hinit, "(Docker's is the first)");
    }
}

/// One list is as the other begins; one of them may have been watched for longer.
pub(crate) fn is_start_of(one: &[String], other: &[String]) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other)
}
