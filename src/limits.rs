//! Resource limits, umask and OOM score of the app.

pub mod oom_score;
pub mod rlimit;
pub mod umask;
