//! What dumb-init's own tests check, and where hinit does not have its bugs.

use crate::common::{As, TempDir, fixture, send, status_field, until};
use crate::{TERM, both_everywhere, hinit_and_the_original, only_hinit, sh, start, stat};

#[test]
fn forwards_signals_with_a_session_and_without() {
    both_everywhere("dumb-init", |program, mode| {
        let fixture = fixture();
        for session in ["1", "0"] {
            let args = [fixture.as_str(), "signals"];
            let running = start(program, mode, args).env("DUMB_INIT_SETSID", session).start();
            running.prints("ready");
            // 9 and 19 cannot be caught, 17 is SIGCHLD; for 20 to 22 see below.
            for number in (1..=31).filter(|number| ![9, 15, 17, 19, 20, 21, 22].contains(number)) {
                running.signal(number).prints(&format!("got {number}\n"));
            }
            running.signal(TERM);
            assert_eq!(running.wait().code, 7);
        }
    });
}

#[test]
fn forwards_realtime_signals_where_dumb_init_drops_them() {
    only_hinit("dumb-init", |program, mode| {
        let running = start(program, mode, [&fixture(), "signals"]).start();
        running.prints("ready");
        for number in 32..=64 {
            running.signal(number).prints(&format!("got {number}\n"));
        }
        running.signal(TERM);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn rewrites_and_drops_signals() {
    both_everywhere("dumb-init", |program, mode| {
        let fixture = fixture();
        let args =
            ["-r", "1:31", "-r", "31:1", "-r", "2:0", "--rewrite=28:0", "-r", "3:12", &fixture, "signals"];
        let running = start(program, mode, args).start();
        running.prints("ready").signal(1).prints("got 31\n");
        running.signal(31).prints("got 1\n").signal(2).signal(28).signal(3).prints("got 12\n");
        running.signal(TERM).prints("got 15\n");
        let out = running.wait();
        assert_eq!(out.stdout, "ready\ngot 31\ngot 1\ngot 12\ngot 15\n");
    });
}

#[test]
fn rewrites_by_name_too() {
    only_hinit("dumb-init", |program, mode| {
        let args = ["-r", "TERM:SIGQUIT", "-r", "RTMIN+1:TERM", &fixture(), "signals"].map(str::to_owned);
        let running = start(program, mode, args).start();
        running.prints("ready").signal(TERM).prints("got 3\n").signal(35);
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn the_app_leads_a_session_unless_it_is_a_single_child() {
    hinit_and_the_original("dumb-init", |program| {
        for (flags, session) in [(&[][..], true), (&["-c"], false), (&["--single-child"], false)] {
            let running = start(program, As::Process, sh(flags, "echo ready; exec sleep 60")).start();
            running.prints("ready");
            let app = running.app();
            assert_eq!(stat(app, 6) == app.to_string(), session, "{flags:?}");
            running.signal(TERM);
            assert_eq!(running.wait().code, 143);
        }
    });
}

#[test]
fn signals_the_whole_group_only_in_a_session() {
    hinit_and_the_original("dumb-init", |program| {
        for (flags, reached) in [(&[][..], true), (&["-c"], false)] {
            let running =
                start(program, As::Process, sh(flags, "sleep 60 & echo child $! end; wait")).start();
            running.prints("end");
            let child: i32 = running.stdout().split_whitespace().nth(1).unwrap().parse().unwrap();
            running.signal(10);
            assert_eq!(running.wait().code, 138);
            let gone = || status_field(child, "State").is_none_or(|state| state.starts_with('Z'));
            if reached {
                until("the child is gone too", || gone().then_some(()));
            } else {
                assert!(!gone());
                send(child, 9);
            }
        }
    });
}

#[test]
fn processes_left_in_the_session_get_term() {
    hinit_and_the_original("dumb-init", |program| {
        for (flags, gets_term) in [(&[][..], true), (&["-c"], false)] {
            let directory = TempDir::new("rest");
            let log = directory.file("log", "");
            let script = format!(
                "'{}' signals > '{log}' & echo $!; until grep -q ready '{log}'; do sleep 0.01; done; exit 3",
                fixture(),
                log = log.display()
            );
            let running = start(program, As::Process, sh(flags, &script)).start();
            running.prints("\n");
            let left: i32 = running.stdout().trim().parse().unwrap();
            assert_eq!(running.wait().code, 3);
            let received = |text: &str| std::fs::read_to_string(&log).unwrap().contains(text).then_some(());
            if !gets_term {
                send(left, 10);
                until("it still receives signals", || received("got 10\n"));
                assert_eq!(received("got 15"), None);
                send(left, TERM);
            }
            until("it has received TERM", || received("got 15\n"));
        }
    });
}

#[test]
fn terminal_stop_signals_stop_the_session_and_the_init() {
    hinit_and_the_original("dumb-init", |program| {
        let running = start(program, As::Process, [&fixture(), "signals"]).start();
        running.prints("ready");
        let app = running.app();
        for (times, number) in [20, 21, 22].into_iter().enumerate() {
            running.signal(number);
            for pid in [app, running.pid] {
                until("both are stopped", || (stat(pid, 3) == "T").then_some(()));
            }
            running.signal(18).prints_times("got 18\n", times + 1);
            until("both continue", || (stat(running.pid, 3) != "T").then_some(()));
        }
        running.signal(TERM);
        let out = running.wait();
        assert_eq!((out.code, out.stdout.contains("got 20")), (7, false));
    });
}

#[test]
fn terminal_stop_signals_are_forwarded_to_a_single_child_and_stop_the_init() {
    hinit_and_the_original("dumb-init", |program| {
        let fixture = fixture();
        for args in [&["-c"][..], &["-r", "20:20", "-r", "21:21", "-r", "22:22"]] {
            let running =
                start(program, As::Process, [args, &[fixture.as_str(), "signals"]].concat()).start();
            running.prints("ready");
            for (times, number) in [20, 21, 22].into_iter().enumerate() {
                running.signal(number).prints(&format!("got {number}\n"));
                until("it is stopped", || (stat(running.pid, 3) == "T").then_some(()));
                running.signal(18).prints_times("got 18\n", times + 1);
            }
            running.signal(TERM);
            assert_eq!(running.wait().code, 7);
        }
    });
}

#[test]
fn changes_its_own_working_directory_to_the_root_and_not_the_apps() {
    both_everywhere("dumb-init", |program, mode| {
        let app = "until [ $(readlink /proc/$PPID/cwd) = / ]; do sleep 0.01; done; pwd";
        let script = format!("cd /tmp; exec '{}' sh -c '{app}'", program.display());
        let out = start(std::path::Path::new("/bin/sh"), mode, ["-c", &script]).output();
        assert_eq!(out.stdout, "/tmp\n");
    });
}

#[test]
fn exits_with_2_if_the_program_cannot_be_started() {
    both_everywhere("dumb-init", |program, mode| {
        for args in
            [&["/nosuch"][..], &["--", "/nosuch"], &["-c", "/nosuch"], &["--single-child", "--", "/nosuch"]]
        {
            let out = start(program, mode, args).output();
            assert_eq!(
                (out.code, out.stderr.as_str()),
                (2, "[dumb-init] /nosuch: No such file or directory\n")
            );
        }
    });
}

#[test]
fn loses_no_signal_that_arrives_before_the_session_exists() {
    only_hinit("dumb-init", |program, mode| {
        for _ in 0..40 {
            let running = start(program, mode, ["sleep", "60"]).start();
            until("hinit has blocked the signals", || {
                let is_process = mode == As::Process;
                // Before that the kernel drops signals to PID 1.
                (is_process || status_field(running.pid, "SigBlk")? == "fffffffffffbfeff").then_some(())
            });
            running.signal(TERM);
            assert_eq!(running.wait().code, 143);
        }
    });
}
