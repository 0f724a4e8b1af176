//! Health that acts, what the app waits for, and what is published of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{As, TempDir, everywhere, fixture, hinit, is_root, send, skip, until};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::SocketAddr;
use std::path::Path;

const TERM: i32 = 15;
const USR1: i32 = 10;

/// hinit with a check that looks for a file, many times a second.
fn watching(healthy: &Path, options: &[&str], app: &[&str]) -> Vec<String> {
    let check = format!("test -e {}", healthy.display());
    let timing = ["--health-interval", "30ms", "--health-retries", "2", "--health-cmd", &check];
    [&timing, options, app].concat().into_iter().map(str::to_owned).collect()
}

#[test]
fn stops_an_unhealthy_app_with_code_69() {
    everywhere(|mode| {
        let dir = TempDir::new("stop");
        let healthy = dir.file("healthy", "");
        let words = watching(&healthy, &["--health-on-failure", "stop"], &[&fixture(), "signals"]);
        let running = hinit(mode, words).start();
        running.prints("ready").says("healthy,");
        std::fs::remove_file(healthy).unwrap();
        running.prints("got 15");
        let out = running.wait();
        assert_eq!(out.code, 69, "{}", out.stderr);
    });
}

#[test]
fn says_once_why_an_app_is_not_healthy_yet_long_before_it_is_unhealthy() {
    let running =
        hinit(As::Process, ["--health-cmd", "echo no database; false", &fixture(), "signals"]).start();
    running.says("not healthy yet, ").says(" after the start: no database\n").signal(TERM);
    let out = running.wait();
    assert_eq!(out.stderr.matches("no database").count(), 1, "{}", out.stderr);
}

#[test]
fn kills_an_unhealthy_app_with_code_69() {
    everywhere(|mode| {
        let dir = TempDir::new("kill");
        let healthy = dir.path().join("healthy");
        let words = watching(&healthy, &["--health-on-failure", "kill"], &[&fixture(), "signals"]);
        let out = hinit(mode, words).output();
        assert_eq!((out.code, out.stdout.contains("got 15")), (69, false), "{}", out.stderr);
    });
}

#[test]
fn a_check_that_hangs_in_another_group_is_killed_and_counts_each_time() {
    everywhere(|mode| {
        let check = format!("exec {} leave-group", fixture());
        let words = ["--health-cmd", &check, "--health-timeout", "100ms", "--health-interval", "30ms"];
        let app = ["--health-retries", "3", "--health-on-failure", "kill", "sleep", "600"];
        let out = hinit(mode, words.iter().chain(&app)).output();
        assert_eq!(out.code, 69, "{}", out.stderr);
    });
}

#[test]
fn restarts_an_unhealthy_app_until_it_is_asked_to_stop() {
    everywhere(|mode| {
        let dir = TempDir::new("restart");
        let healthy = dir.path().join("healthy");
        let words = watching(&healthy, &["--health-on-failure", "restart"], &[&fixture(), "signals"]);
        let running = hinit(mode, words).start();
        running.prints_times("ready", 3).signal(TERM);
        let code = running.wait().code;
        // In the pause between two lives the request itself ends it.
        assert!([7, 143].contains(&code), "{code}");
    });
}

#[test]
fn restarts_a_failing_app_as_often_as_the_policy_says() {
    everywhere(|mode| {
        let out = hinit(mode, ["--restart", "on-failure:2", "sh", "-c", "echo life; exit 3"]).output();
        assert_eq!((out.code, out.stdout.as_str()), (3, "life\nlife\nlife\n"), "{}", out.stderr);
        assert!(out.stderr.ends_with("not started again: --restart allows 2 restarts\n"), "{}", out.stderr);
    });
}

#[test]
fn no_life_leaves_anything_of_its_group_to_the_next() {
    everywhere(|mode| {
        let dir = TempDir::new("lives");
        let pid = dir.path().join("pid").display().to_string();
        // The second life looks after what the first one has left.
        let app = "if test -e $0; then while kill -0 $(cat $0); do sleep 0.01; done; echo gone; exit 0; fi
            sh -c 'trap \"\" TERM; echo $$ > $0.new; mv $0.new $0; while :; do sleep 0.01; done' $0 &
            until test -e $0; do sleep 0.01; done; exit 3";
        let out = hinit(mode, ["--restart", "on-failure", "sh", "-c", app, &pid]).output();
        assert_eq!((out.code, out.stdout.as_str()), (0, "gone\n"), "{}", out.stderr);
    });
}

