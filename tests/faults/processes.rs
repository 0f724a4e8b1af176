//! Too many processes, and too few.

use crate::common::{As, HINIT, TempDir, children, everywhere, given, hinit, status_field, until};
use crate::{CONT, STOP, TERM, USR1, cgroup, fixture, root_for, sh, with};

/// Shows the app's orphans one by one as they are reaped, and looks after what
/// is left in the end.
const WATCHFUL: [&str; 3] = ["--warn-on-reap", "--sweep", "60s"];

/// hinit stands still until all of them are dead, so that they come at once.
#[test]
fn forwards_a_stop_before_10_000_zombies_are_reaped_and_then_reaps_them_all() {
    everywhere(|mode| {
        let script = format!(
            "trap 'exec {} orphans 10000' USR1; echo ready; while :; do sleep 0.01; done",
            crate::common::fixture()
        );
        let running = hinit(mode, with(&WATCHFUL, &script)).start();
        running.prints("ready");
        let app = running.app();
        running.signal(STOP);
        until("hinit stands still", || {
            status_field(running.pid, "State").filter(|state| state.starts_with('T'))
        });
        crate::common::send(app, USR1);
        running.prints("orphaned");
        assert!(children(running.pid).len() > 10_000);
        running.signal(TERM).signal(CONT);
        let out = running.wait();
        // With --sweep it leaves when nobody is left.
        assert_eq!(out.code, 143, "{}", out.stderr);
        let before = out.stderr.split("stopping: SIGTERM").next().unwrap();
        assert!(before.matches("reaped pid").count() < 100, "{before}");
    });
}

#[test]
fn reaps_a_fork_bomb_of_orphans_at_the_pids_limit() {
    let Some(group) = cgroup("pids") else { return };
    group.set("pids.max", "40");
    for mode in [As::Process, As::Pid1] {
        let running = hinit(mode, fixture(&[], &["fork-until", "1000"])).before_exec(group.joining()).start();
        // More than the limit: only possible if the dead are reaped.
        running.prints("made 1000").signal(TERM);
        assert_eq!(running.wait().code, 143);
    }
}

#[test]
fn leaves_with_125_and_a_reason_if_the_first_start_hits_the_pids_limit() {
    let Some(group) = cgroup("pids") else { return };
    group.set("pids.max", "1");
    let out = hinit(As::Process, ["echo", "started"]).before_exec(group.joining()).output();
    assert_eq!((out.code, out.stdout.as_str()), (125, ""), "{}", out.stderr);
    assert!(out.stderr.contains("cannot make a process") && out.stderr.contains("pids"), "{}", out.stderr);
}

#[test]
fn a_first_start_survives_a_pids_limit_that_passes_soon() {
    let Some(group) = cgroup("pids") else { return };
    group.set("pids.max", "1");
    let running = hinit(As::Process, ["echo", "started"]).before_exec(group.joining()).start();
    // Counted by the kernel each time the limit denies a fork.
    until("the first fork was denied", || (group.get("pids.events") != "max 0").then_some(()));
    group.set("pids.max", "5");
    let out = running.wait();
    assert_eq!((out.code, out.stdout.as_str()), (0, "started\n"), "{}", out.stderr);
}

#[test]
fn a_restart_at_the_pids_limit_is_tried_again_until_it_works() {
    let Some(group) = cgroup("pids") else { return };
    for mode in [As::Process, As::Pid1] {
        group.set("pids.max", "5");
        let app = "echo life; trap 'exit 1' USR1; while :; do read nothing; done";
        let running = hinit(mode, with(&["--restart", "always"], app)).before_exec(group.joining()).start();
        running.prints("life");
        group.set("pids.max", "1");
        running.signal(USR1).says("cannot make a process");
        group.set("pids.max", "5");
        running.prints_times("life", 2).signal(TERM);
        assert_eq!(running.wait().code, 143);
    }
}

#[test]
fn a_stop_while_restarts_are_denied_leaves_with_143() {
    let Some(group) = cgroup("pids") else { return };
    group.set("pids.max", "5");
    let app = "echo life; trap 'exit 1' USR1; while :; do read nothing; done";
    let running =
        hinit(As::Process, with(&["--restart", "always"], app)).before_exec(group.joining()).start();
    running.prints("life");
    group.set("pids.max", "1");
    running.signal(USR1).says("cannot make a process").signal(TERM);
    assert_eq!(running.wait().code, 143);
}

