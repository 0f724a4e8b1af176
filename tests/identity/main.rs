//! As whom the app runs: the built program, watched from the app's side and
//! from /proc. Needs root, as a container's PID 1 has.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod faults;
mod machine;
mod namespaces;
mod specs;
mod streams;

use common::TempDir;
use machine::{Status, after, command, image, run, started_as, stderr, stdout};

const STATUS: [&str; 2] = ["cat", "/proc/self/status"];
const PASSWD: &str = "root:x:0:0::/root:\napp:x:10001:10002::/srv/app:\n";
const GROUP: &str = "root:x:0:\nweb:x:33:app\nlog:x:4:other,app\nagain:x:33:app\n";

#[test]
fn leaves_the_app_no_privilege_at_all() {
    need!();
    let status = Status::of(&run(command(), &["--user", "10001:10002", STATUS[0], STATUS[1]]));
    status.assert_ids("10001", "10002", &["10002"]);
    status.assert_no_capability();
    assert_eq!(status.mask("CapBnd"), 0);
    assert_eq!(status.field("NoNewPrivs"), ["1"]);
}

#[test]
fn drops_itself_too() {
    need!();
    let of_parent = "cat /proc/$PPID/status";
    let status = Status::of(&run(command(), &["--user", "10001:10002", "sh", "-c", of_parent]));
    assert_eq!(status.field("Name"), ["hinit"]);
    status.assert_ids("10001", "10002", &["10002"]);
    status.assert_no_capability();
}

#[test]
fn a_user_alone_brings_its_groups() {
    need!("unshare");
    let scratch = TempDir::new("identity");
    for spec in ["app", "10001"] {
        let status = Status::of(&run(image(&scratch, PASSWD, GROUP), &["-u", spec, STATUS[0], STATUS[1]]));
        status.assert_ids("10001", "10002", &["4", "33", "10002"]);
        status.assert_no_capability();
    }
}

#[test]
fn a_group_given_is_the_only_one() {
    need!("unshare");
    let scratch = TempDir::new("identity");
    let status = Status::of(&run(image(&scratch, PASSWD, GROUP), &["-u", "app:web", STATUS[0], STATUS[1]]));
    status.assert_ids("10001", "33", &["33"]);
}

#[test]
fn sets_home_and_names_and_lets_env_win() {
    need!("unshare");
    let scratch = TempDir::new("identity");
    let env = |words: &[&str]| {
        let mut command = image(&scratch, PASSWD, GROUP);
        command.env("USER", "root").env("LOGNAME", "root").env("KEPT", "yes");
        stdout(&run(command, &[words, &["env"]].concat()))
    };
    let app = env(&["--user", "app"]);
    for line in ["HOME=/srv/app", "USER=app", "LOGNAME=app", "KEPT=yes"] {
        assert_eq!(app.lines().filter(|found| *found == line).count(), 1, "{line} in {app}");
    }
    let unknown = env(&["--user", "4711:4711"]);
    assert!(unknown.lines().any(|line| line == "HOME=/"), "{unknown}");
    assert!(!unknown.contains("USER=") && !unknown.contains("LOGNAME="), "{unknown}");
    let told = env(&["--user", "app", "-e", "HOME=/tmp"]);
    assert!(told.contains("HOME=/tmp\n") && !told.contains("/srv/app"), "{told}");
    let nobody_dropped = env(&["--user", "root"]);
    assert!(nobody_dropped.contains("HOME=/root\n"), "{nobody_dropped}");
}

#[test]
fn there_is_no_way_back_to_root() {
    need!("setpriv");
    for back in [["--reuid", "0"], ["--regid", "0"]] {
        let words =
            ["--user", "10001:10002", "setpriv", back[0], back[1], "--keep-groups", "echo", "I am root"];
        let output = run(command(), &words);
        assert!(!output.status.success());
        assert_eq!(stdout(&output), "");
    }
}

/// `id` as a setuid program of root, on a mount that honours it.
const SETUID_ID: &str =
    "mount -t tmpfs -o mode=755 none $0; cp /usr/bin/id $0; chmod 4755 $0/id; exec \"$@\"";

#[test]
fn a_setuid_program_gives_nothing_unless_that_is_asked_for() {
    need!("unshare", "id");
    let scratch = TempDir::new("identity");
    let id = scratch.path().join("id");
    let effective_uid = |words: &[&str]| {
        let words = [words, &["--user", "10001:10002", id.to_str().unwrap(), "-u"]].concat();
        stdout(&run(after(SETUID_ID, scratch.path()), &words))
    };
    assert_eq!(effective_uid(&[]), "10001\n");
    assert_eq!(effective_uid(&["--no-new-privs=false"]), "0\n");
}

