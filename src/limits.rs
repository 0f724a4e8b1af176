//! What the app may use of the machine: resource limits, umask, and its place
//! in the order of the kernel's OOM killer.

pub mod oom_score;
pub mod rlimit;
pub mod umask;
