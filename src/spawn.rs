//! Starting a program (docs/design.md, section 6): everything is prepared before
//! the fork, and the child reports a failed exec through a pipe.

pub mod child_setup;
pub mod environment;
pub mod process_group;
pub mod program;
pub mod socket_activation;
pub mod start;
pub mod start_error;
