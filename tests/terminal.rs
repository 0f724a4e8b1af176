//! hinit on a real terminal, alone as in `docker run -it` and under a shell.

mod common;

use common::{As, children, everywhere, fixture, given, hinit, skip, status_field, until};
use std::path::Path;
use std::process::Stdio;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_Z: &str = "\x1a";
const PROMPT: &str = "prompt> ";

fn bash() -> Option<[&'static str; 4]> {
    if Path::new("/bin/bash").exists() {
        return Some(["bash", "--norc", "--noprofile", "-i"]);
    }
    skip("job control", "there is no /bin/bash");
    None
}

/// `hinit bash` in the terminal, as PID 1 and not.
fn interactive(behaviour: impl Fn(common::pty::OnTerminal)) {
    let Some(bash) = bash() else { return };
    everywhere(|mode| {
        let words = [["-q"].as_slice(), &bash].concat();
        behaviour(hinit(mode, words).env("PS1", PROMPT).on_terminal());
    });
}

/// A shell in the terminal, in which hinit is a job.
fn shell() -> Option<common::pty::OnTerminal> {
    let bash = bash()?;
    let mut shell = hinit(As::Process, &bash[1..]).program("bash").env("PS1", PROMPT).on_terminal();
    shell.shows(PROMPT);
    Some(shell)
}

#[test]
fn a_shell_under_hinit_has_job_control() {
    interactive(|mut terminal| {
        terminal.shows(PROMPT).types("sleep 600\n");
        let sleep = until("sleep is there", || descendant(terminal.pid(), "sleep"));
        in_foreground(sleep);
        terminal.types(CTRL_Z).shows("Stopped").types("fg\n");
        in_foreground(sleep);
        terminal.types(CTRL_C).shows_times(PROMPT, 3);
        terminal.types("echo code $((6 * 7))\n").shows("code 42").types("exit 5\n");
        assert_eq!(terminal.wait(), 5);
    });
}

/// The first descendant of that name.
fn descendant(pid: i32, name: &str) -> Option<i32> {
    children(pid).into_iter().find_map(|child| {
        let is_it = status_field(child, "Name").is_some_and(|found| found == name);
        if is_it { Some(child) } else { descendant(child, name) }
    })
}

fn in_foreground(pid: i32) {
    until("it has the terminal", || has_terminal(pid).then_some(()));
}

#[test]
fn says_nothing_of_missing_job_control() {
    interactive(|mut terminal| {
        terminal.shows(PROMPT).types(CTRL_D);
        let seen = until("the shell says its last word", || {
            Some(terminal.seen()).filter(|seen| seen.contains("exit"))
        });
        assert!(!seen.contains("no job control") && !seen.contains("cannot set terminal"), "{seen}");
        assert_eq!(terminal.wait(), 0);
    });
}

#[test]
fn ctrl_c_arrives_once() {
    everywhere(|mode| {
        let mut terminal = hinit(mode, ["-q", &fixture(), "signals"]).on_terminal();
        terminal.shows("ready").types(CTRL_C).shows("got 2");
        // What comes later is seen later: a second 2 would be between them.
        terminal.types("\x1c").shows("got 3");
        assert_eq!(terminal.seen().matches("got 2").count(), 1, "{}", terminal.seen());
    });
}

#[test]
fn a_new_window_size_reaches_the_app() {
    everywhere(|mode| {
        let mut terminal = hinit(mode, ["-q", &fixture(), "signals"]).on_terminal();
        terminal.shows("ready").resize(50, 100).shows("got 28");
    });
}

#[test]
fn a_job_is_stopped_and_continued_with_its_shell() {
    let Some(mut shell) = shell() else { return };
    shell.types(&format!("{} -q cat\n", common::HINIT));
    let cat = until("cat is there", || descendant(shell.pid(), "cat"));
    in_foreground(cat);
    shell.types("one\n").shows_times("one", 2).types(CTRL_Z).shows("Stopped");
    shell.types("fg\n");
    in_foreground(cat);
    shell.types("two\n").shows_times("two", 2).types(CTRL_Z).shows_times("Stopped", 2);
    // In the background it cannot read, and so stops again by itself.
    shell.types("bg\n").shows("cat &");
    let hinit = until("hinit is there", || children(shell.pid()).first().copied());
    until("the job is stopped", || status_field(hinit, "State").filter(|state| state.starts_with('T')));
    shell.types("fg\n");
    in_foreground(cat);
    shell.types("three\n").shows_times("three", 2).types(CTRL_C);
    until("cat is gone", || descendant(shell.pid(), "cat").is_none().then_some(()));
    shell.types("echo code $?\n").shows("code 130").types("exit\n");
    shell.wait();
}

/// Whether a process's group is in the foreground of its terminal, and the
/// process not stopped (fields 3, 5 and 8 of proc_pid_stat(5)).
fn has_terminal(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields.len() > 5 && fields[2] == fields[5] && fields[0] != "T"
}

#[test]
fn the_terminal_is_the_shells_again_after_the_app() {
    let Some(mut shell) = shell() else { return };
    shell.types(&format!("{} -q true\n", common::HINIT)).shows_times(PROMPT, 2);
    shell.types("read line; echo \"<$line>\"\n").types("typed\n").shows("<typed>");
    shell.types("exit 3\n");
    assert_eq!(shell.wait(), 3);
}

#[test]
fn an_app_can_read_the_terminal_behind_a_stdin_from_dev_null() {
    everywhere(|mode| {
        let script = "echo asking >/dev/tty; read line </dev/tty; echo \"<$line>\"; exit 6";
        let null = Stdio::from(std::fs::File::open("/dev/null").unwrap());
        let mut terminal = hinit(mode, ["-q", "sh", "-c", script]).stdin(null).on_terminal();
        terminal.shows("asking").types("typed\n").shows("<typed>");
        assert_eq!(terminal.wait(), 6);
    });
}

#[test]
fn runs_on_a_terminal_with_stdin_closed() {
    everywhere(|mode| {
        let mut terminal =
            hinit(mode, ["-q", "sh", "-c", "echo on; exit 6"]).before_exec(given::stdin_closed).on_terminal();
        terminal.shows("on");
        assert_eq!(terminal.wait(), 6);
    });
}

#[test]
fn a_closed_window_hangs_the_app_up() {
    everywhere(|mode| {
        let mut terminal = hinit(mode, [fixture().as_str(), "hangup"]).on_terminal();
        terminal.shows("ready").close();
        assert_eq!(terminal.wait(), 8);
    });
}

#[test]
fn an_app_stopped_by_ctrl_z_as_pid_1_goes_on() {
    let mut terminal = hinit(As::Pid1, ["-q", "cat"]).on_terminal();
    terminal
        .types("one\n")
        .shows_times("one", 2)
        .types(CTRL_Z)
        .types("two\n")
        .shows_times("two", 2)
        .types(CTRL_D);
    assert_eq!(terminal.wait(), 0);
}

#[test]
fn a_stopped_app_does_not_stop_hinit() {
    let running = hinit(As::Process, [fixture().as_str(), "signals"]).start();
    running.prints("ready");
    let app = running.app();
    common::send(app, libc::SIGSTOP);
    until("the app is stopped", || status_field(app, "State").filter(|state| state.starts_with('T')));
    running.signal(18).prints("got 18").signal(15);
    assert_eq!(running.wait().code, 7);
}
