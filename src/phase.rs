//! The phases of the app's life, as the supervisor goes through them and the
//! status document shows them.

/// Where in its life the app is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not executed yet.
    Starting,
    /// It runs.
    Running,
    /// A stop was requested; the app has not been signalled yet (`--drain`).
    Draining,
    /// It was asked to stop.
    Stopping,
    /// It ended and will be started again.
    Restarting,
}

impl Phase {
    const ALL: [Self; 5] = [Self::Starting, Self::Running, Self::Draining, Self::Stopping, Self::Restarting];

    /// The word in the status document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Draining => "draining",
            Self::Stopping => "stopping",
            Self::Restarting => "restarting",
        }
    }

    /// The phase of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }
}
