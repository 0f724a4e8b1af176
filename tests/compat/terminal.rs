//! With a terminal: util-linux's script(1) makes one, and the init leads its
//! session.

use crate::common::{As, Output};
use crate::{hinit_and_the_original, start};
use std::path::Path;

fn in_terminal(program: &Path, words: &str) -> Output {
    let line = format!("exec '{}' {words}", program.display());
    let script = ["--quiet", "--return", "--command", &line, "/dev/null"];
    start(Path::new("/usr/bin/script"), As::Process, script).env("SHELL", "/bin/sh").output()
}

/// pid, group, session, and the terminal's foreground group.
const WHO: &str = "sh -c 'set -- $(cat /proc/$$/stat); echo $1 $5 $6 $8'";

#[test]
fn the_app_is_in_the_foreground_of_the_terminal() {
    for name in ["tini", "dumb-init", "catatonit"] {
        hinit_and_the_original(name, |program| {
            let flags = if name == "tini" { "-s --" } else { "--" };
            let out = in_terminal(program, &format!("{flags} {WHO}"));
            let who: Vec<&str> = out.stdout.split_whitespace().collect();
            let [pid, group, session, foreground] = who[..] else { panic!("{}", out.stdout) };
            assert!(group == pid && foreground == pid, "{name}: {who:?}");
            assert_eq!(session == pid, name == "dumb-init", "{name}: {who:?}");
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
fn the_hand_over_of_the_terminal_hangs_nobody_up() {
    hinit_and_the_original("dumb-init", |program| {
        let out = in_terminal(program, "-v -- sh -c 'sleep 0.2; echo alive; exit 4'");
        assert_eq!(out.code, 4, "{}", out.stdout);
        for said in ["alive", "Ignoring tty hand-off signal 1.", "Ignoring tty hand-off signal 18."] {
            assert!(out.stdout.contains(said), "{said}: {}", out.stdout);
        }
        assert!(!out.stdout.contains("Forwarded signal 1 to"), "{}", out.stdout);
    });
}
