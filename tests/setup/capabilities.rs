//! `--cap-add` and `--cap-drop`.

use crate::common::{HINIT, TempDir, fixture};
use crate::machine::{Status, after, command, run, stdout};
use crate::{STATUS, USER, assert_refused, both_ways, need};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

const NET_BIND_SERVICE: u64 = 1 << 10;
const KILL: u64 = 1 << 5;

fn status(words: &[&str]) -> Status {
    Status::of(&run(command(), &[words, &STATUS].concat()))
}

/// hinit as the PID 1 of a container has it: alone in its network, where ports
/// below 1024 need the capability.
fn in_own_network(words: &[&str]) -> Output {
    let script = "cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ip link set lo up; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-ec", script, "sh", HINIT]).args(words).output().unwrap()
}

/// The build directory may be closed to others than root.
fn copied(program: &str, scratch: &TempDir) -> String {
    std::fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let copy = scratch.path().join("app");
    assert!(Command::new("install").args(["-m", "755", program]).arg(&copy).status().unwrap().success());
    copy.to_str().unwrap().to_owned()
}

#[test]
fn an_app_that_is_not_root_binds_port_80_with_net_bind_service() {
    need!("unshare", "ip");
    let scratch = TempDir::new("before");
    let app = copied(&fixture(), &scratch);
    let bind = |options: &[&str]| {
        stdout(&in_own_network(&[options, &USER, &[app.as_str(), "bind", "127.0.0.1:80"]].concat()))
    };
    assert!(bind(&[]).starts_with("1024\nPermission denied"), "{}", bind(&[]));
    assert_eq!(bind(&["--cap-add", "NET_BIND_SERVICE"]), "1024\nbound\n");
}

#[test]
fn exactly_what_is_added_stays() {
    need!();
    for name in ["NET_BIND_SERVICE", "CAP_NET_BIND_SERVICE", "cap_net_bind_service"] {
        let status = status(&[&USER[..], &["--cap-drop", "ALL", "--cap-add", name]].concat());
        status.assert_ids("10001", "10002", &["10002"]);
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            assert_eq!(status.mask(set), NET_BIND_SERVICE, "{name} {set}");
        }
        assert_eq!(status.field("NoNewPrivs"), ["1"]);
    }
}

#[test]
fn several_are_added_by_flags_or_by_the_environment() {
    need!();
    let options = [("--cap-add", "NET_BIND_SERVICE"), ("--cap-add", "KILL"), ("--user", "10001:10002")];
    let shown = both_ways(command, &options, &["grep", "Cap", "/proc/self/status"]);
    let both = format!("{:016x}", NET_BIND_SERVICE | KILL);
    assert_eq!(shown.matches(&both).count(), 5, "{shown}");
}

/// hinit holds it to hand it on, and can do nothing with it.
#[test]
fn hinit_holds_what_it_hands_on_but_not_as_effective() {
    need!();
    let of_parent = ["sh", "-c", "cat /proc/$PPID/status"];
    let words = [&USER[..], &["--cap-add", "NET_BIND_SERVICE"], &of_parent].concat();
    let status = Status::of(&run(command(), &words));
    assert_eq!(status.field("Name"), ["hinit"]);
    assert_eq!(status.mask("CapEff"), 0);
    for set in ["CapInh", "CapPrm", "CapBnd", "CapAmb"] {
        assert_eq!(status.mask(set), NET_BIND_SERVICE, "{set}");
    }
}

#[test]
fn a_restarted_app_has_it_again() {
    need!();
    let words = ["--cap-add", "NET_BIND_SERVICE", "--restart", "on-failure:2"];
    let app = ["sh", "-c", "grep CapEff /proc/self/status; exit 3"];
    let output = run(command(), &[&USER[..], &words, &app].concat());
    assert_eq!(stdout(&output), format!("CapEff:\t{NET_BIND_SERVICE:016x}\n").repeat(3), "{output:?}");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn the_streams_of_hinit_can_be_opened_with_a_kept_capability_too() {
    need!();
    let words = ["--cap-add", "NET_BIND_SERVICE", "sh", "-c", "echo out > /proc/$PPID/fd/1"];
    assert_eq!(stdout(&run(command(), &[&USER[..], &words].concat())), "out\n");
}

#[test]
fn all_is_what_hinit_itself_holds() {
    need!();
    let own = status(&[]).mask("CapPrm");
    let all = status(&[&USER[..], &["--cap-add", "ALL"]].concat());
    assert_eq!((all.mask("CapPrm"), all.mask("CapAmb")), (own, own));
    let others = status(&[&USER[..], &["--cap-add", "ALL", "--cap-drop", "KILL"]].concat());
    assert_eq!(others.mask("CapEff"), own & !KILL);
}

#[test]
fn a_root_that_stays_loses_what_is_dropped_from_every_set() {
    need!();
    let before = status(&[]);
    let after = status(&["--cap-drop", "KILL"]);
    assert_eq!(after.field("Uid"), ["0"; 4]);
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(after.mask(set), before.mask(set) & !KILL, "{set}");
    }
    for root in [&["--user", "0:0"][..], &[]] {
        let status = status(&[root, &["--cap-drop", "all", "--cap-add", "KILL"]].concat());
        assert_eq!((status.mask("CapEff"), status.mask("CapBnd"), status.mask("CapAmb")), (KILL, KILL, 0));
    }
    assert_eq!(status(&["--cap-drop", "ALL"]).mask("CapPrm"), 0);
}

