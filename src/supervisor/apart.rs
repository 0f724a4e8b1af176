//! Keeping the app apart from hinit, on both sides of the fork.

use super::words;
use crate::plan::Isolation;
use crate::sys::terminal::{self, Terminal};
use crate::sys::{Pid, process};

/// What was found out before the fork, for the child to use.
#[derive(Debug, Clone, Copy)]
pub enum Apart<'a> {
    /// A group of its own; with the terminal, if hinit is in its foreground.
    Group(Option<&'a Terminal>),
    /// A session of its own.
    Session,
}

impl<'a> Apart<'a> {
    /// Before the fork. For a session to get the terminal, hinit gives it up.
    pub fn prepare(isolation: Isolation, terminal: Option<&'a Terminal>) -> Self {
        match isolation {
            Isolation::Group => {
                Self::Group(terminal.filter(|terminal| terminal.is_held_by(terminal::own_group())))
            }
            Isolation::Session => {
                words::detached(terminal::detach());
                Self::Session
            }
        }
    }

    /// In the child. A terminal that cannot be had is not a reason not to run:
    /// see `Terminal::give`.
    pub fn enter(self) {
        match self {
            Self::Group(foreground) => {
                process::lead_group(0);
                if let Some(terminal) = foreground {
                    let _ = terminal.give(process::own_pid());
                }
            }
            Self::Session => {
                process::lead_session();
                words::in_own_session(&terminal::attach());
            }
        }
    }

    /// In the parent. A session only the child itself can make; it has, when
    /// its exec is seen.
    pub fn accompany(self, pid: Pid) {
        match self {
            Self::Group(_) => process::lead_group(pid),
            Self::Session => {}
        }
    }
}