#[test]
fn says_that_the_user_s_process_limit_is_reached() {
    if !root_for("RLIMIT_NPROC of a dropped user") {
        return;
    }
    // A user of its own, whose processes nobody else counts.
    let words = ["--user", "54321:54321", "echo", "started"];
    let none = given::limit(libc::RLIMIT_NPROC, 0);
    let out = hinit(As::Process, words).before_exec(none).output();
    assert_eq!((out.code, out.stdout.as_str()), (125, ""), "{}", out.stderr);
    assert!(out.stderr.contains("cannot make a process for the app"), "{}", out.stderr);
}

#[test]
fn a_stop_in_the_pause_between_two_lives_leaves_with_143() {
    everywhere(|mode| {
        let running = hinit(mode, with(&["--restart", "always"], "trap 'exit 7' TERM; exit 1")).start();
        running.says("restart 4").signal(TERM);
        assert_eq!(running.wait().code, 143);
    });
}

/// Lives if it has the pid it is told.
const STRANGER: &str = r"
trap 'echo struck' USR1
[ $$ = $1 ] || exit
while :; do echo stranger lives; sleep 0.02; done
";

/// Starts strangers until one has the pid of the dead app, from a session of
/// its own: a pid is not free as long as it is a group's or a session's.
const MAKER: &str = r"
while kill -0 $1 2>/dev/null; do sleep 0.01; done
while :; do
    echo $(($1 - 1)) > /proc/sys/kernel/ns_last_pid
    sh $2/stranger $1 &
    wait
done
";

/// The number of the dead app is given to somebody else, who must not be
/// struck by what was meant for the app.
#[test]
fn never_signals_a_stranger_with_the_pid_of_the_dead_app() {
    if !root_for("the next pid of a namespace") {
        return;
    }
    let directory = TempDir::new("stranger");
    directory.file("stranger", STRANGER);
    let maker = directory.file("maker", MAKER);
    let (maker, directory) = (maker.display(), directory.path().display());
    let app = format!("trap '' TERM; setsid sh {maker} $$ {directory} & exit 3");
    let running = hinit(As::Pid1, with(&["--sweep", "60s"], &app)).start();
    running.prints("stranger lives").signal(USR1).says("SIGUSR1 from outside the container, dropped");
    let lived = running.stdout().matches("stranger lives").count();
    // What was sent before is delivered before it prints again.
    running.prints_times("stranger lives", lived + 2);
    assert!(!running.stdout().contains("struck"));
    running.signal(TERM);
    assert_eq!(running.wait().code, 3);
}

/// Not being PID 1 it never signals everybody, which is who else is there.
#[test]
fn a_sweep_that_is_not_pid_1_s_strikes_no_stranger() {
    if !root_for("PID 1") {
        return;
    }
    let script = "sleep 600 & stranger=$!; \"$0\" --sweep 60s sh -c 'setsid sleep 600 & exit 3'; code=$?; \
                  kill -0 $stranger && echo the stranger lives; exit $code";
    let out = hinit(As::Pid1, ["-c", script, HINIT]).program("sh").output();
    assert_eq!((out.code, out.stdout.as_str()), (3, "the stranger lives\n"), "{}", out.stderr);
    assert!(!out.stderr.contains("killing them"), "{}", out.stderr);
}

#[test]
fn warns_of_each_orphan_it_reaps_if_asked_to() {
    everywhere(|mode| {
        // It leaves when the orphan, which outlives its parent, has been reaped.
        let script = "orphan=$(sh -c 'sh -c \"while kill -0 $$; do sleep 0.01; done 2>/dev/null; exit 7\" >/dev/null & echo $!'); \
                      while kill -0 $orphan 2>/dev/null; do sleep 0.01; done; echo left; exit 1";
        for (options, warns) in [([].as_slice(), false), (&["--warn-on-reap"], true)] {
            let out = hinit(mode, with(options, script)).output();
            assert_eq!((out.code, out.stdout.as_str()), (1, "left\n"), "{}", out.stderr);
            let said = out.stderr.lines().any(|line| {
                line.starts_with("hinit: warning: reaped pid ") && line.ends_with(": it exited with code 7")
            });
            assert_eq!(said, warns, "{}", out.stderr);
        }
    });
}