#[test]
fn what_hinit_does_not_hold_cannot_be_added() {
    need!("setpriv");
    let without = |words: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-net_admin,-kill", HINIT]).args(words).args(["echo", "started"]);
        command.output().unwrap()
    };
    let fix = "start the container as root (--user drops) with docker run --cap-add KILL --cap-add NET_ADMIN";
    for user in [&USER[..], &[]] {
        let output = without(&[user, &["--cap-add", "NET_ADMIN", "--cap-add", "KILL"]].concat());
        assert_refused(&output, &format!("--cap-add: hinit does not hold KILL NET_ADMIN itself; {fix}"));
    }
}

#[test]
fn what_is_no_capability_is_refused() {
    for (option, word, why) in [
        ("--cap-add", "NET_BIND_SERVCE", "--cap-add: 'NET_BIND_SERVCE' is not a capability; did you mean"),
        ("--cap-drop", "everything", "--cap-drop: 'everything' is not a capability; write one of"),
    ] {
        assert_refused(&run(command(), &[option, word, "echo", "started"]), why);
    }
}

/// A user that already is not root, with something in the ambient set.
#[test]
fn a_user_that_stays_keeps_its_own_and_loses_what_is_dropped() {
    need!("setpriv");
    let caps = ["--inh-caps", "+kill,+net_bind_service", "--ambient-caps", "+kill,+net_bind_service"];
    let staying = |words: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "10001", "--regid", "10002", "--clear-groups"]).args(caps).arg(HINIT);
        command.args(words).args(STATUS);
        Status::of(&command.output().unwrap())
    };
    assert_eq!(staying(&[]).mask("CapEff"), NET_BIND_SERVICE | KILL);
    // Without SETPCAP the bounding set stays, and so no_new_privs has to hold.
    let status = staying(&["--no-new-privs", "--cap-drop", "KILL", "--cap-add", "NET_BIND_SERVICE"]);
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(status.mask(set), NET_BIND_SERVICE, "{set}");
    }
}

#[test]
fn without_setpcap_a_capability_is_only_dropped_for_good_with_no_new_privs() {
    need!("setpriv");
    let without = |words: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-setpcap", HINIT]).args(words).output().unwrap()
    };
    let dropping = ["--cap-drop", "KILL"];
    assert_refused(
        &without(&[&dropping[..], &["echo", "started"]].concat()),
        "bounding set: Operation not permitted; set --no-new-privs, or add SETPCAP",
    );
    let status = Status::of(&without(&[&dropping[..], &["--no-new-privs"], &STATUS].concat()));
    assert_eq!(status.mask("CapEff") & KILL, 0);
}

/// `id` as a setuid program of root, on a mount that honours it.
const SETUID_ID: &str =
    "mount -t tmpfs -o mode=755 none $0; cp /usr/bin/id /bin/cat $0; chmod 4755 $0/*; exec \"$@\"";

#[test]
fn with_new_privileges_a_setuid_program_is_all_of_root() {
    need!("unshare", "id");
    let scratch = TempDir::new("before");
    let cat = scratch.path().join("cat");
    let cat = [cat.to_str().unwrap(), "/proc/self/status"];
    let own = status(&[]).mask("CapPrm");
    let open = [&USER[..], &["--no-new-privs=false"]].concat();
    let root = Status::of(&run(after(SETUID_ID, scratch.path()), &[&open[..], &cat].concat()));
    assert_eq!(root.field("Uid"), ["10001", "0", "0", "0"]);
    assert_eq!((root.mask("CapEff"), root.mask("CapBnd")), (own, own));
    let app = status(&open);
    app.assert_ids("10001", "10002", &["10002"]);
    app.assert_no_capability();
    let words = [&open[..], &["--cap-drop", "KILL"], &cat].concat();
    let less = Status::of(&run(after(SETUID_ID, scratch.path()), &words));
    assert_eq!(less.mask("CapEff"), own & !KILL);
    let words = [&open[..], &["--cap-drop", "ALL"], &cat].concat();
    let nothing = Status::of(&run(after(SETUID_ID, scratch.path()), &words));
    assert_eq!(nothing.mask("CapEff"), 0);
}

/// The app is started with exactly what was asked for, or not at all.
#[test]
fn no_lie_of_the_kernel_leaves_more_than_was_added() {
    need!();
    let calls = [libc::SYS_capget, libc::SYS_capset, libc::SYS_prctl, libc::SYS_setresuid];
    for call in calls {
        for answer in [0, libc::EPERM, libc::ENOSYS, libc::EINVAL] {
            let mut command = command();
            crate::answer_with(&mut command, call, answer);
            let output = run(command, &[&USER[..], &["--cap-add", "NET_BIND_SERVICE"], &STATUS].concat());
            assert_refused(&output, "--user 10001:10002: ");
        }
    }
}