#[test]
fn no_new_privs_comes_with_a_drop_or_when_asked_for() {
    need!();
    let state = |words: &[&str]| {
        let output = run(command(), &[words, &STATUS].concat());
        Status::of(&output).field("NoNewPrivs")[0].to_owned()
    };
    assert_eq!(state(&[]), "0");
    assert_eq!(state(&["--user", "0:0"]), "0");
    assert_eq!(state(&["--user", "10001:10002"]), "1");
    assert_eq!(state(&["--user", "10001:10002", "--no-new-privs=false"]), "0");
    assert_eq!(state(&["--no-new-privs"]), "1");
    assert_eq!(state(&["--no-new-privs", "--user", "0:0"]), "1");
    assert_eq!(state(&["--no-new-privs", "--user", "0:10002"]), "1");
}

#[test]
fn root_asked_for_literally_stays_root_with_its_capabilities() {
    need!();
    let before = Status::of(&run(command(), &STATUS));
    for (spec, gid) in [("0:0", "0"), ("root:root", "0"), ("0:10002", "10002")] {
        let status = Status::of(&run(command(), &["--user", spec, STATUS[0], STATUS[1]]));
        assert_eq!(status.field("Uid"), ["0"; 4], "{spec}");
        assert_eq!(status.field("Gid"), [gid; 4], "{spec}");
        for set in ["CapPrm", "CapEff", "CapBnd"] {
            assert_eq!(status.mask(set), before.mask(set), "{spec} {set}");
        }
    }
}

#[test]
fn gid_0_asked_for_literally_is_the_only_thing_of_root() {
    need!();
    let status = Status::of(&run(command(), &["--user", "10001:0", STATUS[0], STATUS[1]]));
    status.assert_ids("10001", "0", &["0"]);
    status.assert_no_capability();
}

/// Kubernetes' `runAsUser` and `docker run --user` on an image that has `--user` in
/// its ENTRYPOINT.
#[test]
fn being_that_user_already_leaves_no_privilege_either() {
    need!("setpriv");
    let scratch = TempDir::new("identity");
    let status = |words: &[&str]| {
        let already = started_as(&scratch, 10001, 10002);
        let hinit = already.get_program().to_str().unwrap();
        // As podman's --cap-add, and the inheritable set of CVE-2022-24769.
        let podman = ["--reuid", "10001", "--regid", "10002", "--clear-groups", "--inh-caps", "+chown,+kill"];
        let mut command = std::process::Command::new("setpriv");
        command.args(podman).args(["--ambient-caps", "+kill", hinit]);
        Status::of(&run(command, &[&["--user", "10001:10002"], words, &STATUS].concat()))
    };
    let plain = status(&[]);
    assert_eq!((plain.field("Uid"), plain.field("Gid")), (vec!["10001"; 4], vec!["10002"; 4]));
    plain.assert_no_capability();
    assert_eq!(plain.field("NoNewPrivs"), ["1"]);
    let open = status(&["--no-new-privs=false"]);
    open.assert_no_capability();
    assert_eq!(open.field("NoNewPrivs"), ["0"]);
    assert_eq!(status(&["--cap-add", "KILL"]).mask("CapEff"), 1 << 5);
}

#[test]
fn the_groups_of_a_user_that_hinit_is_already_are_told() {
    need!("setpriv", "unshare");
    let scratch = TempDir::new("identity");
    let output = |groups: &str, spec: &str| {
        let script = format!(
            "mount --bind $0/passwd /etc/passwd; mount --bind $0/group /etc/group
            install -m 755 $1 $0/hinit; chmod 755 $0; shift
            exec setpriv --reuid 10001 --regid 10002 --groups {groups} $0/hinit \"$@\""
        );
        scratch.file("passwd", PASSWD);
        scratch.file("group", GROUP);
        run(after(&script, scratch.path()), &["--user", spec, STATUS[0], STATUS[1]])
    };
    let own = output("4,33", "app");
    assert!(!stderr(&own).contains("warning"), "{own:?}");
    let other = output("2000,10002", "10001:10002");
    assert_eq!(Status::of(&other).field("Groups"), ["2000", "10002"]);
    assert!(stderr(&other).contains("and keeps the groups 2000 too (--group-add, fsGroup)"), "{other:?}");
    let missing = output("33", "app");
    assert!(stderr(&missing).contains("and without its groups 4; add them (--group-add)"), "{missing:?}");
}

#[test]
fn another_user_than_that_already_cannot_be_had() {
    need!();
    let scratch = TempDir::new("identity");
    let already = started_as(&scratch, 10001, 10002);
    let output = run(already, &["--user", "33:33", "echo", "started"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(125), ""));
    assert_eq!(
        stderr(&output),
        "hinit: error: --user 33:33: hinit was started as 10001:10002, which cannot change; leave --user out, or start the container as root\n"
    );
}

#[test]
fn openshifts_random_user_with_gid_0_needs_no_user_option() {
    need!();
    let scratch = TempDir::new("identity");
    let status = Status::of(&run(started_as(&scratch, 1_000_660_000, 0), &STATUS));
    assert_eq!(status.field("Uid"), ["1000660000"; 4]);
    assert_eq!(status.field("Gid"), ["0"; 4]);
}
