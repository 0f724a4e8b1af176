//! Several hinits, or several users, where a reader searches.

use crate::common::{HINIT, TempDir, is_root, skip};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

/// Shared places of its own, so that no other hinit of the machine is found, and a
/// pid namespace in which `sh` is PID 1.
const PLACES: &str = "cd $0; mount -t tmpfs -o mode=755 none /run
    mount -t tmpfs -o mode=1777 none /dev/shm; mount -t tmpfs -o mode=1777 none /tmp
    until_there() { while ! ls $1 >/dev/null 2>&1; do :; done; }\n";

/// What the script printed and how it ended, or none if that cannot be tried here.
fn script(lines: &str) -> Option<Output> {
    if !is_root() {
        skip("other users and places", "not root");
        return None;
    }
    let dir = TempDir::new("several");
    fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    // The build directory may be closed to others than root.
    let made = Command::new("install").args(["-m", "755", HINIT]).arg(dir.path().join("hinit")).status();
    assert!(made.unwrap().success());
    let mut command = Command::new("timeout");
    command.args([
        "--signal=KILL",
        "60",
        "unshare",
        "--kill-child",
        "--mount",
        "--pid",
        "--fork",
        "--mount-proc",
        "--propagation",
        "private",
        "sh",
        "-ec",
    ]);
    Some(
        command
            .arg(format!("{PLACES}{lines}"))
            .arg(dir.path())
            .env_remove("HINIT_STATUS_FILE")
            .output()
            .unwrap(),
    )
}

/// All that it printed, if it ended well.
#[track_caller]
fn printed(output: &Output) -> String {
    let text = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn two_hinits_of_one_user_are_both_named_and_one_can_be_chosen() {
    let Some(output) = script(
        "./hinit -q sleep 600 & ./hinit status --wait
        ./hinit -q sleep 600 & until_there '/dev/shm/*.json'
        ./hinit status && exit 1
        ./hinit status --wait --timeout 10ms && exit 2
        ./hinit status --status-file /run/hinit/status.json
        HINIT_STATUS_FILE=$(ls /dev/shm/*.json) ./hinit status",
    ) else {
        return;
    };
    let text = printed(&output);
    let two = "more than one hinit runs here: pid ";
    assert_eq!(text.matches(two).count(), 2, "{text}");
    assert!(
        text.contains("(/run/hinit/status.json) and pid ") && text.contains("write --status-file"),
        "{text}"
    );
}

#[test]
fn the_document_of_pid_1_is_preferred() {
    let Some(output) = script(
        "exec ./hinit -q --health-cmd true --health-interval 50ms sh -ec '
        ./hinit status --wait
        ./hinit -q --health-cmd false --health-interval 50ms --health-retries 1 sleep 600 &
        while ! ls /dev/shm/*.json; do :; done
        ./hinit status'",
    ) else {
        return;
    };
    assert_eq!(printed(&output).matches("\nhealthy: ").count(), 1, "{output:?}");
}

/// A document of any user in /dev/shm, whose hinit lives.
#[test]
fn another_users_document_in_a_shared_place_is_passed_over() {
    let Some(output) = script(
        "setpriv --reuid 10001 --regid 10001 --clear-groups ./hinit -q sleep 600 & until_there '/dev/shm/*.json'
        ./hinit status && exit 1
        setpriv --reuid 10002 --regid 10002 --clear-groups ./hinit status && exit 2
        setpriv --reuid 10001 --regid 10001 --clear-groups ./hinit status
        ./hinit -q sleep 600 & ./hinit status --wait",
    ) else {
        return;
    };
    let text = printed(&output);
    let why = "it belongs to user 10001, and its hinit (pid ";
    assert_eq!(text.matches(why).count(), 2, "{text}");
    assert!(text.contains("hinit: error: no status document found;"), "{text}");
}

/// Under `docker run --init` hinit is not PID 1, and a HEALTHCHECK runs as root.
#[test]
fn root_trusts_a_hinit_that_has_dropped_root_by_its_own_directory() {
    let Some(output) = script(
        "./hinit -q --user 10001:10001 sleep 600 & ./hinit status --wait
        setpriv --reuid 10002 --regid 10002 --clear-groups ./hinit status
        ls -n /run/hinit/status.json",
    ) else {
        return;
    };
    assert!(printed(&output).contains(" 10001 10001 "), "{output:?}");
}

/// hinit as a user in a container whose root is read-only.
const AS_USER: &str = "chmod 755 /tmp /dev/shm
    as_user() { setpriv --reuid 10001 --regid 10001 --clear-groups ./hinit \"$@\"; }\n";

#[test]
fn a_user_too_makes_the_directory_where_run_is_writable() {
    let lines = "mount -t tmpfs none /run; umask 077
        as_user -q sleep 600 & as_user status --wait; ls -nd /run/hinit /run/hinit/status.json";
    let Some(output) = script(&format!("{AS_USER}{lines}")) else { return };
    let text = printed(&output);
    assert!(text.contains("drwxr-xr-x") && text.contains(" 10001 "), "{text}");
}

#[test]
fn the_hint_for_a_read_only_root_leads_to_a_status() {
    let lines = "as_user --health-cmd true true
        mkdir /run/hinit; mount -t tmpfs none /run/hinit
        as_user -q sleep 600 & as_user status --wait";
    let Some(output) = script(&format!("{AS_USER}{lines}")) else { return };
    let text = printed(&output);
    assert!(text.contains("mount a tmpfs on /run/hinit or /tmp, or write --status-file PATH"), "{text}");
}
