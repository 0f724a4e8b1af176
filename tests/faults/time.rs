//! A wall clock that jumps.
//!
//! This machine's clock is not for a test to set, and the kernel has no
//! namespace for it. What can be shown is that nothing that waits ever reads it.

use std::fs;
use std::path::{Path, PathBuf};

/// Everything that decides when something happens. (The age of a file is a matter
/// of the wall clock.)
const TIMED: [&str; 7] = [
    "src/supervisor/machine.rs",
    "src/supervisor/restart_backoff.rs",
    "src/health/schedule.rs",
    "src/sys",
    "src/probe/deadline.rs",
    "src/probe/connect.rs",
    "src/probe/http",
];

fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|entry| sources(&entry)).collect()
}

#[test]
fn whatever_waits_knows_the_monotonic_clock_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in TIMED.iter().flat_map(|path| sources(&root.join(path))) {
        let text = fs::read_to_string(&path).unwrap();
        for wall in ["SystemTime", "CLOCK_REALTIME", "gettimeofday", "libc::time("] {
            assert!(!text.contains(wall), "{} reads {wall}", path.display());
        }
    }
    let clock = fs::read_to_string(root.join("src/sys/clock.rs")).unwrap();
    assert!(clock.contains("CLOCK_MONOTONIC"));
}
