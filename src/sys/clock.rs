//! The monotonic clock: wall-clock jumps never move a deadline.

use crate::time::Moment;
use std::time::Duration;

/// Now, on `CLOCK_MONOTONIC` (clock_gettime(2)), which stands still while the
/// machine is suspended.
pub fn now() -> Moment {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid timespec to write to; the clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A limit for setitimer(2) and SO_SNDTIMEO: at least a microsecond, since zero is
/// no limit there, and at most 68 years.
pub(super) fn timeval(limit: Duration) -> libc::timeval {
    let seconds = i32::try_from(limit.as_secs()).unwrap_or(i32::MAX);
    libc::timeval { tv_sec: seconds.into(), tv_usec: limit.subsec_micros().max(1).into() }
}
