//! As whom the app runs: the user spec, the passwd and group files, the drop
//! and its verification.

pub mod spec;
