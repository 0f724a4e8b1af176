//! What tini's own suite checks, and where hinit is right and tini is not.

use crate::common::{As, everywhere, fixture, given, send, status_field, until};
use crate::{TERM, both_everywhere, hinit_and_the_original, only_hinit, sh, start};
use std::path::Path;

const REAPED: &str = "Reaped zombie process with pid=";

#[test]
fn makes_each_code_named_0_and_no_other() {
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
fn reaps_a_hundred_orphans_and_tells_if_asked() {
    both_everywhere("tini", |program, mode| {
        let fixture = fixture();
        for (flags, variable, told) in
            [(vec!["-s"], None, 0), (vec![], Some("TINI_SUBREAPER"), 0), (vec!["-s", "-w"], None, 100)]
        {
            let words = [flags, vec!["--", &fixture, "orphans", "100"]].concat();
            let mut builder = start(program, mode, words);
            if let Some(name) = variable {
                builder = builder.env(name, "");
            }
            let running = builder.start();
            running.prints("orphaned");
            until("only the app is left", || (crate::common::children(running.pid).len() == 1).then_some(()));
            until("all is told", || (running.stderr().matches(REAPED).count() >= told).then_some(()));
            running.signal(TERM);
            let out = running.wait();
            assert_eq!((out.code, out.stderr.matches(REAPED).count()), (143, told), "{}", out.stderr);
            assert!(!out.stderr.contains("zombie reaping won't work"), "{}", out.stderr);
        }
    });
}

#[test]
fn without_being_asked_it_warns_and_adopts_nobody() {
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
fn passes_signals_on_and_leaves_with_128_plus_n() {
    both_everywhere("tini", |program, mode| {
        for number in [1, 2, 3, 10, 12, 14, 15, 34, 64] {
            let running = start(program, mode, sh(&["-s"], "echo ready; exec sleep 60")).start();
            running.prints("ready").signal(number);
            assert_eq!(running.wait().code, 128 + number);
        }
    });
}

#[test]
fn passes_on_what_tini_keeps_for_itself() {
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
        // The shell leaves when its child has, and only the child dies of USR1.
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
fn leaves_mask_and_dispositions_to_the_app_as_they_were() {
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
fn the_app_hears_of_the_death_of_the_parent() {
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
fn says_nothing_by_itself_and_nothing_on_stdout_ever() {
    everywhere(|mode| {
        let names = crate::Names::new();
        let speak = |flags: &[&str]| start(&names.path("tini"), mode, sh(flags, "echo app")).output();
        let silent = speak(&["-s"]);
        assert_eq!((silent.stdout.as_str(), silent.stderr.as_str()), ("app\n", ""));
        let loud = speak(&["-s", "-vvv"]);
        assert_eq!(loud.stdout, "app\n");
        for said in [
            "[INFO  tini (",
            "Spawned child process 'sh' with pid '",
            "[DEBUG tini (",
            "Main child exited normally (with status '0')",
        ] {
            assert!(loud.stderr.contains(said), "{said}: {}", loud.stderr);
        }
    });
}

#[test]
fn options_of_the_program_are_the_programs_where_tini_takes_them() {
    only_hinit("tini", |program, mode| {
        let out = start(program, mode, ["-s", "ls", "-l", "-d", "/"]).output();
        assert!(out.code == 0 && out.stdout.ends_with(" /\n"), "{}", out.stdout);
    });
}

#[test]
fn lives_with_an_ignored_sigchld_where_tini_hangs() {
    only_hinit("tini", |program, mode| {
        let out = start(program, mode, sh(&["-s"], "exit 3")).before_exec(given::sigchld_ignored).output();
        assert_eq!(out.code, 3);
    });
}

#[test]
fn shows_a_version_that_docker_understands() {
    hinit_and_the_original("tini", |program| {
        let out = start(program, As::Process, ["--version"]).output();
        assert!(out.code == 0 && out.stdout.starts_with("tini version 0.19.0"), "{}", out.stdout);
    });
}

#[test]
fn the_licence_is_that_of_the_code_in_the_file() {
    let names = crate::Names::new();
    let out = start(&names.path("tini"), As::Process, ["-l"]).output();
    assert_eq!((out.code, out.stdout.as_str()), (0, include_str!("../../LICENSE")));
}

#[test]
fn leaves_no_trace_in_run() {
    only_hinit("tini", |program, mode| {
        let out = start(program, mode, ["-s", crate::common::HINIT, "status"]).output();
        assert_eq!(out.code, 1, "there is a status: {}", out.stdout);
    });
}

#[test]
fn passes_on_what_a_script_has_opened() {
    both_everywhere("tini", |program, mode| {
        let script = format!("exec 5<<X\nopened\nX\nexec '{}' -s -- sh -c 'cat <&5'", program.display());
        let out = start(Path::new("/bin/sh"), mode, ["-c", &script]).output();
        assert_eq!(out.stdout, "opened\n", "{}", out.stderr);
    });
}
