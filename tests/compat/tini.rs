//! What tini's own tests check, and where hinit does not have its bugs.

use crate::common::{As, everywhere, fixture, given, send, status_field, until};
use crate::{TERM, both_everywhere, hinit_and_the_original, only_hinit, sh, start};
use std::path::Path;

const REAPED: &str = "Reaped zombie process with pid=";

#[test]
fn remaps_exactly_the_listed_codes_to_0() {
    hinit_and_the_original("tini", |program| {
        for code in 0..256 {
            let (named, script) = (code.to_string(), format!("exit {code}"));
            let out = start(program, As::Process, sh(&["-s", "-e", &named], &script)).output();
            assert_eq!(out.code, 0, "{code}");
        }
        let others: Vec<String> =
            (0..256).filter(|code| *code != 7).flat_map(|code| ["-e".to_owned(), code.to_string()]).collect();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        assert_eq!(start(program, As::Process, sh(&others, "exit 7")).output().code, 7);
    });
}

#[test]
fn reaps_a_hundred_orphans_and_warns_on_request() {
    both_everywhere("tini", |program, mode| {
        let fixture = fixture();
        for (flags, variable, warnings) in
            [(vec!["-s"], None, 0), (vec![], Some("TINI_SUBREAPER"), 0), (vec!["-s", "-w"], None, 100)]
        {
            let args = [flags, vec!["--", &fixture, "orphans", "100"]].concat();
            let mut builder = start(program, mode, args);
            if let Some(name) = variable {
                builder = builder.env(name, "");
            }
            let running = builder.start();
            running.prints("orphaned");
            until("only the app is left", || (crate::common::children(running.pid).len() == 1).then_some(()));
            until("every warning is printed", || {
                (running.stderr().matches(REAPED).count() >= warnings).then_some(())
            });
            running.signal(TERM);
            let out = running.wait();
            assert_eq!((out.code, out.stderr.matches(REAPED).count()), (143, warnings), "{}", out.stderr);
            assert!(!out.stderr.contains("zombie reaping won't work"), "{}", out.stderr);
        }
    });
}

#[test]
fn by_default_it_warns_and_adopts_no_orphan() {
    hinit_and_the_original("tini", |program| {
        let script = "sh -c 'sleep 60 & echo orphan $! end'; echo ready; exec sleep 60";
        let running = start(program, As::Process, sh(&[], script)).start();
        running.prints("ready").says("zombie reaping won't work");
        let orphan: i32 = running.stdout().split_whitespace().nth(1).unwrap().parse().unwrap();
        let parent = status_field(orphan, "PPid");
        send(orphan, 9);
        assert_ne!(parent, Some(running.pid.to_string()));
        running.signal(TERM);
        assert_eq!(running.wait().code, 143);
    });
}

#[test]
fn forwards_signals_and_exits_with_128_plus_n() {
    both_everywhere("tini", |program, mode| {
        for number in [1, 2, 3, 10, 12, 14, 15, 34, 64] {
            let running = start(program, mode, sh(&["-s"], "echo ready; exec sleep 60")).start();
            running.prints("ready").signal(number);
            assert_eq!(running.wait().code, 128 + number);
        }
    });
}

