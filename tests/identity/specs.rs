//! Bad specs and bad files: exit 125, one line that names the fix, and the app
//! is never started.

use crate::common::TempDir;
use crate::machine::{Status, after, command, image, run, stderr, stdout};
use crate::{GROUP, PASSWD, STATUS, need};
use std::process::Output;

#[track_caller]
fn assert_refused(what: &str, output: &Output, why: &str) {
    let line = stderr(output);
    assert_eq!((output.status.code(), stdout(output).as_str()), (Some(125), ""), "{what}: {line}");
    assert_eq!(line.lines().count(), 1, "{what}: {line}");
    assert!(line.starts_with("hinit: error: ") && line.contains(why), "{what}: {line}");
}

#[test]
fn refuses_every_bad_spec_before_the_app_is_started() {
    let table = [
        ("", "write USER or USER:GROUP"),
        (":", "an unset variable leaves an empty string"),
        (":10001", "nothing is before the colon; write"),
        ("10001:", "nothing is after the colon; write"),
        ("10001:10001:9", "more than one colon; write"),
        ("4294967296", "4294967296 is too high; write"),
        ("4294967295", "4294967295 is too high; write"),
        ("2147483648", "2147483648 is too high; write"),
        ("99999999999999999999", "99999999999999999999 is too high; write"),
        ("10001:4294967296", "4294967296 is too high; write"),
        ("10001:4294967295", "4294967295 is too high; write"),
        ("-1", "has a sign; write"),
        ("+10001", "has a sign; write"),
        ("007", "write 7"),
        (" 10001", "white space or a control character in it; write"),
        ("10001\n", "white space or a control character in it; write"),
        ("4711", "write it too, such as 4711:4711"),
        ("no-such-user", "/etc/passwd has no user 'no-such-user'; add it to the image, or write numeric ids"),
        ("4711:no-such-group", "/etc/group has no group 'no-such-group'; add it to the image, or write"),
    ];
    for (spec, why) in table {
        assert_refused(spec, &run(command(), &["--user", spec, "echo", "started"]), why);
    }
}

#[test]
fn an_empty_variable_is_refused_like_an_empty_option() {
    let mut unset = command();
    unset.env("HINIT_USER", "");
    assert_refused(
        "HINIT_USER=",
        &run(unset, &["echo", "started"]),
        "HINIT_USER: '' is not a user: it is empty",
    );
}

#[test]
fn a_malformed_line_of_the_user_is_named() {
    need!("unshare");
    let scratch = TempDir::new("identity");
    let table = [
        ("app:x:abc:10001::/:", "write a UID from 0 to 2147483647 in its third field"),
        ("app:x:4294967296:10001::/:", "write a UID from 0 to 2147483647 in its third field"),
        ("app:x", "write 7 fields"),
        ("app:x:10001:::/:", "write a GID from 0 to 2147483647 in its fourth field"),
        ("app:x:10001:10001::/:\r", "remove the control character"),
    ];
    for (line, why) in table {
        let passwd = format!("root:x:0:0::/root:\n{line}\napp:x:10001:10001::/:\n");
        let output = run(image(&scratch, &passwd, ""), &["--user", "app", "echo", "started"]);
        assert_refused(line, &output, &format!("--user app: /etc/passwd line 2 is malformed: {why}"));
    }
    let output = run(image(&scratch, PASSWD, "web:x:abc:app\n"), &["--user", "app", "echo", "started"]);
    assert_refused("group", &output, "--user app: /etc/group line 1 is malformed: write a GID");
}

#[test]
fn a_malformed_line_of_another_user_is_only_warned_of() {
    need!("unshare");
    let scratch = TempDir::new("identity");
    let output =
        run(image(&scratch, &format!("broken\n{PASSWD}"), GROUP), &["-u", "app", STATUS[0], STATUS[1]]);
    Status::of(&output).assert_ids("10001", "10002", &["4", "33", "10002"]);
    assert!(stderr(&output).contains("hinit: warning: /etc/passwd line 1 is skipped as malformed"));
}

#[test]
fn root_by_accident_is_refused() {
    need!("unshare");
    let scratch = TempDir::new("identity");
    let passwd = "toor:x:0:10001::/:\nstaff:x:10001:0::/:\nfriend:x:10003:10003::/:\n";
    let group = "wheel:x:0:friend\n";
    let table = [
        ("toor", "makes 'toor' uid 0"),
        ("toor:10001", "makes 'toor' uid 0"),
        ("staff", "puts 'staff' into gid 0"),
        ("10001", "puts '10001' into gid 0"),
        ("10001:wheel", "makes 'wheel' gid 0"),
        ("friend", "puts 'friend' into gid 0"),
    ];
    for (spec, why) in table {
        let output = run(image(&scratch, passwd, group), &["--user", spec, "echo", "started"]);
        assert_refused(spec, &output, why);
    }
}

/// A user whose name is a number does not get its line (CVE-2016-3697).
#[test]
fn digits_are_never_a_name() {
    need!("unshare");
    let scratch = TempDir::new("identity");
    let passwd = "10001:x:0:0::/:\nreal:x:10001:10002::/:\n";
    let output = run(image(&scratch, passwd, ""), &["--user", "10001", STATUS[0], STATUS[1]]);
    Status::of(&output).assert_ids("10001", "10002", &["10002"]);
}

/// An image made from scratch: nothing is in /etc.
const EMPTY_ETC: &str = "mount -t tmpfs none /etc; ";

#[test]
fn without_the_files_numbers_do_and_names_do_not() {
    need!("unshare");
    let scratch = TempDir::new("identity");
    let script = format!("{EMPTY_ETC} exec \"$@\"");
    let bare = |spec| run(after(&script, scratch.path()), &["--user", spec, STATUS[0], STATUS[1]]);
    Status::of(&bare("10001:10002")).assert_ids("10001", "10002", &["10002"]);
    assert_refused("app", &bare("app"), "/etc/passwd has no user 'app'");
    assert_refused("10001", &bare("10001"), "such as 10001:10001");
}

#[test]
fn follows_links_as_nixos_has_them() {
    need!("unshare");
    let scratch = TempDir::new("identity");
    scratch.file("store", PASSWD);
    let script = format!("{EMPTY_ETC} ln -s $0/store /etc/passwd; exec \"$@\"");
    let output = run(after(&script, scratch.path()), &["--user", "app", STATUS[0], STATUS[1]]);
    Status::of(&output).assert_ids("10001", "10002", &["10002"]);
}

#[test]
fn refuses_files_that_are_none_or_too_large() {
    need!("unshare", "mkfifo", "truncate");
    let scratch = TempDir::new("identity");
    let table = [
        ("mkdir /etc/passwd", "/etc/passwd is not a regular file; put a regular file"),
        ("mkfifo /etc/passwd", "/etc/passwd is not a regular file; put a regular file"),
        ("ln -s /dev/zero /etc/passwd", "/etc/passwd is not a regular file; put a regular file"),
        ("truncate -s 10485761 /etc/passwd", "/etc/passwd is larger than 10 MiB; make it smaller"),
        ("touch /etc/passwd; mkfifo /etc/group", "/etc/group is not a regular file; put a regular file"),
    ];
    for (make, why) in table {
        let script = format!("{EMPTY_ETC} {make}; exec \"$@\"");
        let output = run(after(&script, scratch.path()), &["--user", "app", "echo", "started"]);
        assert_refused(make, &output, why);
    }
}
