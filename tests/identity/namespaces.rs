//! Roots that are less than root: fewer capabilities, user namespaces.

use crate::common::{HINIT, TempDir};
use crate::machine::{Status, after, run, stderr, stdout};
use crate::{STATUS, need};
use std::io::Write;
use std::process::{Child, Command, Output, Stdio};

const WORDS: [&str; 4] = ["--user", "10001:10002", STATUS[0], STATUS[1]];

/// hinit as root without a capability, as after `docker run --cap-drop`.
fn without(capability: &str, words: &[&str]) -> Output {
    let mut command = Command::new("setpriv");
    command.arg(format!("--bounding-set=-{capability}")).arg(HINIT).args(words).output().unwrap()
}

#[track_caller]
fn assert_stopped(output: &Output, why: &str) {
    let line = stderr(output);
    assert_eq!((output.status.code(), stdout(output).as_str()), (Some(125), ""), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains(why), "{line}");
}

#[test]
fn without_setpcap_no_new_privs_stands_in_for_the_bounding_set() {
    need!("setpriv");
    let status = Status::of(&without("setpcap", &["--user", "10001:10002", STATUS[0], STATUS[1]]));
    status.assert_ids("10001", "10002", &["10002"]);
    status.assert_no_capability();
    assert_ne!(status.mask("CapBnd"), 0);
    assert_eq!(status.field("NoNewPrivs"), ["1"]);
}

/// CVE-2022-24769 gave every container a full inheritable set; and with
/// `no_setuid_fixup` a change of uid takes no capability away by itself.
#[test]
fn capabilities_that_would_survive_are_dropped_too() {
    need!("setpriv");
    let inherited = [
        &["--inh-caps", "+chown,+net_raw"][..],
        &["--inh-caps", "+chown,+net_raw", "--ambient-caps", "+chown,+net_raw"],
        &["--securebits", "+no_setuid_fixup"],
    ];
    for options in inherited {
        let mut command = Command::new("setpriv");
        let output = command.args(options).arg(HINIT).args(WORDS).output().unwrap();
        let status = Status::of(&output);
        status.assert_ids("10001", "10002", &["10002"]);
        status.assert_no_capability();
    }
}

#[test]
fn missing_capabilities_are_all_named_at_once() {
    need!("setpriv");
    let words = ["--user", "10001:10002", "echo", "started"];
    let fix = |names: &str, options: &str| {
        format!(
            "--user 10001:10002: the container lacks {names}; start it with docker run {options}, or start"
        )
    };
    assert_stopped(&without("setuid", &words), &fix("SETUID", "--cap-add SETUID"));
    assert_stopped(&without("setgid", &words), &fix("SETGID", "--cap-add SETGID"));
    let both = fix("SETGID SETUID", "--cap-add SETGID --cap-add SETUID");
    assert_stopped(&without("setgid,-setuid", &words), &both);
    let chown = [&["--chown", "/var/tmp"], &words[..]].concat();
    assert_stopped(&without("setuid,-chown", &chown), "the container lacks CHOWN SETUID; start it with");
}

/// `docker run --cap-drop ALL --cap-add SETUID --cap-add SETGID`.
#[test]
fn a_bounding_set_that_cannot_be_emptied_is_told() {
    need!("setpriv");
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-all,+setuid,+setgid", HINIT]);
    let output = command.args(WORDS).output().unwrap();
    let status = Status::of(&output);
    status.assert_no_capability();
    assert_eq!(status.mask("CapBnd"), 1 << 6 | 1 << 7);
    let told =
        "the bounding set keeps SETGID SETUID, since the container lacks SETPCAP; no_new_privs puts it";
    assert!(stderr(&output).contains(told), "{output:?}");
}

#[test]
fn a_pipe_without_chown_keeps_its_owner_and_that_is_no_failure() {
    need!("setpriv");
    Status::of(&without("chown", &["--user", "10001:10002", STATUS[0], STATUS[1]])).assert_ids(
        "10001",
        "10002",
        &["10002"],
    );
}

/// hinit as root of a new user namespace.
struct Namespace {
    /// A shell that waits for a line before it becomes hinit.
    shell: Child,
}

impl Namespace {
    fn new(groups: &str, words: &[&str]) -> Self {
        let mut command = Command::new("setpriv");
        command.args([
            "--groups",
            groups,
            "unshare",
            "--user",
            "sh",
            "-c",
            "echo; read line; exec \"$@\"",
            "sh",
        ]);
        command.arg(HINIT).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut shell = command.spawn().unwrap();
        let mut newline = [0];
        std::io::Read::read_exact(shell.stdout.as_mut().unwrap(), &mut newline).unwrap();
        Self { shell }
    }

    /// Writes /proc/PID/`file` from outside of the namespace.
    fn set(self, file: &str, content: &str) -> Self {
        std::fs::write(format!("/proc/{}/{file}", self.shell.id()), content).unwrap();
        self
    }

    fn finish(mut self) -> Output {
        self.shell.stdin.take().unwrap().write_all(b"\n").unwrap();
        self.shell.wait_with_output().unwrap()
    }
}

#[test]
fn in_a_user_namespace_that_maps_the_ids_it_works_as_anywhere() {
    need!("setpriv", "unshare");
    let output = Namespace::new("0", &WORDS).set("uid_map", "0 0 65536").set("gid_map", "0 0 65536").finish();
    let status = Status::of(&output);
    status.assert_ids("10001", "10002", &["10002"]);
    status.assert_no_capability();
}

#[test]
fn an_id_that_is_not_mapped_is_told() {
    need!("setpriv", "unshare");
    let mapped = |uids, gids| Namespace::new("0", &WORDS).set("uid_map", uids).set("gid_map", gids).finish();
    let gid = "this user namespace does not map that gid (/proc/self/gid_map); write one that it maps";
    assert_stopped(&mapped("0 0 65536", "0 0 1"), &format!("setgroups: Invalid argument; {gid}"));
    let uid = "this user namespace does not map that uid (/proc/self/uid_map); write one that it maps";
    assert_stopped(&mapped("0 0 1", "0 0 65536"), &format!("setresuid: Invalid argument; {uid}"));
}

#[test]
fn denied_setgroups_is_fine_only_if_there_is_nothing_to_change() {
    need!("setpriv", "unshare");
    let denied = |groups| {
        let namespace = Namespace::new(groups, &WORDS).set("setgroups", "deny");
        namespace.set("uid_map", "0 0 65536").set("gid_map", "0 0 65536").finish()
    };
    Status::of(&denied("10002")).assert_ids("10001", "10002", &["10002"]);
    assert_stopped(&denied("0"), "setgroups: Operation not permitted; /proc/self/setgroups denies it");
}

#[test]
fn works_without_proc() {
    need!("unshare");
    let scratch = TempDir::new("identity");
    let script = "mount -t tmpfs none /proc; exec \"$@\"";
    let output = run(after(script, scratch.path()), &["--user", "10001:10002", "id", "-u"]);
    assert_eq!(stdout(&output), "10001\n", "{output:?}");
}