#[test]
fn forwards_the_signals_that_tini_does_not() {
    only_hinit("tini", |program, mode| {
        let running = start(program, mode, ["-s", &fixture(), "signals"]).start();
        running.prints("ready");
        for number in [4, 5, 6, 7, 8, 11, 21, 22, 31, 32, 33] {
            running.signal(number).prints(&format!("got {number}\n"));
        }
        running.signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn signals_the_group_by_flag_and_by_variable() {
    both_everywhere("tini", |program, mode| {
        // Only the child is killed by USR1. Then the shell exits.
        let script = "trap : USR1; (trap - USR1; echo ready; exec sleep 60) & wait $!; wait $!; exit 5";
        for (flags, variable) in [(vec!["-s", "-g"], None), (vec!["-s"], Some("TINI_KILL_PROCESS_GROUP"))] {
            let mut builder = start(program, mode, sh(&flags, script));
            if let Some(name) = variable {
                builder = builder.env(name, "1");
            }
            let running = builder.start();
            running.prints("ready");
            until("the child sleeps", || {
                let child = *crate::common::children(running.app()).first()?;
                (status_field(child, "Name").as_deref() == Some("sleep")).then_some(())
            });
            running.signal(10);
            assert_eq!(running.wait().code, 5);
        }
    });
}

#[test]
fn the_app_gets_the_original_signal_mask_and_dispositions() {
    both_everywhere("tini", |program, mode| {
        let out = start(program, mode, ["-s", "grep", "Sig", "/proc/self/status"])
            .before_exec(given::hup_ignored_usr1_blocked)
            .output();
        let field = |name: &str| {
            let line = out.stdout.lines().find(|line| line.starts_with(name)).unwrap();
            u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap()
        };
        assert_eq!((field("SigBlk"), field("SigIgn") & 0x7fff_ffff), (1 << 9, 1), "{}", out.stdout);
    });
}

#[test]
fn the_app_gets_the_parent_death_signal() {
    hinit_and_the_original("tini", |program| {
        let script = "\"$0\" -s -p SIGUSR1 -- \"$1\" signals & wait";
        let (program, fixture) = (program.display().to_string(), fixture());
        let parent = start(Path::new("/bin/sh"), As::Process, ["-c", script, &program, &fixture]).start();
        parent.prints("ready");
        let init = parent.app();
        parent.signal(9).prints("got 10\n");
        send(init, TERM);
        parent.prints("got 15\n");
        parent.wait();
    });
}

#[test]
fn is_quiet_by_default_and_never_prints_to_stdout() {
    everywhere(|mode| {
        let names = crate::Names::new();
        let run = |flags: &[&str]| start(&names.path("tini"), mode, sh(flags, "echo app")).output();
        let quiet = run(&["-s"]);
        assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("app\n", ""));
        let verbose = run(&["-s", "-vvv"]);
        assert_eq!(verbose.stdout, "app\n");
        for line in [
            "[INFO  tini (",
            "Spawned child process 'sh' with pid '",
            "[DEBUG tini (",
            "Main child exited normally (with status '0')",
        ] {
            assert!(verbose.stderr.contains(line), "{line}: {}", verbose.stderr);
        }
    });
}

#[test]
fn the_programs_options_are_not_parsed_where_tini_parses_them() {
    only_hinit("tini", |program, mode| {
        let out = start(program, mode, ["-s", "ls", "-l", "-d", "/"]).output();
        assert!(out.code == 0 && out.stdout.ends_with(" /\n"), "{}", out.stdout);
    });
}

#[test]
fn works_with_sigchld_ignored_where_tini_hangs() {
    only_hinit("tini", |program, mode| {
        let out = start(program, mode, sh(&["-s"], "exit 3")).before_exec(given::sigchld_ignored).output();
        assert_eq!(out.code, 3);
    });
}

#[test]
fn prints_a_version_that_docker_parses() {
    hinit_and_the_original("tini", |program| {
        let out = start(program, As::Process, ["--version"]).output();
        assert!(out.code == 0 && out.stdout.starts_with("tini version 0.19.0"), "{}", out.stdout);
    });
}

#[test]
fn prints_hinits_licence() {
    let names = crate::Names::new();
    let out = start(&names.path("tini"), As::Process, ["-l"]).output();
    assert_eq!((out.code, out.stdout.as_str()), (0, include_str!("../../LICENSE")));
}

#[test]
fn writes_no_status_to_run() {
    only_hinit("tini", |program, mode| {
        let out = start(program, mode, ["-s", crate::common::HINIT, "status"]).output();
        assert_eq!(out.code, 1, "there is a status: {}", out.stdout);
    });
}

#[test]
fn the_app_inherits_descriptors_that_a_script_opened() {
    both_everywhere("tini", |program, mode| {
        let script = format!("exec 5<<X\nopened\nX\nexec '{}' -s -- sh -c 'cat <&5'", program.display());
        let out = start(Path::new("/bin/sh"), mode, ["-c", &script]).output();
        assert_eq!(out.stdout, "opened\n", "{}", out.stderr);
    });
}
