//! `hinit run` as PID 1 and as an ordinary process: starting, signals, reaping
//! and ending.

mod common;

use common::{As, everywhere, fixture, given, hinit, is_root, send, skip, status_field, until};
use std::process::Stdio;

const TERM: i32 = 15;

fn sh(script: &str) -> Vec<String> {
    vec!["sh".into(), "-c".into(), script.into()]
}

#[test]
fn leaves_with_the_exit_code_of_the_app() {
    everywhere(|mode| {
        for code in [0, 1, 3, 125, 255] {
            assert_eq!(hinit(mode, sh(&format!("exit {code}"))).output().code, code);
        }
    });
}

#[test]
fn leaves_with_128_plus_n_if_signal_n_killed_the_app() {
    everywhere(|mode| {
        for number in [1, 2, 9, 15, 34, 64] {
            let out = hinit(mode, sh(&format!("kill -{number} $$; exec sleep 100"))).output();
            assert_eq!(out.code, 128 + number, "{}", out.stderr);
        }
    });
}

#[test]
fn forwards_every_signal_that_can_be_caught() {
    everywhere(|mode| {
        let running = hinit(mode, [fixture().as_str(), "signals"]).start();
        running.prints("ready");
        // 9 and 19 cannot be caught, 17 is the init's own business, 15 ends it.
        for number in (1..=64).filter(|number| ![9, 17, 19, 15].contains(number)) {
            running.signal(number).prints(&format!("got {number}\n"));
        }
        running.signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn keeps_every_one_of_many_realtime_signals() {
    everywhere(|mode| {
        let running = hinit(mode, [fixture().as_str(), "signals"]).start();
        running.prints("ready");
        for _ in 0..200 {
            running.signal(40);
        }
        running.prints_times("got 40\n", 200).signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn signals_the_whole_group_only_if_asked() {
    let child = "(trap 'echo child; exit 0' TERM; echo ready; i=0; while [ $i -lt 3000 ]; do sleep 0.01; i=$((i+1)); done) & ";
    everywhere(|mode| {
        for (flag, end, printed) in [
            ("--group", "echo parent; wait; exit 5", ["child", "parent"].as_slice()),
            ("--group=false", "echo parent; exit 5", &["parent"]),
        ] {
            let script = format!(
                "{child}trap '{end}' TERM; echo ready; i=0; while [ $i -lt 3000 ]; do sleep 0.01; i=$((i+1)); done"
            );
            let running = hinit(mode, [vec![flag.to_owned()], sh(&script)].concat()).start();
            running.prints_times("ready", 2).signal(TERM);
            let out = running.wait();
            let mut lines: Vec<_> = out.stdout.lines().filter(|line| *line != "ready").collect();
            lines.sort_unstable();
            assert_eq!((out.code, lines.as_slice()), (5, printed), "{flag}: {}", out.stderr);
        }
    });
}

#[test]
fn reaps_adopted_orphans_too() {
    everywhere(|mode| {
        let running = hinit(mode, [fixture().as_str(), "orphans", "200"]).start();
        running.prints("orphaned");
        let app = running.app();
        until("only the app is left", || (common::children(running.pid) == [app]).then_some(()));
        running.signal(TERM);
        assert_eq!(running.wait().code, 143);
    });
}

#[test]
fn kills_an_app_that_does_not_stop_after_the_grace_period() {
    everywhere(|mode| {
        let running = hinit(mode, ["--stop-timeout", "200ms", &fixture(), "ignore-term"]).start();
        running.prints("ready").signal(TERM);
        let out = running.wait();
        assert_eq!(out.code, 137);
        assert!(out.stderr.contains("did not stop within 200ms"), "{}", out.stderr);
    });
}

#[test]
fn waits_for_ever_without_a_grace_period() {
    everywhere(|mode| {
        let mut running = hinit(mode, [fixture().as_str(), "ignore-term"]).start();
        running.prints("ready").signal(TERM).says("SIGTERM");
        // As PID 1 and not, hinit still serves: it forwards what comes next.
        running.signal(2).says("SIGINT");
        assert!(!running.has_ended());
        send(running.app(), 9);
        assert_eq!(running.wait().code, 137);
    });
}

#[test]
fn sends_the_stop_signal_instead_of_what_arrived() {
    everywhere(|mode| {
        let script = "trap 'echo quit; exit 4' QUIT; echo ready; i=0; while [ $i -lt 3000 ]; do sleep 0.01; i=$((i+1)); done";
        let running =
            hinit(mode, [vec!["--stop-signal".to_owned(), "SIGQUIT".to_owned()], sh(script)].concat())
                .start();
        running.prints("ready").signal(TERM);
        let out = running.wait();
        assert_eq!((out.code, out.stdout.as_str()), (4, "ready\nquit\n"));
    });
}

const QUIT: i32 = 3;
const SUGGESTION: &str =
    "SIGQUIT from outside the container: if this is the STOPSIGNAL of the image, write --stop-signal SIGQUIT";

/// hinit restarts an app that ends with this code on SIGQUIT.
fn restarting(code: u8) -> Vec<String> {
    let script = format!("trap 'exit {code}' QUIT; echo life; while :; do sleep 0.01; done");
    [vec!["--restart".to_owned(), "always".to_owned()], sh(&script)].concat()
}

/// Whether there can be a PID 1 here, for signals from outside of its namespace.
fn has_pid1() -> bool {
    if !is_root() {
        skip("signals from outside of a pid namespace", "only root can make one");
    }
    is_root()
}

#[test]
fn an_engine_s_quit_that_the_app_answers_is_a_stop_and_hinit_suggests_stop_signal() {
    if !has_pid1() {
        return;
    }
    let running = hinit(As::Pid1, restarting(0)).start();
    running.prints("life").signal(QUIT);
    let out = running.wait();
    assert_eq!((out.code, out.stdout.as_str()), (0, "life\n"), "{}", out.stderr);
    assert_eq!(out.stderr.matches(SUGGESTION).count(), 1, "{}", out.stderr);
    assert!(out.stderr.contains("not started again: the app ended by SIGQUIT"), "{}", out.stderr);
}

#[test]
fn an_app_that_fails_after_an_engine_s_quit_is_started_again() {
    if !has_pid1() {
        return;
    }
    let running = hinit(As::Pid1, restarting(1)).start();
    running.prints("life").signal(QUIT).prints_times("life", 2).signal(QUIT).prints_times("life", 3);
    assert_eq!(running.stderr().matches(SUGGESTION).count(), 1, "{}", running.stderr());
    running.signal(TERM);
    assert_eq!(running.wait().code, 143);
}

#[test]
fn a_quit_from_inside_or_to_an_ordinary_process_is_no_stop() {
    let ordinary = hinit(As::Process, restarting(0)).start();
    ordinary.prints("life").signal(QUIT).prints_times("life", 2).signal(TERM);
    let out = ordinary.wait();
    assert!(out.code == 143 && !out.stderr.contains("--stop-signal"), "{}", out.stderr);
    if !has_pid1() {
        return;
    }
    let script = "trap 'exit 0' QUIT; echo life; kill -QUIT 1; while :; do sleep 0.01; done";
    let inside = hinit(As::Pid1, [vec!["--restart".to_owned(), "always".to_owned()], sh(script)].concat());
    let inside = inside.start();
    inside.prints_times("life", 3).signal(TERM);
    let out = inside.wait();
    assert!(!out.stderr.contains("--stop-signal"), "{}", out.stderr);
}

#[test]
fn an_engine_s_quit_ends_hinit_while_there_is_no_app_and_a_reload_does_not() {
    if !has_pid1() {
        return;
    }
    let dependency = ["--wait-for", "exec:false", "true"].map(str::to_owned).to_vec();
    let pause = [vec!["--restart".to_owned(), "always".to_owned()], sh("exit 1")].concat();
    for (words, shown) in [(dependency, "waiting for dependencies"), (pause, "(restart 6)")] {
        let running = hinit(As::Pid1, words).start();
        running.says(shown).signal(1).says("SIGHUP from outside the container, dropped").signal(QUIT);
        let out = running.wait();
        assert_eq!(out.code, 131, "{}", out.stderr);
    }
}

#[test]
fn wakes_a_stopped_app_so_that_it_can_stop() {
    everywhere(|mode| {
        let running = hinit(mode, [fixture().as_str(), "signals"]).start();
        running.prints("ready");
        let app = running.app();
        send(app, libc::SIGSTOP);
        until("the app is stopped", || status_field(app, "State").filter(|state| state.starts_with('T')));
        running.signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn gives_the_app_the_signal_state_it_was_started_with() {
    everywhere(|mode| {
        let words = ["^Sig[BI]", "/proc/self/status"];
        let given = given::hup_ignored_usr1_blocked;
        let without = hinit(mode, words).program("grep").before_exec(given).output();
        assert!(without.stdout.contains("SigBlk:\t0000000000000200"), "{}", without.stdout);
        let out = hinit(mode, [["grep"].as_slice(), &words].concat()).before_exec(given).output();
        assert_eq!((out.code, out.stdout), (0, without.stdout), "{}", out.stderr);
    });
}

#[test]
fn notices_the_end_of_the_app_when_sigchld_was_ignored() {
    everywhere(|mode| {
        let out = hinit(mode, sh("exit 5")).before_exec(given::sigchld_ignored).output();
        assert_eq!(out.code, 5, "{}", out.stderr);
    });
}

#[test]
fn runs_with_all_of_stdio_closed() {
    everywhere(|mode| {
        let marker = common::TempDir::new("stdio");
        let path = marker.path().join("done");
        let script = format!("echo hello && cat && echo done > {}; exit 6", path.display());
        let out = hinit(mode, sh(&script)).before_exec(given::stdio_closed).output();
        assert_eq!((out.code, out.stdout.as_str(), out.stderr.as_str()), (6, "", ""));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "done\n");
    });
}

#[test]
fn runs_without_proc() {
    if !is_root() {
        return skip("a system without /proc", "only root can unmount it");
    }
    let out =
        hinit(As::Pid1, sh("test ! -e /proc/self && exit 8")).before_exec(given::proc_unmounted).output();
    assert_eq!(out.code, 8, "{}", out.stderr);
}

#[test]
fn runs_on_a_read_only_root() {
    if !is_root() {
        return skip("a read-only root", "only root can remount it");
    }
    let out =
        hinit(As::Pid1, sh("touch /nope 2>/dev/null || exit 9")).before_exec(given::root_read_only).output();
    assert_eq!(out.code, 9, "{}", out.stderr);
}

#[test]
fn leaves_with_126_or_127_if_the_program_cannot_be_executed() {
    everywhere(|mode| {
        let table = [
            ("no-such-program", 127, "not found in PATH"),
            ("/no/such", 127, "no such file"),
            ("/etc/passwd", 126, "chmod +x"),
            ("/", 126, "permission denied"),
        ];
        for (program, code, why) in table {
            let out = hinit(mode, [program]).output();
            assert_eq!(out.code, code, "{program}");
            assert!(out.stderr.contains(why), "{}", out.stderr);
            assert_eq!(out.stderr.lines().count(), 1, "{}", out.stderr);
        }
    });
}

#[test]
fn gives_a_script_without_an_interpreter_line_to_the_shell() {
    everywhere(|mode| {
        use std::os::unix::fs::PermissionsExt;
        let directory = common::TempDir::new("script");
        let script = directory.file("script", "echo $1; exit 3\n");
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let out = hinit(mode, [script.as_os_str(), "word".as_ref()]).output();
        assert_eq!((out.code, out.stdout.as_str()), (3, "word\n"), "{}", out.stderr);
    });
}

#[test]
fn options_end_at_the_first_word_that_is_not_one() {
    let out = hinit(As::Process, ["-q", "echo", "-l", "--user", "--", "-d"]).output();
    assert_eq!((out.code, out.stdout.as_str()), (0, "-l --user -- -d\n"));
}

#[test]
fn a_program_named_like_a_verb_is_started_after_two_dashes() {
    let out = hinit(As::Process, ["--", "status"]).output();
    assert_eq!(out.code, 127, "{}", out.stderr);
    assert!(out.stderr.contains("'status'"), "{}", out.stderr);
}

#[test]
fn bad_words_are_one_line_and_nothing_is_started() {
    let table: [(&[&str], &str); 26] = [
        (&[], "no program to start"),
        (&["--hlp", "echo", "started"], "did you mean --help"),
        (&["--stop-timeout", "-5s", "echo", "started"], "negative"),
        (&["--stop-timeout", "5", "echo", "started"], "unit is missing"),
        (&["--stop-signal", "TREM", "echo", "started"], "--stop-signal: 'TREM' is not a signal"),
        (&["--group=maybe", "echo", "started"], "neither true nor false"),
        (&["-e", "=x", "echo", "started"], "write NAME=VALUE"),
        (&["--workdir", "/no/such", "echo", "started"], "--workdir /no/such"),
        (&["--user", "", "echo", "started"], "empty"),
        (&["--user", "4294967296", "echo", "started"], "too high"),
        (&["--health", "http://a b/", "echo", "started"], "--health"),
        (&["--health", "htp://:80/", "echo", "started"], "--health"),
        (&["--health", "http://:99999/", "echo", "started"], "--health"),
        (&["--health", "http://:${HINIT_TEST_UNSET_PORT}/", "echo", "started"], "HINIT_TEST_UNSET_PORT"),
        (&["--health-interval", "-1s", "echo", "started"], "--health-interval: '-1s'"),
        (&["--health-interval", "1us", "echo", "started"], "too short"),
        (&["--health-retries", "many", "echo", "started"], "--health-retries"),
        (&["--restart", "sometimes", "echo", "started"], "restart policy"),
        (&["--rewrite", "KILL=TERM", "echo", "started"], "never forwarded"),
        (&["--ready-file", "", "echo", "started"], "--ready-file: it is empty; write a path"),
        (&["--status-file", "", "echo", "started"], "--status-file: it is empty; write a path"),
        (&["--workdir=", "echo", "started"], "--workdir: it is empty; write a path"),
        (&["--health-cmd", "NONE", "echo", "started"], "write --no-healthcheck"),
        (&["--health-cmd", "['true']", "echo", "started"], "is not a JSON list"),
        (&["--health-on-failure", "stop", "echo", "started"], "write --health or --health-cmd too"),
        (&["--wait-timeout", "1s", "echo", "started"], "write --wait-for TARGET too"),
    ];
    for (words, why) in table {
        let out = hinit(As::Process, words).output();
        assert_eq!((out.code, out.stdout.as_str()), (125, ""), "{words:?}");
        assert!(out.stderr.contains(why), "{words:?}: {}", out.stderr);
        assert_eq!(out.stderr.lines().count(), 1, "{words:?}: {}", out.stderr);
    }
}

#[test]
fn an_option_is_set_by_its_environment_twin_and_the_flag_wins() {
    let wrong = hinit(As::Process, ["echo", "started"]).env("HINIT_STOP_TIMEOUT", "soon").output();
    assert_eq!((wrong.code, wrong.stdout.as_str()), (125, ""));
    assert!(wrong.stderr.contains("HINIT_STOP_TIMEOUT: 'soon'"), "{}", wrong.stderr);
    let won = hinit(As::Process, ["--stop-timeout", "1s", "echo", "started"])
        .env("HINIT_STOP_TIMEOUT", "soon")
        .output();
    assert_eq!((won.code, won.stdout.as_str()), (0, "started\n"));
}

#[test]
fn a_misspelt_variable_is_warned_about_with_the_nearest_name() {
    let out = hinit(As::Process, ["true"]).env("HINIT_STOP_TIMOUT", "1s").output();
    assert!(out.stderr.contains("did you mean HINIT_STOP_TIMEOUT?"), "{}", out.stderr);
    let out = hinit(As::Process, ["true"]).env("HINIT_FOO", "1").output();
    assert!(out.stderr.contains("no option reads HINIT_FOO; see hinit run --help"), "{}", out.stderr);
}

#[test]
fn a_variable_that_is_for_others_is_no_mistake() {
    let words = ["--no-healthcheck", "--health-on-failure", "stop", "true"];
    let defaults =
        [("HINIT_JSON", "true"), ("HINIT_HEALTH_ON_FAILURE", "stop"), ("HINIT_WAIT_TIMEOUT", "1s")];
    for words in [&words[..], &["--health-on-failure", "none", "true"], &["true"]] {
        let run = defaults.iter().fold(hinit(As::Process, words), |run, (name, value)| run.env(name, value));
        let out = run.output();
        assert!(out.code == 0 && !out.stderr.contains("HINIT_"), "{}", out.stderr);
    }
}

#[test]
fn sets_variables_and_the_working_directory_of_the_app() {
    let words = [
        "-q",
        "-w",
        "/tmp",
        "-e",
        "A=1=2",
        "-e",
        "B=",
        "-e",
        "HOME",
        "sh",
        "-c",
        "pwd; echo \"$A|$B|$HOME\"",
    ];
    let out = hinit(As::Process, words).env("HOME", "/h").output();
    assert_eq!(out.stdout, "/tmp\n1=2||/h\n");
}

#[test]
fn several_variables_come_one_a_line_from_the_environment() {
    let out = hinit(As::Process, ["-q", "sh", "-c", "echo $A-$B"]).env("HINIT_ENV", "A=x\nB=y").output();
    assert_eq!(out.stdout, "x-y\n");
}

#[test]
fn a_stderr_that_nobody_reads_does_not_stop_anything() {
    everywhere(|mode| {
        let running = hinit(mode, ["-v", &fixture(), "signals"]).before_exec(given::stderr_full).start();
        running.prints("ready");
        for _ in 0..50 {
            running.signal(10);
        }
        running.signal(12).prints("got 12").signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn reads_stdin_through_to_the_app() {
    everywhere(|mode| {
        let directory = common::TempDir::new("stdin");
        let file = directory.file("in", "typed\n");
        let out = hinit(mode, ["-q", "cat"]).stdin(Stdio::from(std::fs::File::open(file).unwrap())).output();
        assert_eq!((out.code, out.stdout.as_str()), (0, "typed\n"));
    });
}

#[test]
fn does_not_wake_up_while_nothing_happens() {
    everywhere(|mode| {
        let running = hinit(mode, [fixture().as_str(), "ignore-term"]).start();
        running.prints("ready");
        let idle = || status_field(running.pid, "State").filter(|state| state.starts_with('S'));
        until("hinit sleeps", idle);
        let switches = |name| status_field(running.pid, name).unwrap();
        let before = switches("voluntary_ctxt_switches");
        // Not waiting for a condition: that nothing happens is the point.
        std::thread::sleep(std::time::Duration::from_secs(3));
        assert_eq!(switches("voluntary_ctxt_switches"), before);
        send(running.app(), 9);
        assert_eq!(running.wait().code, 137);
    });
}

#[test]
fn no_control_character_of_anybody_comes_into_the_log() {
    let name = "/no\u{1b}[31m\u{9b}2J\nhinit: such\u{202e}";
    for format in ["text", "json"] {
        let out = hinit(As::Process, ["--log-format", format, name]).output();
        assert_eq!((out.code, out.stderr.lines().count()), (127, 1), "{:?}", out.stderr);
        let line = out.stderr.trim_end_matches('\n');
        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
}