#[test]
fn restarts_an_app_that_was_killed() {
    everywhere(|mode| {
        let running = hinit(mode, ["--restart", "on-failure", &fixture(), "signals"]).start();
        running.prints("ready");
        send(running.app(), 9);
        running.prints_times("ready", 2).signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn checks_the_app_as_the_user_that_the_app_is() {
    if !is_root() {
        return skip("a drop", "not root");
    }
    everywhere(|mode| {
        let check = ["--health-cmd", "echo $(id -u) $(id -G); false"];
        let timing = ["--health-interval", "20ms", "--health-retries", "1"];
        let words = [&["--user", "10001:10002"], &check[..], &timing, &["sleep", "600"]].concat();
        let running = hinit(mode, words).start();
        running.says("unhealthy: 10001 10002").signal(TERM);
        assert_eq!(running.wait().code, 143);
    });
}

#[test]
fn a_stop_between_two_lives_ends_at_once_with_143() {
    everywhere(|mode| {
        let running = hinit(mode, ["--restart", "always", "sh", "-c", "exit 3"]).start();
        // From the sixth on the pause is longer than three seconds.
        running.says("restart 6").signal(TERM);
        assert_eq!(running.wait().code, 143);
    });
}

#[test]
fn nothing_is_checked_between_two_lives_of_the_app() {
    everywhere(|mode| {
        let dir = TempDir::new("between");
        let looks = dir.file("looks", "");
        let (check, app) = (format!("echo >> {}", looks.display()), format!("wc -l < {}", looks.display()));
        let timing = ["--health-interval", "10ms", "--health-start-interval", "10ms", "--health-cmd", &check];
        let life = ["--restart", "on-failure:5", "sh", "-c", &format!("{app}; exit 1")];
        let out = hinit(mode, timing.iter().chain(&life)).output();
        let counts: Vec<u32> = out.stdout.lines().map(|line| line.trim().parse().unwrap()).collect();
        // The last pause is long enough for a hundred.
        let [.., before, after] = counts[..] else { panic!("{}", out.stderr) };
        assert!(counts.len() == 6 && after - before < 20, "{counts:?}");
    });
}

#[test]
fn the_ready_file_is_there_while_the_app_is_healthy_and_not_stopping() {
    everywhere(|mode| {
        let dir = TempDir::new("ready");
        let (healthy, ready) = (dir.path().join("healthy"), dir.path().join("ready"));
        let options = ["--drain", "60s", "--ready-file", ready.to_str().unwrap()];
        let running = hinit(mode, watching(&healthy, &options, &[&fixture(), "signals"])).start();
        running.says("unhealthy");
        assert!(!ready.exists());
        std::fs::write(&healthy, "").unwrap();
        until("the ready file is there", || ready.exists().then_some(()));
        running.signal(TERM).says("draining");
        until("the ready file is gone", || (!ready.exists()).then_some(()));
        assert!(!running.stdout().contains("got 15"), "the app does not know yet");
        // A second request ends the drain.
        running.signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn the_ready_file_comes_back_and_comes_late() {
    everywhere(|mode| {
        let dir = TempDir::new("comes-back");
        let healthy = dir.file("healthy", "");
        let (directory, ready) = (dir.path().join("later"), dir.path().join("later/ready"));
        let options = ["--ready-file", ready.to_str().unwrap()];
        let running = hinit(mode, watching(&healthy, &options, &[&fixture(), "signals"])).start();
        running.says("healthy,").says(&format!("--ready-file {}: ", ready.display()));
        std::fs::create_dir(directory).unwrap();
        let is_there = || ready.exists().then_some(());
        until("the ready file is there once its directory is", is_there);
        std::fs::remove_file(&ready).unwrap();
        until("the ready file is there again", is_there);
        let said = running.stderr();
        assert_eq!(said.matches("--ready-file").count(), 1, "it is said once: {said}");
        running.signal(TERM);
        assert_eq!(running.wait().code, 7);
        assert!(!ready.exists());
    });
}

/// Root may well replace a device, even /dev/null.
#[test]
fn what_is_no_file_is_neither_taken_for_one_nor_taken_away() {
    everywhere(|mode| {
        let dir = TempDir::new("no-file");
        let (socket, directory) = (dir.path().join("socket"), dir.path().join("directory"));
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        std::fs::create_dir(&directory).unwrap();
        for option in ["--ready-file", "--status-file"] {
            for path in [&socket, &directory] {
                let name = path.to_str().unwrap();
                let out = hinit(mode, [option, name, "true"]).output();
                let told = format!(
                    "warning: {option} {name}: a device, socket or directory is there; it is not replaced; "
                );
                assert!(out.code == 0 && out.stderr.contains(&told), "{}", out.stderr);
                assert!(!path.symlink_metadata().unwrap().is_file(), "{option} {name}");
            }
        }
    });
}

#[test]
fn a_ready_file_replaces_what_the_app_has_put_there() {
    everywhere(|mode| {
        for trap in ["mkfifo $1", "ln -s precious $1", "ln precious $1"] {
            let dir = TempDir::new("trap");
            let (precious, ready) = (dir.file("precious", "kept"), dir.path().join("ready"));
            let app = format!("cd ${{1%/*}}; {trap}; : > healthy; exec \"$2\" signals");
            let words = watching(
                &dir.path().join("healthy"),
                &["--ready-file", ready.to_str().unwrap()],
                &["sh", "-c", &app, "sh", ready.to_str().unwrap(), &fixture()],
            );
            let running = hinit(mode, words).start();
            running.prints("ready");
            let is_file = || std::fs::symlink_metadata(&ready).is_ok_and(|found| found.is_file());
            until("the ready file is an empty one", || {
                (is_file() && std::fs::read(&ready).is_ok_and(|text| text.is_empty())).then_some(())
            });
            running.signal(TERM);
            assert_eq!(running.wait().code, 7, "{trap}");
            assert_eq!(std::fs::read_to_string(&precious).unwrap(), "kept", "{trap}");
        }
    });
}

#[test]
fn readers_are_told_of_a_stop_before_the_app_is() {
    let dir = TempDir::new("drain");
    let (healthy, status) = (dir.file("healthy", ""), dir.path().join("status.json"));
    let read = || {
        let reader = hinit(As::Process, ["status"]).env("HINIT_STATUS_FILE", status.to_str().unwrap());
        let out = reader.output();
        (out.code, out.stdout)
    };
    let options = ["--drain", "10m", "--status-file", status.to_str().unwrap()];
    let running = hinit(As::Process, watching(&healthy, &options, &[&fixture(), "signals"])).start();
    running.says("healthy,");
    assert_eq!(read().0, 0);
    running.signal(TERM).says("draining");
    until("readers see red", || {
        let (code, text) = read();
        (code == 1 && text.contains("draining")).then_some(())
    });
    assert_eq!(running.stdout(), "ready\n", "the app does not know yet");
    running.signal(TERM);
    assert_eq!(running.wait().code, 7);
}

/// Is asked to stop, says so, and goes on until SIGUSR1.
const RELUCTANT: &str =
    "trap 'echo asked' TERM; trap 'exit 7' USR1; echo ready; while :; do sleep 0.01; done";

#[test]
fn nothing_is_done_about_health_while_the_app_is_stopping() {
    everywhere(|mode| {
        for (action, drain) in [("kill", "0s"), ("stop", "0s"), ("restart", "0s"), ("kill", "10m")] {
            let dir = TempDir::new("stopping");
            let healthy = dir.file("healthy", "");
            let options = ["--health-on-failure", action, "--drain", drain, "--stop-timeout", "10m"];
            let running = hinit(mode, watching(&healthy, &options, &["sh", "-c", RELUCTANT])).start();
            running.prints("ready").says("healthy,").signal(TERM);
            if drain == "0s" {
                running.prints("asked");
            } else {
                running.says("draining");
            }
            std::fs::remove_file(healthy).unwrap();
            running.says("unhealthy: ").signal(USR1);
            let out = running.wait();
            assert_eq!(out.code, 7, "{action} {drain}: {}", out.stderr);
            assert!(!out.stderr.contains("--health-on-failure"), "{}", out.stderr);
        }
    });
}

/// The pauses before three restarts, which do not care for health between them.
fn assert_paused_ever_longer(mode: As, words: &[&str]) {
    let running = hinit(mode, words.iter().copied()).start();
    running.says("in 100ms (restart 1)").says("in 200ms (restart 2)").says("in 400ms (restart 3)");
    let healthy = running.stderr().matches("healthy, ").count();
    assert_eq!(healthy, 3, "{}", running.stderr());
    running.signal(TERM);
    assert!([143, 7].contains(&running.wait().code));
}

#[test]
fn a_crash_loop_is_paused_ever_longer_however_healthy_each_life_was() {
    everywhere(|mode| {
        let dir = TempDir::new("crashes");
        let ready = dir.path().join("ready");
        let ready = ready.to_str().unwrap();
        // The file of one life is not there in the next.
        let app = "until test -e $0; do sleep 0.01; done; exit 3";
        let words =
            ["--restart", "always", "--health-cmd", "true", "--ready-file", ready, "sh", "-c", app, ready];
        assert_paused_ever_longer(mode, &words);
    });
}

#[test]
fn so_is_a_loop_of_lives_that_turn_unhealthy() {
    everywhere(|mode| {
        let dir = TempDir::new("relapses");
        let fresh = dir.path().join("fresh");
        let fresh = fresh.to_str().unwrap();
        let check = format!("test -e {fresh} && rm {fresh}");
        let timing = ["--health-interval", "30ms", "--health-retries", "1", "--health-on-failure", "restart"];
        let app = ["--health-cmd", &check, "sh", "-c", "touch $1; exec $0 signals", &fixture(), fresh];
        assert_paused_ever_longer(mode, &[timing.as_slice(), &app].concat());
    });
}

#[test]
fn leaves_with_69_when_its_restarts_did_not_help() {
    everywhere(|mode| {
        let dir = TempDir::new("hopeless");
        let healthy = dir.path().join("healthy");
        let options = ["--health-on-failure", "restart", "--restart", "on-failure:1"];
        let app = ["sh", "-c", "trap 'exit 0' TERM; echo life; while :; do sleep 0.01; done"];
        let out = hinit(mode, watching(&healthy, &options, &app)).output();
        assert_eq!((out.code, out.stdout.as_str()), (69, "life\nlife\n"), "{}", out.stderr);
        assert!(
            out.stderr.contains("--health-on-failure restart: SIGTERM sent to the app"),
            "{}",
            out.stderr
        );
        assert!(out.stderr.ends_with("not started again: --restart allows 1 restart\n"), "{}", out.stderr);
    });
}

#[test]
fn several_checks_run_at_the_same_time_and_the_one_that_fails_is_named() {
    everywhere(|mode| {
        let dir = TempDir::new("several");
        // Each waits for the other one.
        let script = dir.file("meet", "touch $1; until test -e $2; do sleep 0.01; done; test -e $3");
        let [script, a, b, c] = [script, dir.path().join("a"), dir.path().join("b"), dir.file("c", "")]
            .map(|path| path.display().to_string());
        let checks = [format!("exec:'sh {script} {a} {b} {c}'"), format!("exec:'sh {script} {b} {a} {a}'")];
        let timing = ["--health-interval", "50ms", "--health-retries", "1"];
        let checks = ["--health", &checks[0], "--health", &checks[1]];
        let running = hinit(mode, [timing.as_slice(), &checks, &[&fixture(), "signals"]].concat()).start();
        running.says("healthy,");
        std::fs::remove_file(&c).unwrap();
        running.says(&format!("unhealthy: exec:sh {script} {a} {b} {c}: exit code 1\n"));
        running.signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn starts_the_app_when_what_it_waits_for_is_there() {
    let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let running = hinit(As::Process, ["--wait-for", &format!("tcp://{address}"), "echo", "started"]).start();
    running.says("waiting for dependencies, ");
    running.says(&format!(" so far: connection refused by {address}: nothing listens there"));
    assert_eq!(running.stdout(), "");
    let _listener = TcpListener::bind(address).unwrap();
    let out = running.wait();
    assert_eq!((out.code, out.stdout.as_str()), (0, "started\n"), "{}", out.stderr);
}

#[test]
fn does_not_start_the_app_if_it_waits_in_vain() {
    everywhere(|mode| {
        let words = ["--wait-for", "exec:false", "--wait-timeout", "300ms", "echo", "started"];
        let out = hinit(mode, words).output();
        assert_eq!((out.code, out.stdout.as_str()), (124, ""), "{}", out.stderr);
        assert!(out.stderr.contains(", not starting the app"), "{}", out.stderr);
        assert!(out.stderr.contains(" so far: the check produced no output\n"), "{}", out.stderr);
    });
}

#[test]
fn says_what_it_still_waits_for_if_something_else_is_there() {
    everywhere(|mode| {
        let dir = TempDir::new("waits");
        let (one, two) = (dir.file("one", ""), dir.path().join("two"));
        let [one, two] = [one, two].map(|path| format!("file://{}", path.display()));
        let words = ["--wait-for", &one, "--wait-for", &two, "echo", "started"];
        let running = hinit(mode, words).start();
        running.says(&format!(" so far: {two}: there is no "));
        std::fs::write(two.trim_start_matches("file://"), "").unwrap();
        let out = running.wait();
        assert_eq!((out.code, out.stdout.as_str()), (0, "started\n"), "{}", out.stderr);
        assert!(out.stderr.contains("dependencies are ready after "), "{}", out.stderr);
    });
}

#[test]
fn a_stop_while_waiting_ends_at_once() {
    everywhere(|mode| {
        let running = hinit(mode, ["--wait-for", "exec:false", "echo", "started"]).start();
        running.says("waiting").signal(TERM);
        let out = running.wait();
        assert_eq!((out.code, out.stdout.as_str()), (143, ""), "{}", out.stderr);
        assert!(out.stderr.ends_with(", exiting without starting the app\n"), "{}", out.stderr);
    });
}

#[test]
fn says_so_if_the_first_look_takes_long() {
    everywhere(|mode| {
        let running = hinit(mode, ["--wait-for", "exec:'sleep 600'", "echo", "started"]).start();
        running.says(" so far: the first probe has not ended\n").signal(TERM);
        assert_eq!(running.wait().code, 143);
    });
}

#[test]
fn a_stop_while_waiting_is_final_also_while_it_sweeps() {
    everywhere(|mode| {
        let dir = TempDir::new("final");
        let [left, open] = ["left", "open"].map(|name| dir.path().join(name));
        // Ends by itself, after more than one further look.
        let stubborn = dir.file("stubborn", "trap '' TERM; echo $$ > $1; sleep 2.5");
        let look = dir.file("look", "test -e $2 && exit; test -e $1 || setsid sh $3 $1 & exit 1");
        let [look, stubborn, left, open] =
            [&look, &stubborn, &left, &open].map(|path| path.display().to_string());
        let look = format!("exec:'sh {look} {left} {open} {stubborn}'");
        let running = hinit(mode, ["--sweep", "1h", "--wait-for", &look, "echo", "started"]).start();
        until("something is left", || Path::new(&left).exists().then_some(()));
        running
            .says("waiting")
            .signal(TERM)
            .says("SIGTERM sent to all remaining processes, grace period 1h0m0s");
        std::fs::write(open, "").unwrap();
        let out = running.wait();
        assert_eq!((out.code, out.stdout.as_str()), (143, ""), "{}", out.stderr);
    });
}

#[test]
fn the_status_while_waiting_is_starting_if_there_is_a_check_and_none_if_not() {
    let dir = TempDir::new("waiting");
    let file = dir.path().join("status.json");
    let path = file.to_str().unwrap();
    for (checks, status) in [(["--health", "tcp://:1"].as_slice(), "starting"), (&[], "none")] {
        let words = [&["--wait-for", "exec:false", "--status-file", path], checks, &["true"]].concat();
        let running = hinit(As::Process, words).start();
        let told = until("the status is told", || std::fs::read(&file).ok());
        let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
        assert_eq!(
            (&told["State"]["Status"], &told["State"]["Health"]["Status"]),
            (&"starting".into(), &status.into())
        );
        let out = hinit(As::Process, ["status", "--status-file", path]).output();
        assert!(out.code == 1 && out.stdout.contains("not started yet"), "{}", out.stdout);
        running.signal(TERM);
        assert_eq!(running.wait().code, 143);
    }
}

#[test]
fn says_each_check_if_told_to_say_more() {
    everywhere(|mode| {
        let dir = TempDir::new("verbose");
        let healthy = dir.path().join("healthy");
        let running = hinit(mode, watching(&healthy, &["-v"], &[&fixture(), "signals"])).start();
        running.says("unhealthy: the check exited with code 1 without output\n");
        running.says("checked, exit code 1: \n");
        std::fs::write(healthy, "").unwrap();
        running.says("checked, exit code 0: \n").says("healthy again: ").signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn a_line_of_the_log_ends_with_what_the_check_said() {
    everywhere(|mode| {
        let running = hinit(mode, ["--health-cmd", "echo fine", &fixture(), "signals"]).start();
        running.says("healthy, ").says(" after the start: fine\n").signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn a_run_limit_between_two_lives_says_that_there_is_none_to_come() {
    everywhere(|mode| {
        let out = hinit(mode, ["--timeout", "350ms", "--restart", "always", "false"]).output();
        assert_eq!(out.code, 124, "{}", out.stderr);
        assert!(out.stderr.ends_with("has passed, so the app is not started again\n"), "{}", out.stderr);
    });
}

#[test]
fn a_run_limit_stops_the_app_with_124() {
    everywhere(|mode| {
        let out = hinit(mode, ["--timeout", "200ms", &fixture(), "signals"]).output();
        assert_eq!(out.code, 124, "{}", out.stderr);
        assert!(out.stdout.contains("got 15"), "{}", out.stdout);
    });
}

#[test]
fn sweeps_daemons_and_lets_their_handlers_run() {
    everywhere(|mode| {
        let dir = TempDir::new("sweep");
        let [up, done] = ["up", "done"].map(|name| dir.path().join(name).display().to_string());
        let daemon = format!(
            "trap 'echo swept > {done}; exit' TERM; touch {up}; i=0; while [ $i -lt 3000 ]; do sleep 0.01; i=$((i+1)); done"
        );
        let app = "setsid sh -c \"$1\" & until test -e \"$2\"; do sleep 0.01; done; exit 4";
        let out = hinit(mode, ["--sweep", "30s", "sh", "-c", app, "sh", &daemon, &up]).output();
        assert_eq!(out.code, 4, "{}", out.stderr);
        assert_eq!(std::fs::read_to_string(done).unwrap(), "swept\n", "{}", out.stderr);
    });
}

#[test]
fn a_sweep_does_not_wait_for_health_checks() {
    everywhere(|mode| {
        let dir = TempDir::new("checks");
        let [up, asked, done] =
            ["up", "asked", "done"].map(|name| dir.path().join(name).display().to_string());
        // Hangs once the app is gone, and does not hear of the sweep.
        let check = format!("trap '' TERM; ! test -e {asked} || exec sleep 600");
        let daemon = format!(
            "trap 'touch {asked}; sleep 0.3; touch {done}; exit' TERM; touch {up}; while ! test -e {done}; do sleep 0.01; done"
        );
        let app = "setsid sh -c \"$1\" & until test -e \"$2\"; do sleep 0.01; done; exit 4";
        let timing = ["--sweep", "10m", "--health-interval", "20ms", "--health-timeout", "10m"];
        let words = [&timing[..], &["--health-cmd", &check, "sh", "-c", app, "sh", &daemon, &up]].concat();
        let out = hinit(mode, words).output();
        assert_eq!(out.code, 4, "{}", out.stderr);
        assert!(Path::new(&done).exists(), "{}", out.stderr);
    });
}

/// An app that leaves a daemon behind that ignores TERM.
fn leaving_a_stubborn_one(mode: As, limit: &str, dir: &TempDir) -> common::Running {
    let said = dir.file("said", "").display().to_string();
    let app = "setsid \"$1\" ignore-term > \"$2\" & until grep -q ready \"$2\"; do sleep 0.01; done; exit 4";
    hinit(mode, ["--sweep", limit, "sh", "-c", app, "sh", &fixture(), &said]).start()
}

#[test]
fn kills_what_ignores_the_sweep() {
    everywhere(|mode| {
        let out = leaving_a_stubborn_one(mode, "200ms", &TempDir::new("stubborn")).wait();
        assert_eq!(out.code, 4, "{}", out.stderr);
        assert!(out.stderr.contains("killing them"), "{}", out.stderr);
    });
}

#[test]
fn a_stop_request_cuts_the_sweep_short() {
    everywhere(|mode| {
        let dir = TempDir::new("short");
        let running = leaving_a_stubborn_one(mode, "1h", &dir);
        running.says("SIGTERM sent to all remaining processes, grace period 1h0m0s").signal(TERM);
        assert_eq!(running.wait().code, 4);
    });
}

#[test]
fn counts_restarts_in_the_status() {
    let dir = TempDir::new("status");
    let file = dir.path().join("status.json");
    let path = file.to_str().unwrap();
    let running =
        hinit(As::Process, ["--status-file", path, "--restart", "always", "sh", "-c", "exit 0"]).start();
    running.says("restart 3");
    until("the count is told", || {
        let text = std::fs::read_to_string(&file).ok()?;
        (text.contains("\"RestartCount\": 3") && text.contains("restarting")).then_some(())
    });
    running.signal(TERM);
    assert_eq!(running.wait().code, 143);
    assert!(!file.exists(), "a hinit that has ended tells nothing");
}

#[test]
fn the_app_says_itself_when_it_is_ready() {
    everywhere(|mode| {
        let words = ["--health", "notify:", &fixture(), "notify", "STATUS=loading", "READY=1", "STOPPING=1"];
        // Regular checks come every 30 s: what is seen is that hinit listens.
        let running = hinit(mode, words).start();
        running.prints("ready").signal(10).signal(12).says("healthy,").signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn an_app_that_does_not_feed_its_watchdog_is_unhealthy() {
    everywhere(|mode| {
        let timing = ["--health-interval", "50ms", "--health-retries", "1"];
        let words =
            [timing.as_slice(), &["--health", "notify:?watchdog=300ms", &fixture(), "notify", "READY=1"]];
        let running = hinit(mode, words.concat()).start();
        running
            .prints("ready 300000\n")
            .signal(10)
            .says("healthy,")
            .says("sent its last WATCHDOG=1")
            .signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

/// hinit with a `notify:` check, and what its status says.
struct Notified {
    dir: TempDir,
    running: common::Running,
}

impl Notified {
    fn start(mode: As, options: &[&str], app: &[&str]) -> Self {
        let dir = TempDir::new("notified");
        if is_root() {
            // For an app that is not.
            std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o777)).unwrap();
        }
        let status = dir.path().join("status.json");
        let timing = ["--health", "notify:", "--health-interval", "20ms", "--health-retries", "1"];
        let place = ["--status-file", status.to_str().unwrap()];
        let running = hinit(mode, [options, &timing, &place, app].concat()).start();
        running.prints("ready");
        Self { dir, running }
    }

    /// Checks that began after this call still say that the app is not ready.
    fn is_not_ready(&self) {
        let status = self.dir.path().join("status.json");
        let failures = || {
            let document: serde_json::Value = serde_json::from_slice(&std::fs::read(&status).ok()?).ok()?;
            let health = &document["State"]["Health"];
            health["FailingStreak"].as_u64().filter(|_| health["Status"] != "healthy")
        };
        // It may be that of the life before.
        let before = until("it is not healthy", failures);
        let more = || {
            let now = failures();
            assert!(now.is_some(), "somebody else was believed");
            now.filter(|failures| *failures >= before + 2)
        };
        // One may have been under way.
        until("two more checks fail", more);
    }
}

#[test]
fn only_the_apps_own_user_within_the_container_is_believed() {
    if !is_root() {
        return skip("several users", "not root");
    }
    let scratch = TempDir::new("strangers");
    std::fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let speaker = scratch.path().join("speaker");
    // The build directory may be closed to others than root.
    std::fs::copy(fixture(), &speaker).unwrap();
    let speaker = speaker.to_str().unwrap();
    let app = ["sh", "-c", "echo $NOTIFY_SOCKET; exec $0 notify READY=1", speaker];
    everywhere(|mode| {
        let app = Notified::start(mode, &["--user", "10001:10001"], &app);
        let socket = app.running.stdout().lines().next().unwrap().to_owned();
        let stranger = hinit(As::Process, ["--user", "10002:10002", speaker, "notify", "READY=1"]);
        let stranger = stranger.env("NOTIFY_SOCKET", &socket).start();
        stranger.prints("ready").signal(USR1).prints("said");
        app.is_not_ready();
        if mode == As::Pid1 {
            // Root, but of another container.
            let outside = std::os::unix::net::UnixDatagram::unbound().unwrap();
            let address = SocketAddr::from_abstract_name(&socket[1..]).unwrap();
            outside.send_to_addr(b"READY=1", &address).unwrap();
            app.is_not_ready();
        }
        app.running.signal(USR1).says("healthy again: the app has sent READY=1").signal(TERM);
        assert_eq!(app.running.wait().code, 7);
        stranger.signal(TERM).prints("ready");
    });
}

/// The name of the one socket that this process has bound, by its inode in
/// /proc/net/unix.
fn abstract_name(pid: i32) -> String {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let open: Vec<_> = open.filter_map(|fd| std::fs::read_link(fd.path()).ok()).collect();
    let all = std::fs::read_to_string("/proc/net/unix").unwrap();
    let mut sockets = all.lines().filter_map(|line| {
        let (inode, name) = line.split_once(" @").map(|(fields, name)| (fields.rsplit(' ').next(), name))?;
        open.contains(&format!("socket:[{}]", inode?).into()).then(|| format!("@{name}"))
    });
    sockets.next().unwrap()
}

#[test]
fn what_strangers_send_before_there_is_an_app_keeps_nobody_awake() {
    everywhere(|mode| {
        let dir = TempDir::new("early");
        let wanted = dir.path().join("wanted");
        let wait_for = format!("file://{}", wanted.display());
        let words = ["--health", "notify:", "--wait-for", &wait_for, &fixture(), "signals"];
        let running = hinit(mode, words).start();
        running.says("waiting for dependencies");
        let address = SocketAddr::from_abstract_name(&abstract_name(running.pid)[1..]).unwrap();
        let stranger = std::os::unix::net::UnixDatagram::unbound().unwrap();
        stranger.set_nonblocking(true).unwrap();
        // More than the socket holds: somebody has to take them out.
        for _ in 0..2000 {
            until("there is room for one more", || stranger.send_to_addr(b"x", &address).ok());
        }
        std::fs::write(&wanted, "").unwrap();
        running.prints("ready").signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn each_life_of_the_app_has_to_say_it_anew() {
    everywhere(|mode| {
        let app = [&*fixture(), "notify", "READY=1"];
        let app = Notified::start(mode, &["--restart", "always"], &app);
        app.running.signal(USR1).says("READY=1").prints("said").says("healthy");
        let first = app.running.app();
        send(first, TERM);
        app.running.prints_times("ready", 2);
        app.is_not_ready();
        app.running.signal(USR1).prints_times("said", 2).says("healthy again: ").signal(TERM);
        assert_eq!(app.running.wait().code, 7);
    });
}

#[test]
fn what_the_app_says_goes_on_to_the_engine_but_not_its_pid() {
    let dir = TempDir::new("outer");
    let path = dir.path().join("notify.sock");
    let engine = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    engine.set_read_timeout(Some(common::LIMIT)).unwrap();
    let said = "MAINPID=7\nMAINPIDFDID=8\nREADY=1\nSTATUS=up\nMAINPIDS=own\nBARRIER=1";
    let words = ["--health", "notify:", &fixture(), "notify", said];
    let running = hinit(As::Process, words).env("NOTIFY_SOCKET", path.to_str().unwrap()).start();
    running.prints("ready").signal(10);
    let mut heard = [0; 100];
    let length = engine.recv(&mut heard).unwrap();
    assert_eq!(std::str::from_utf8(&heard[..length]), Ok("READY=1\nSTATUS=up\nMAINPIDS=own"));
    running.signal(TERM);
    assert_eq!(running.wait().code, 7);
}

#[test]
fn a_notify_check_is_only_for_the_hinit_that_runs_the_app() {
    let probe = hinit(As::Process, ["probe", "notify:"]).output();
    assert_eq!(probe.code, 1);
    assert!(probe.stderr.contains("--health notify:"), "{}", probe.stderr);
    let wait = hinit(As::Process, ["--wait-for", "notify:", "true"]).output();
    assert_eq!(wait.code, 125);
}
