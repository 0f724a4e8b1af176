//! The exit codes of hinit's own, beside those of the app. The README's table
//! is checked against them by a test.

/// A check failed, or the status is not healthy: `probe`, `status`, `explain`.
/// Docker reserves 2 for health checks, so a usage error is 1 there as well.
pub const NOT_HEALTHY: i32 = 1;

/// The app was stopped because it was unhealthy (EX_UNAVAILABLE of sysexits(3)).
pub const UNHEALTHY: i32 = 69;

/// A `--timeout` or `--wait-timeout` passed, as timeout(1) says it.
pub const TIMEOUT: i32 = 124;

/// hinit itself failed, before or beside the app, as `docker run` says it.
pub const OWN_FAILURE: i32 = 125;

/// The program is there and cannot be executed, as a shell says it.
pub const NOT_EXECUTABLE: i32 = 126;

/// There is no such program, as a shell says it.
pub const NOT_FOUND: i32 = 127;

/// What a signal that ends a process is added to, as in a shell.
pub const SIGNAL_BASE: i32 = 128;
