//! In what the runtimes differ, a row each.

use crate::docker;

const NO_CAPABILITY: &str = "0000000000000000";
const USER: &str = "10001 10001 10001 10001";

/// The lines of proc_pid_status(5) that say what a process may do.
pub(crate) const IDENTITY: [&str; 9] =
    ["Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"];

/// What a runtime does otherwise than another.
pub(crate) struct Differences {
    name: &'static str,
    /// Lines of [`IDENTITY`] that /proc does not have.
    not_shown: &'static [&'static str],
    /// The exit code with `--user` and `--cap-add`, and what is printed.
    pub(crate) kept_capability: (&'static str, &'static str),
}

/// gVisor has no ambient set, so that no capability outlives the exec.
const TABLE: [Differences; 2] = [
    Differences { name: "runc", not_shown: &[], kept_capability: ("0", "CapEff:\t0000000000000400") },
    Differences {
        name: "runsc",
        not_shown: &["CapAmb", "NoNewPrivs"],
        kept_capability: ("125", "--user 10001:10001: ambient set"),
    },
];

impl Differences {
    /// Those of the runtime that is tested.
    pub(crate) fn here() -> &'static Self {
        let name = docker::runtime().unwrap_or("runc");
        TABLE.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no row for the runtime {name}"))
    }

    /// What [`IDENTITY`] is after a drop to 10001:10001.
    pub(crate) fn identity(&self) -> Vec<(String, String)> {
        let value = |key| match key {
            "Uid" | "Gid" => USER,
            "Groups" => "10001",
            "NoNewPrivs" => "1",
            _ => NO_CAPABILITY,
        };
        let shown = IDENTITY.iter().filter(|key| !self.not_shown.contains(key));
        shown.map(|key| ((*key).to_owned(), value(key).to_owned())).collect()
    }
}
