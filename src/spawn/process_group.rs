//! The app's own process group or session, so that a signal can reach the app
//! without reaching hinit. The group is set on both sides of the fork.

use crate::plan::Isolation;
use crate::sys::terminal::{self, Detached, Terminal};
use crate::sys::{Pid, process};
use crate::text::system_message;
use log::debug;
use std::io;

/// The group or session of the child, decided before the fork.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ProcessGroup<'a> {
    /// A group of its own, with the terminal if hinit is in its foreground.
    Group(Option<&'a Terminal>),
    /// A session of its own.
    Session,
}

impl<'a> ProcessGroup<'a> {
    /// Before the fork. hinit gives up the terminal so that a session can get it.
    pub(crate) fn prepare(isolation: Isolation, terminal: Option<&'a Terminal>) -> Self {
        match isolation {
            Isolation::Group => {
                Self::Group(terminal.filter(|terminal| terminal.is_held_by(terminal::own_group())))
            }
            Isolation::Session => {
                log_detached(terminal::detach());
                Self::Session
            }
        }
    }

    /// In the child. If it cannot get the terminal, the app runs without: see
    /// `Terminal::give`.
    pub(crate) fn enter(self) {
        match self {
            Self::Group(foreground) => {
                process::lead_group(0);
                if let Some(terminal) = foreground {
                    let _ = terminal.give(process::own_pid());
                }
            }
            Self::Session => {
                process::lead_session();
                log_new_session(&terminal::attach());
            }
        }
    }

    /// In the parent. Only the child itself can make a session; it has done so
    /// before its exec.
    pub(crate) fn enter_from_parent(self, pid: Pid) {
        match self {
            Self::Group(_) => process::lead_group(pid),
            Self::Session => {}
        }
    }
}

// Only dumb-init makes a session; its own tests compare these lines.

/// hinit has given up its terminal, or had none to give up.
fn log_detached(outcome: io::Result<Detached>) {
    match outcome {
        Ok(Detached::Leader(discarded)) => {
            debug!("Detached from controlling tty, ignoring the first SIGHUP and SIGCONT we receive.");
            for signal in discarded {
                debug!("Ignoring tty hand-off signal {}.", signal.number());
            }
        }
        Ok(Detached::Member) => debug!("Detached from controlling tty, but was not session leader."),
        Err(error) => debug!("Unable to detach from controlling tty ({}).", errno(&error)),
    }
}

/// The app is in a session of its own, with or without the terminal.
fn log_new_session(attached: &io::Result<()>) {
    if let Err(error) = attached {
        debug!("Unable to attach to controlling tty ({}).", errno(error));
    }
    debug!("setsid complete.");
}

/// `errno=25 Inappropriate ioctl for device`.
fn errno(error: &io::Error) -> String {
    format!("errno={} {}", error.raw_os_error().unwrap_or(0), system_message(error))
}
