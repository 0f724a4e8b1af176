//! Starting a program: everything is prepared before the fork, and the parent
//! learns from a pipe whether the exec worked.

pub mod child_setup;
pub mod environment;
pub mod process_group;
pub mod program;
pub mod socket_activation;
pub mod start;
pub mod start_error;
