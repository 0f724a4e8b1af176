//! The plan: what to run, as whom, how to stop it, and what healthy means.
//!
//! Plain, validated data without I/O. The command lines (`cli`, `compat`) build
//! plans, and the supervisor carries them out.

pub(crate) mod parse;
pub(crate) mod probe;
pub(crate) mod timing;

use crate::identity::capability;
use crate::identity::spec::UserSpec;
use crate::limits::rlimit::Limit;
use crate::limits::umask::Umask;
use crate::personality::Personality;
use crate::signal::Signal;
use probe::Probe;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
pub(crate) use timing::Timing;

/// Everything that `hinit run` needs to know.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// The app: what to start, where and with which environment.
    pub app: App,
    /// The user and the privileges.
    pub identity: Identity,
    /// How signals reach the app and how it ends.
    pub stop: Stop,
    /// Whether it is restarted, how long it may run, what its exit code means.
    pub life: Life,
    /// What healthy means; none if no check is configured.
    pub health: Option<Health>,
    /// The app's dependencies.
    pub wait_for: WaitFor,
    /// A file that exists while the app is healthy and not stopping.
    pub ready_file: Option<PathBuf>,
    /// The path of the status document, instead of the default locations.
    pub status_file: Option<PathBuf>,
    /// Whose messages and exit codes are used.
    pub personality: Personality,
}

/// The program to start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct App {
    /// A path, or a name to search in the app's `PATH`.
    pub program: OsString,
    /// Its arguments, without the program's own name.
    pub args: Vec<OsString>,
    /// The working directory (default: hinit's own).
    pub workdir: Option<PathBuf>,
    /// Variables set on top of hinit's own environment; the last one of a
    /// name counts.
    pub env: Vec<(OsString, OsString)>,
    /// Resource limits; each kind at most once.
    pub limits: Vec<Limit>,
    /// The file mode creation mask (default: hinit's own).
    pub umask: Option<Umask>,
    /// From -1000 to 1000: higher scores are killed first when memory is short.
    pub oom_score_adj: Option<i16>,
    /// Whether it gets a process group or a session of its own.
    pub isolation: Isolation,
}

/// How the app is separated from hinit, so that a signal can reach one without the
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Isolation {
    /// A process group of its own.
    #[default]
    Group,
    /// A session of its own, which gets hinit's controlling terminal.
    Session,
}

/// The user and the privileges of the app.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Identity {
    /// The user to become; none means no change.
    pub user: Option<UserSpec>,
    /// Whether `no_new_privs` is set; none means after a drop only.
    pub no_new_privs: Option<bool>,
    /// Which capabilities are added and dropped.
    pub capabilities: capability::Choice,
    /// Paths whose owner becomes [`Self::user`], with everything in them; empty
    /// without a user.
    pub chown: Vec<PathBuf>,
}

/// How signals reach the app, and how it is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Stop {
    /// Signal the app's whole process group.
    pub group: bool,
    /// Sent to the app on a stop request; none means the signal that arrived.
    pub signal: Option<Signal>,
    /// The grace period before SIGKILL; none is no limit, as in tini.
    pub timeout: Option<Duration>,
    /// The delay between a stop request and the stop signal, for load balancers to
    /// notice; zero is no delay.
    pub drain: Duration,
    /// The grace period of processes that the app leaves behind, between SIGTERM and
    /// SIGKILL; none means that they are not signalled.
    pub sweep: Option<Duration>,
    /// Signals and what is forwarded instead; none ignores the signal. The first
    /// match counts.
    pub rewrites: Vec<(Signal, Option<Signal>)>,
    /// Sent to hinit when its parent dies, if it is not PID 1.
    pub parent_death: Option<Signal>,
    /// Sent to the rest of the app's process group when the app has ended, if
    /// signals go to the group at all.
    pub group_exit_signal: Option<Signal>,
    /// Whether TSTP, TTIN and TTOU also stop hinit itself, after they have been
    /// forwarded.
    pub stops_with_app: bool,
}

impl Stop {
    /// The signal that is forwarded instead; none if it is ignored.
    pub(crate) fn rewritten(&self, signal: Signal) -> Option<Signal> {
        let rule = self.rewrites.iter().find(|(from, _)| *from == signal);
        rule.map_or(Some(signal), |(_, to)| *to)
    }
}

/// Restarts of the app, its run limit, and what its exit code means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Life {
    /// Docker's restart policy.
    pub restart: Restart,
    /// The run limit from the first start on, restarts included; exit code 124.
    pub limit: Option<Duration>,
    /// Exit codes of the app, 0 to 255, that become 0.
    pub ok_exit: Vec<i32>,
    /// The action when the app turns unhealthy.
    pub on_failure: OnFailure,
    /// Log a warning for each reaped orphan.
    pub warn_on_reap: bool,
}

/// When the app is restarted after it ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Restart {
    /// Never.
    #[default]
    No,
    /// After a code other than 0.
    OnFailure {
        /// The maximum number of restarts; none is no limit.
        most: Option<u32>,
    },
    /// After any code: Docker's `always` and `unless-stopped`, which differ only in
    /// what the daemon does after a reboot.
    Always,
}

/// What healthy means, and when to check: field by field Docker's HEALTHCHECK.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Health {
    /// All of them must pass; never empty.
    pub probes: Vec<Probe>,
    /// When to check, and how often.
    pub timing: Timing,
}

/// The action when the app turns unhealthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnFailure {
    /// Only the status changes.
    #[default]
    None,
    /// The app is stopped, exit code 69.
    Stop,
    /// The app is stopped and started again, after the pause of a restart.
    Restart,
    /// The app is killed at once, exit code 69.
    Kill,
}

/// The app's dependencies: it is not started before they are ready.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct WaitFor {
    /// All of them must pass; empty means no dependencies.
    pub probes: Vec<Probe>,
    /// The time limit, exit code 124; none is no limit.
    pub limit: Option<Duration>,
}
