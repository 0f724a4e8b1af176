//! Starting a program (docs/design.md, section 6): everything is prepared before
//! the fork, and the child reports a failed exec through a pipe.

pub(crate) mod child_setup;
pub(crate) mod environment;
mod interpreter_line;
pub(crate) mod process_group;
pub(crate) mod program;
pub(crate) mod socket_activation;
pub(crate) mod start;
pub(crate) mod start_error;
