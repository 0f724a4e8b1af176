//! Resource limits, umask and OOM score of the app.

pub(crate) mod oom_score;
pub(crate) mod rlimit;
pub(crate) mod umask;
