//! What to run, as whom, how to stop it and what healthy means.
//!
//! Plain, validated data. The command lines (`cli`, `compat`) make plans, the
//! supervisor carries them out, and nothing here does I/O.

pub mod parse;
pub mod probe;
pub mod timing;

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
pub use timing::Timing;

/// All that `hinit run` needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The app: what to start, where and with which environment.
    pub app: App,
    /// As whom, and with which privileges.
    pub identity: Identity,
    /// How signals reach the app and how it ends.
    pub stop: Stop,
    /// Whether it is started again, how long it may run, what its code means.
    pub life: Life,
    /// What healthy means; none if no check is configured.
    pub health: Option<Health>,
    /// What has to be there first.
    pub wait_for: WaitFor,
    /// A file that is there while the app is healthy and not stopping.
    pub ready_file: Option<PathBuf>,
    /// Where the status document goes, instead of the usual places.
    pub status_file: Option<PathBuf>,
    /// Whose way of speaking and of failing this is.
    pub personality: Personality,
}

/// The program to start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct App {
    /// A path, or a name that is looked up in the app's `PATH`.
    pub program: OsString,
    /// Its arguments, without the program's own name.
    pub args: Vec<OsString>,
    /// The directory to start in; hinit's own if none.
    pub workdir: Option<PathBuf>,
    /// Variables set on top of hinit's own environment; the last one of a
    /// name counts.
    pub env: Vec<(OsString, OsString)>,
    /// What it may use of the machine; each kind at most once.
    pub limits: Vec<Limit>,
    /// Which permissions its new files do not get; hinit's own mask if none.
    pub umask: Option<Umask>,
    /// From -1000 to 1000: how readily the kernel kills it when memory is short.
    pub oom_score_adj: Option<i16>,
    /// What keeps it apart from hinit.
    pub isolation: Isolation,
}

/// What keeps the app apart from hinit, so that a signal can reach the one
/// without the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// A process group of its own.
    #[default]
    Group,
    /// A session of its own, which gets hinit's controlling terminal.
    Session,
}

/// As whom the app runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The user to become; none means to stay as started.
    pub user: Option<UserSpec>,
    /// Whether `no_new_privs` is set; none means after a drop only.
    pub no_new_privs: Option<bool>,
    /// Which capabilities it has in the end.
    pub capabilities: capability::Choice,
    /// What is to belong to [`Self::user`], with all that is in it; empty
    /// without a user.
    pub chown: Vec<PathBuf>,
}

/// How signals reach the app, and how it is made to end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stop {
    /// Signal the app's whole process group.
    pub group: bool,
    /// Sent to the app on a stop request; none means the one that arrived.
    pub signal: Option<Signal>,
    /// The grace period before SIGKILL; none means to wait, as tini does.
    pub timeout: Option<Duration>,
    /// How long a stop request waits before the app hears of it, for load
    /// balancers to take notice; zero means not at all.
    pub drain: Duration,
    /// How long whatever the app leaves behind has to end, after SIGTERM and
    /// before SIGKILL; none means that nobody looks after it.
    pub sweep: Option<Duration>,
    /// What is forwarded instead of a signal; none ignores it. The first one
    /// that fits counts.
    pub rewrites: Vec<(Signal, Option<Signal>)>,
    /// What hinit gets when its parent dies, if it is not PID 1.
    pub parent_death: Option<Signal>,
    /// What the rest of the app's process group gets when the app has ended, if
    /// signals go to the group at all.
    pub group_exit_signal: Option<Signal>,
    /// Whether TSTP, TTIN and TTOU stop hinit itself too, after they have been
    /// forwarded.
    pub stops_with_app: bool,
}

impl Stop {
    /// What a signal is forwarded as; none if it is to be ignored.
    pub fn rewritten(&self, signal: Signal) -> Option<Signal> {
        let rule = self.rewrites.iter().find(|(from, _)| *from == signal);
        rule.map_or(Some(signal), |(_, to)| *to)
    }
}

/// How long the app's life is, and how its end is judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Life {
    /// Docker's restart policy.
    pub restart: Restart,
    /// How long all of it may take, from the first start; exit code 124.
    pub limit: Option<Duration>,
    /// Exit codes of the app, 0 to 255, that become 0.
    pub ok_exit: Vec<i32>,
    /// What follows when the app turns unhealthy.
    pub on_failure: OnFailure,
    /// Say a warning for each reaped orphan.
    pub warn_on_reap: bool,
}

/// When the app is started again after it ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Restart {
    /// Never.
    #[default]
    No,
    /// After a code other than 0, at most so often.
    OnFailure {
        /// None is no limit.
        most: Option<u32>,
    },
    /// Whatever the code; Docker's `always` and `unless-stopped`, which differ
    /// only in what the daemon does after a reboot.
    Always,
}

/// What healthy means, and when to look. Field by field Docker's HEALTHCHECK.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// All of them must pass; never empty.
    pub probes: Vec<Probe>,
    /// When to look, and how often.
    pub timing: Timing,
}

/// What follows when the app turns unhealthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// It is told, and nothing else.
    #[default]
    None,
    /// The app is asked to stop, exit code 69.
    Stop,
    /// The app is stopped and started again, with the pauses of a restart.
    Restart,
    /// The app is killed at once, exit code 69.
    Kill,
}

/// What has to be there before the app is started.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WaitFor {
    /// All of them must pass; empty means not to wait.
    pub probes: Vec<Probe>,
    /// How long that may take, exit code 124; none is no limit.
    pub limit: Option<Duration>,
}
