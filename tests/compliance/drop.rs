//! Dropping root: which user a spec means, and which privileges are left.

use crate::Row;
use crate::common::{Output, TempDir, given, seccomp};
use crate::subject::Subject;
use std::path::Path;

pub const ROWS: &[Row] = &[
    Row { text: "UID:GID needs no passwd file", run: numbers },
    Row { text: "an empty user is rejected or not root", run: empty },
    Row { text: ":GROUP is rejected or not root", run: group_only },
    Row { text: "a third part, as in 1000:1000:9, is rejected", run: three_parts },
    Row { text: "digits are never a user name (CVE-2016-3697)", run: digits },
    Row { text: "a number of more than 64 bits is not a user name", run: huge },
    Row { text: "2^31, 2^32-1 and 2^32 are rejected", run: out_of_range },
    Row { text: "a UID without a passwd entry does not get gid 0", run: unknown_uid },
    Row { text: "a passwd line with an invalid UID does not give root", run: broken_uid },
    Row { text: "a passwd line with missing fields does not give root", run: short_line },
    Row { text: "a passwd line with UID 2^32 does not give root", run: overflow },
    Row { text: "a user other than root with uid 0 is rejected", run: accidental },
    Row { text: "does not hang if the passwd file is a FIFO", run: fifo },
    Row { text: "USER alone gets the supplementary groups of the user", run: groups },
    Row {
        text: "USER:GROUP keeps the primary group in the supplementary groups (CVE-2022-36109)",
        run: primary,
    },
    Row { text: "sets HOME", run: home },
    Row { text: "sets USER and LOGNAME", run: names },
    Row { text: "the app can open /dev/stdout if it is a pipe", run: stdout },
    Row { text: "drops all capabilities, including the bounding set", run: capabilities },
    Row { text: "setuid programs do not give root (no_new_privs)", run: no_new_privs },
    Row { text: "does not start the app if setgroups is denied", run: setgroups_denied },
    Row { text: "detects a setuid that succeeds without effect", run: lie },
    Row { text: "drops root with 8 file descriptors, without /proc and /dev", run: missing },
];

const PASSWD: &str = "root:x:0:0::/root:\napp:x:10001:10002::/srv/app:\n";
const GROUP: &str = "root:x:0:\nweb:x:33:app\n";

/// Runs an app as `user`, with these files in /etc.
fn dropped(subject: &Subject, passwd: &str, user: &str, app: &[&str]) -> Option<Output> {
    let directory = TempDir::new("passwd");
    let passwd = given::bound(&directory.file("passwd", passwd), Path::new("/etc/passwd"));
    let group = given::bound(&directory.file("group", GROUP), Path::new("/etc/group"));
    Some(subject.drop_to(user, app)?.before_exec(passwd).before_exec(group).output())
}

const ID: [&str; 2] = ["id", "-u"];

/// It reports an error and does not start the app.
fn rejected(subject: &Subject, passwd: &str, user: &str) -> Option<()> {
    let out = dropped(subject, passwd, user, &["echo", "started"])?;
    assert!(out.code != 0 && !out.stdout.contains("started"), "{user}: {}{}", out.stdout, out.stderr);
    Some(())
}

/// It does not start the app, or at least not as root.
fn not_root(subject: &Subject, passwd: &str, user: &str) -> Option<()> {
    let out = dropped(subject, passwd, user, &ID)?;
    assert_ne!(out.stdout.trim(), "0", "{user}");
    Some(())
}

fn numbers(subject: &Subject) -> Option<()> {
    let out = dropped(subject, "", "4711:4712", &["sh", "-c", "echo $(id -u) $(id -g)"])?;
    assert_eq!(out.stdout, "4711 4712\n", "{}", out.stderr);
    Some(())
}

fn empty(subject: &Subject) -> Option<()> {
    not_root(subject, PASSWD, "")
}

fn group_only(subject: &Subject) -> Option<()> {
    not_root(subject, PASSWD, ":33")
}

fn three_parts(subject: &Subject) -> Option<()> {
    rejected(subject, PASSWD, "1000:1000:9")
}

fn digits(subject: &Subject) -> Option<()> {
    not_root(subject, "4242:x:0:0::/:\n", "4242:4242")
}

fn huge(subject: &Subject) -> Option<()> {
    not_root(subject, "99999999999999999999:x:0:0::/:\n", "99999999999999999999")
}

