//! hinit's own exit codes. A test compares the table in the README with them.

/// A check failed, or the status is not healthy: `probe`, `status`, `explain`.
/// Docker reserves 2 for health checks, so a usage error is 1 there as well.
pub(crate) const NOT_HEALTHY: i32 = 1;

/// The app was stopped because it was unhealthy (EX_UNAVAILABLE of sysexits(3)).
pub(crate) const UNHEALTHY: i32 = 69;

/// `--timeout` or `--wait-timeout` has passed, as in timeout(1).
pub(crate) const TIMEOUT: i32 = 124;

/// hinit itself failed, as in `docker run`.
pub(crate) const OWN_FAILURE: i32 = 125;

/// The program cannot be executed, as in a shell.
pub(crate) const NOT_EXECUTABLE: i32 = 126;

/// The program was not found, as in a shell.
pub(crate) const NOT_FOUND: i32 = 127;

/// A process that was ended by a signal has this code plus its number, as in a
/// shell.
pub(crate) const SIGNAL_BASE: i32 = 128;
