//! The program that hinit behaves as: itself, or the init by whose name it was
//! called.

use crate::exit_code;

/// Whose messages and exit codes are used. An image in which hinit replaces another
/// init must see no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Personality {
    /// hinit's own.
    #[default]
    Hinit,
    /// tini's, and docker-init's, which is tini.
    Tini {
        /// Whether orphans are adopted when it is not PID 1; in tini an option
        /// (`-s`).
        adopts: bool,
    },
    /// dumb-init's.
    DumbInit,
    /// catatonit's.
    Catatonit,
}

impl Personality {
    /// The exit code if hinit itself fails.
    pub(crate) fn own_failure(self) -> i32 {
        match self {
            Self::Hinit => exit_code::OWN_FAILURE,
            Self::Tini { .. } | Self::DumbInit | Self::Catatonit => 1,
        }
    }

    /// The exit code if the program could not be executed, by the errno of
    /// execve(2).
    pub(crate) fn not_executed(self, errno: Option<i32>) -> i32 {
        match (self, errno) {
            (Self::Hinit | Self::Tini { .. }, Some(libc::ENOENT)) => exit_code::NOT_FOUND,
            (Self::Hinit, _) | (Self::Tini { .. }, Some(libc::EACCES)) => exit_code::NOT_EXECUTABLE,
            (Self::DumbInit, _) => 2,
            (Self::Tini { .. } | Self::Catatonit, _) => 1,
        }
    }

    /// Whether orphaned descendants are adopted when hinit is not PID 1.
    pub(crate) fn adopts_orphans(self) -> bool {
        !matches!(self, Self::Tini { adopts: false })
    }

    /// Whether the status document is written. The other inits write no file, and
    /// several of them may run in one container.
    pub(crate) fn writes_status(self) -> bool {
        self == Self::Hinit
    }
}