fn out_of_range(subject: &Subject) -> Option<()> {
    for user in ["2147483648:1", "4294967295:1", "4294967296:1", "1:4294967296"] {
        rejected(subject, PASSWD, user)?;
    }
    Some(())
}

fn unknown_uid(subject: &Subject) -> Option<()> {
    let out = dropped(subject, PASSWD, "4711", &["id", "-g"])?;
    assert_ne!(out.stdout.trim(), "0");
    Some(())
}

fn broken_uid(subject: &Subject) -> Option<()> {
    not_root(subject, "app:x:abc:10002::/:\n", "app")
}

fn short_line(subject: &Subject) -> Option<()> {
    not_root(subject, "app:x\n", "app")
}

fn overflow(subject: &Subject) -> Option<()> {
    not_root(subject, "app:x:4294967296:10002::/:\n", "app")
}

fn accidental(subject: &Subject) -> Option<()> {
    not_root(subject, "app:x:0:10002::/:\n", "app")
}

fn fifo(subject: &Subject) -> Option<()> {
    let directory = TempDir::new("fifo");
    let path = directory.path().join("fifo");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRUSR).unwrap();
    let passwd = given::bound(&path, Path::new("/etc/passwd"));
    let out = subject.drop_to("app", &ID)?.before_exec(passwd).output();
    assert_ne!(out.stdout.trim(), "0");
    Some(())
}

fn groups(subject: &Subject) -> Option<()> {
    let out = dropped(subject, PASSWD, "app", &["sh", "-c", "id -G | tr ' ' '\\n' | sort -n | xargs"])?;
    assert_eq!(out.stdout, "33 10002\n", "{}", out.stderr);
    Some(())
}

fn primary(subject: &Subject) -> Option<()> {
    let out = dropped(subject, PASSWD, "app:web", &["grep", "^Groups:", "/proc/self/status"])?;
    assert_eq!(out.stdout.split_whitespace().collect::<Vec<_>>(), ["Groups:", "33"], "{}", out.stderr);
    Some(())
}

fn home(subject: &Subject) -> Option<()> {
    let out = dropped(subject, PASSWD, "app", &["sh", "-c", "echo $HOME"])?;
    assert_eq!(out.stdout, "/srv/app\n");
    Some(())
}

fn names(subject: &Subject) -> Option<()> {
    let out = dropped(subject, PASSWD, "app", &["sh", "-c", "echo $USER $LOGNAME"])?;
    assert_eq!(out.stdout, "app app\n");
    Some(())
}

fn stdout(subject: &Subject) -> Option<()> {
    let out = dropped(subject, PASSWD, "app", &["sh", "-c", "echo out > /dev/stdout"])?;
    assert_eq!(out.stdout, "out\n", "{}", out.stderr);
    Some(())
}

fn capabilities(subject: &Subject) -> Option<()> {
    let out = dropped(subject, PASSWD, "app", &["grep", "^Cap", "/proc/self/status"])?;
    let masks: Vec<_> = out.stdout.split_whitespace().skip(1).step_by(2).collect();
    assert_eq!(masks, ["0000000000000000"; 5], "{}", out.stdout);
    Some(())
}

fn no_new_privs(subject: &Subject) -> Option<()> {
    let out = dropped(subject, PASSWD, "app", &["grep", "^NoNewPrivs:", "/proc/self/status"])?;
    assert_eq!(out.stdout.split_whitespace().last(), Some("1"));
    Some(())
}

fn setgroups_denied(subject: &Subject) -> Option<()> {
    let denied = seccomp::answering(libc::SYS_setgroups, libc::EPERM);
    let out = subject.drop_to("10001:10002", &["echo", "started"])?.before_exec(denied).output();
    assert!(!out.stdout.contains("started"));
    Some(())
}

/// For either of the two calls that it may use.
fn lie(subject: &Subject) -> Option<()> {
    let out = subject
        .drop_to("10001:10002", &ID)?
        .before_exec(seccomp::answering(libc::SYS_setuid, 0))
        .before_exec(seccomp::answering(libc::SYS_setresuid, 0))
        .output();
    assert_ne!(out.stdout.trim(), "0");
    Some(())
}

fn missing(subject: &Subject) -> Option<()> {
    let out = subject
        .drop_to("10001:10002", &ID)?
        .before_exec(given::dev_empty)
        .before_exec(given::proc_unmounted)
        .before_exec(given::limit(libc::RLIMIT_NOFILE, 8))
        .output();
    assert_eq!(out.stdout, "10001\n", "{}", out.stderr);
    Some(())
}
