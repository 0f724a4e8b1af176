//! A probe as data: a target and the checks on what it answers.
//!
//! One notation everywhere: `hinit probe TARGET [CHECKS]` takes the same words
//! as `--health 'TARGET [CHECKS]'`.

use std::ffi::OsString;
use std::time::Duration;

/// One probe: where to look and what to expect.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The words it was made from, for messages: `http://:8080/health`.
    pub name: String,
    /// Where to look.
    pub target: Target,
    /// Its own time limit (`--timeout`); none means the schedule's.
    pub timeout: Option<Duration>,
}

/// Where to look, one variant a protocol.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A program and its arguments; its exit code is the verdict.
    Exec(Vec<OsString>),
}
