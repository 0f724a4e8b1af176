//! In a terminal that util-linux's script(1) creates, with the init as session
//! leader.

use crate::common::{As, Output};
use crate::{hinit_and_the_original, start};
use std::path::Path;

fn in_terminal(program: &Path, args: &str) -> Output {
    let line = format!("exec '{}' {args}", program.display());
    let script = ["--quiet", "--return", "--command", &line, "/dev/null"];
    start(Path::new("/usr/bin/script"), As::Process, script).env("SHELL", "/bin/sh").output()
}

/// Prints PID, process group, session, and foreground process group.
const IDS: &str = "sh -c 'set -- $(cat /proc/$$/stat); echo $1 $5 $6 $8'";

#[test]
fn the_app_is_in_the_foreground_of_the_terminal() {
    for name in ["tini", "dumb-init", "catatonit"] {
        hinit_and_the_original(name, |program| {
            let flags = if name == "tini" { "-s --" } else { "--" };
            let out = in_terminal(program, &format!("{flags} {IDS}"));
            let ids: Vec<&str> = out.stdout.split_whitespace().collect();
            let [pid, group, session, foreground] = ids[..] else { panic!("{}", out.stdout) };
            assert!(group == pid && foreground == pid, "{name}: {ids:?}");
            assert_eq!(session == pid, name == "dumb-init", "{name}: {ids:?}");
        });
    }
}

#[test]
fn a_shell_has_job_control() {
    for flags in ["-s --", "--", "-c --"] {
        let name = if flags == "-s --" { "tini" } else { "dumb-init" };
        hinit_and_the_original(name, |program| {
            let out = in_terminal(program, &format!("{flags} bash -mc 'echo \"flags [$-]\"; sleep 0 & fg'"));
            let (_, flags) = out.stdout.split_once("flags [").unwrap();
            assert!(flags.split(']').next().unwrap().contains('m'), "{}", out.stdout);
            assert!(!out.stdout.contains("no job control"), "{}", out.stdout);
            assert!(!out.stdout.contains("cannot set terminal"), "{}", out.stdout);
        });
    }
}

#[test]
fn releasing_the_terminal_sends_no_hangup_to_the_app() {
    hinit_and_the_original("dumb-init", |program| {
        let out = in_terminal(program, "-v -- sh -c 'sleep 0.2; echo alive; exit 4'");
        assert_eq!(out.code, 4, "{}", out.stdout);
        for line in ["alive", "Ignoring tty hand-off signal 1.", "Ignoring tty hand-off signal 18."] {
            assert!(out.stdout.contains(line), "{line}: {}", out.stdout);
        }
        assert!(!out.stdout.contains("Forwarded signal 1 to"), "{}", out.stdout);
    });
}
