//! The phases of the app's life, in the supervisor and in the status document.

/// A phase of the app's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not executed yet.
    Starting,
    /// It runs.
    Running,
    /// A stop was requested; the app has not been signalled yet (`--drain`).
    Draining,
    /// The stop signal was sent.
    Stopping,
    /// It ended and will be started again.
    Restarting,
    /// It ended, and hinit ends with it.
    Exited,
}

impl Phase {
    const ALL: [Self; 6] =
        [Self::Starting, Self::Running, Self::Draining, Self::Stopping, Self::Restarting, Self::Exited];

    /// The name in the status document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Draining => "draining",
            Self::Stopping => "stopping",
            Self::Restarting => "restarting",
            Self::Exited => "exited",
        }
    }

    /// The phase of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }
}