/// What hinit logs while it cannot make a process for a check.
const NOT_STARTED: &str = "hinit could not start a health check: ";

/// hinit could make no process for the probe: that says nothing of the app.
#[test]
fn a_probe_that_cannot_be_started_is_not_held_against_the_app() {
    let Some(group) = cgroup("pids") else { return };
    for mode in [As::Process, As::Pid1] {
        group.set("pids.max", "10");
        let health = ["--health-cmd", "true", "--health-interval", "20ms", "--health-retries", "1000000"];
        let running = hinit(mode, fixture(&health, &["signals"])).before_exec(group.joining()).start();
        running.prints("ready").says("healthy, ");
        group.set("pids.max", "1");
        running.says(NOT_STARTED);
        group.set("pids.max", "10");
        running.signal(TERM);
        let out = running.wait();
        assert!(out.code == 7 && !out.stderr.contains("unhealthy"), "{}", out.stderr);
    }
}

#[test]
fn probes_that_cannot_be_started_make_unhealthy_but_do_not_restart_the_app() {
    let Some(group) = cgroup("pids") else { return };
    for mode in [As::Process, As::Pid1] {
        group.set("pids.max", "10");
        let dir = TempDir::new("not-started");
        let ready = dir.path().join("ready");
        let timing = ["--health-cmd", "true", "--health-interval", "20ms", "--health-retries", "3"];
        let acting = ["--health-on-failure", "restart", "--ready-file", ready.to_str().unwrap()];
        let words = fixture(&[timing.as_slice(), &acting].concat(), &["signals"]);
        let running = hinit(mode, words).before_exec(group.joining()).start();
        running.prints("ready").says("healthy, ");
        until("the ready file is there", || ready.exists().then_some(()));
        group.set("pids.max", "1");
        running.says(&format!("unhealthy: {NOT_STARTED}"));
        assert!(!ready.exists());
        group.set("pids.max", "10");
        running.says("healthy again");
        until("the ready file is there again", || ready.exists().then_some(()));
        running.signal(TERM);
        let out = running.wait();
        assert_eq!((out.code, out.stdout.matches("ready").count()), (7, 1), "{}", out.stderr);
        assert_eq!(out.stderr.matches(NOT_STARTED).count(), 2, "once, and as the reason: {}", out.stderr);
    }
}

#[test]
fn readers_find_the_status_stale_while_no_probe_can_be_started() {
    let Some(group) = cgroup("pids") else { return };
    group.set("pids.max", "10");
    let dir = TempDir::new("stale");
    let file = dir.path().join("status.json");
    let timing = ["--health-interval", "20ms", "--health-timeout", "20ms", "--health-retries", "1000000"];
    let status = ["--status-file", file.to_str().unwrap(), "--health-cmd", "true"];
    let words = fixture(&[timing.as_slice(), &status].concat(), &["signals"]);
    let running = hinit(As::Process, words).before_exec(group.joining()).start();
    running.prints("ready").says("healthy, ");
    group.set("pids.max", "1");
    let text = until("it is stale", || {
        let out = hinit(As::Process, ["status", "--status-file", file.to_str().unwrap()]).output();
        (out.code == 1).then_some(out.stdout)
    });
    group.set("pids.max", "10");
    assert!(text.starts_with("unhealthy: stale, hinit (pid "), "{text}");
    running.signal(TERM);
    assert_eq!(running.wait().code, 7);
}

#[test]
fn kill_and_stop_of_pid_1_from_inside_do_nothing() {
    if !root_for("PID 1") {
        return;
    }
    let out = hinit(As::Pid1, sh("kill -KILL 1; kill -STOP 1; sleep 0.05; echo alive; exit 3")).output();
    assert_eq!((out.code, out.stdout.as_str()), (3, "alive\n"), "{}", out.stderr);
}
