//! A reader that cannot see who wrote the document.

use crate::common::{HINIT, TempDir, is_root, skip};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// In a /proc that hides other users' processes: root's hinit, and readers.
const SCRIPT: &str = "mount -t proc -o hidepid=2 proc /proc || exit 77
    $0/hinit -q --status-file $0/status.json --health-cmd true sleep 600 &
    $0/hinit status --wait --timeout 1m --status-file $0/status.json || exit 1
    read='-q --user 65534:65534 $0/hinit status --status-file $0/status.json'
    eval $0/hinit $read || exit 2
    kill -9 $! && wait
    eval $0/hinit $read && exit 3
    exit 0";

#[test]
fn another_user_is_told_also_where_proc_hides_hinit() {
    if !is_root() {
        return skip("hidepid", "not root");
    }
    let dir = TempDir::new("hidden");
    fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    // The build directory may be closed to others than root.
    fs::copy(HINIT, dir.path().join("hinit")).unwrap();
    let own = ["--mount", "--pid", "--fork", "--propagation", "private", "sh", "-c", SCRIPT];
    let output = Command::new("unshare").args(own).arg(dir.path()).output().unwrap();
    if output.status.code() == Some(77) {
        return skip("hidepid", "no such /proc can be mounted");
    }
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
