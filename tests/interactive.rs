//! A person at `docker run -it`, under a real engine; and clients without a
//! terminal, or without any input at all.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
#[allow(dead_code, reason = "the harness serves other tests too")]
#[path = "common/docker.rs"]
mod docker;

use common::pty::OnTerminal;
use common::skipped;
use common::{As, Builder, HINIT, given, hinit};
use docker::{Container, Image, Process, wait_for};
use std::fs::File;
use std::path::Path;
use std::process::Stdio;

const CTRL_C: &str = "\x03";
const CTRL_Z: &str = "\x1a";
const QUIT: &str = "\x1c";
/// The client's own keys for leaving a container alone.
const DETACH: &str = "\x10\x11";
const PROMPT: &str = "prompt> ";
const BASH: [&str; 3] = ["bash", "--norc", "--noprofile"];

/// As whom: root, the engine's user, and one that hinit itself becomes.
const WHO: [(&str, &[&str]); 3] =
    [("0", &[]), ("10001", &["--user", "10001:10001"]), ("10002", &["--env", "HINIT_USER=10002:10002"])];

fn image(name: &str) -> Option<Image> {
    if !docker::engine() {
        return None;
    }
    let base = docker::python_base()?;
    let dockerfile = format!(
        "FROM {base}\nCOPY hinit fixture /\nENV PS1='{PROMPT}'\nENTRYPOINT [\"/hinit\", \"-q\", \"--\"]\n"
    );
    let fixture = common::fixture();
    Some(Image::build(name, &dockerfile, &[("hinit", Path::new(HINIT)), ("fixture", Path::new(&fixture))]))
}

fn client(words: impl IntoIterator<Item = String>) -> Builder {
    hinit(As::Process, words).program("docker")
}

/// `docker run -it`, and what it made.
struct Session {
    // Goes first: the client ends before its container.
    terminal: OnTerminal,
    container: Container,
}

impl Session {
    fn start(image: &Image, options: &[&str], command: &[&str]) -> Self {
        let (container, words) = Container::by_client(image, &[&["-it"], options].concat(), command);
        Self { terminal: client(words).on_terminal(), container }
    }

    fn bash(image: &Image, options: &[&str]) -> Self {
        let mut session = Self::start(image, options, &BASH);
        session.terminal.shows(PROMPT);
        session
    }

    /// Another window on the same container.
    fn attach(&mut self) {
        let words = ["attach", self.container.name()].map(str::to_owned);
        self.terminal = client(words).on_terminal();
    }

    /// The process of this command line, once it is in the foreground (ps shows
    /// a + then) and not stopped.
    fn in_foreground(&self, args: &str) -> Process {
        wait_for(&format!("{args} to be in the foreground"), || {
            let all = self.container.processes().into_iter();
            let mut fitting = all.filter(|process| {
                process.args == args && process.state.contains('+') && !process.state.starts_with('T')
            });
            fitting.next()
        })
    }
}

#[test]
fn a_shell_has_job_control_whoever_it_is() {
    let Some(image) = image("jobs") else { return };
    for (user, options) in WHO {
        let mut session = Session::bash(&image, options);
        session.terminal.types("sleep 600\n");
        session.in_foreground("sleep 600");
        session.terminal.types(CTRL_Z).shows("Stopped").types("fg\n");
        session.in_foreground("sleep 600");
        session.terminal.types(CTRL_C).shows_times(PROMPT, 3);
        session.terminal.types("echo code $? as $(id -u)\n").shows(&format!("code 130 as {user}"));
        session.terminal.types("exit 5\n");
        let seen = session.terminal.seen();
        assert!(!seen.contains("no job control") && !seen.contains("cannot set terminal"), "{seen}");
        assert_eq!(session.terminal.wait(), 5);
    }
}

#[test]
fn whoever_it_is_can_open_the_terminal_again() {
    let Some(image) = image("devices") else { return };
    for (user, options) in WHO {
        let mut session = Session::bash(&image, options);
        // The quotes tell what is printed from what was typed.
        session
            .terminal
            .types("for to in tty stdout stderr; do echo to\" $to as $(id -u)\" > /dev/$to; done\n");
        for device in ["tty", "stdout", "stderr"] {
            session.terminal.shows(&format!("to {device} as {user}"));
        }
        session.terminal.types("read line < /dev/tty; echo \"<$line>\"\n").types("typed\n").shows("<typed>");
        session.terminal.types("exit\n");
        assert_eq!(session.terminal.wait(), 0);
    }
}

#[test]
fn ctrl_c_arrives_once_and_ends_only_what_it_is_for() {
    let Some(image) = image("once") else { return };
    let mut session = Session::bash(&image, &[]);
    session.terminal.types("/fixture signals\n").shows("ready").types(CTRL_C).shows("got 2");
    // What comes later is seen later: a second 2 would be between them.
    session.terminal.types(QUIT).shows("got 3");
    assert_eq!(session.terminal.seen().matches("got 2").count(), 1, "{}", session.terminal.seen());
    session.container.signal("TERM", &[session.in_foreground("/fixture signals")]);
    session.terminal.shows_times(PROMPT, 2).types("exit 5\n");
    assert_eq!(session.terminal.wait(), 5);
}

#[test]
fn without_a_shell_ctrl_c_is_the_app_s_own_and_once() {
    let Some(image) = image("alone") else { return };
    let mut session = Session::start(&image, &[], &["/fixture", "signals"]);
    session.terminal.shows("ready").types(CTRL_C).shows("got 2").types(QUIT).shows("got 3");
    assert_eq!(session.terminal.seen().matches("got 2").count(), 1, "{}", session.terminal.seen());
    drop(session);
    // An app that knows nothing of it is ended by it.
    let mut session = Session::start(&image, &[], &["sh", "-c", "echo ready; exec sleep 600"]);
    session.terminal.shows("ready").types(CTRL_C);
    assert_eq!(session.terminal.wait(), 130);
}

#[test]
fn the_size_of_the_window_reaches_the_app() {
    let Some(image) = image("size") else { return };
    let mut session = Session::bash(&image, &[]);
    session.terminal.types("until [ \"$(stty size)\" = '50 100' ]; do sleep 0.05; done; echo re\"sized\"\n");
    session.terminal.resize(50, 100).shows("resized").types("/fixture signals\n").shows("ready");
    session.terminal.resize(51, 100).shows("got 28");
}

#[test]
fn a_client_that_detaches_or_is_gone_harms_nobody() {
    let Some(image) = image("detach") else { return };
    let mut session = Session::bash(&image, &[]);
    session.terminal.types("kept=42\n").shows_times(PROMPT, 2).types(DETACH);
    wait_for("the client to leave", || session.terminal.has_ended().then_some(()));
    session.attach();
    session.terminal.types("echo \"<$kept>\"\n").shows("<42>").close();
    wait_for("the client to be hung up", || session.terminal.has_ended().then_some(()));
    session.attach();
    session.terminal.types("echo \"<<$kept>>\"\n").shows("<<42>>").types("exit 6\n");
    assert_eq!(session.terminal.wait(), 6);
    assert_eq!(session.container.inspect("{{.State.ExitCode}}"), "6");
}

#[test]
fn a_stop_signal_of_choice_ends_a_shell_that_ignores_term() {
    let Some(image) = image("stop") else { return };
    let session = Session::bash(&image, &["--env", "HINIT_STOP_SIGNAL=HUP"]);
    // An interactive shell ignores TERM, and leaves on HUP.
    assert_eq!(session.container.stop(), "129");
    assert_eq!(session.terminal.wait(), 129);
}

#[test]
fn without_a_terminal_input_reaches_the_app_to_its_end() {
    let Some(image) = image("piped") else { return };
    let dir = common::TempDir::new("input");
    let typed = dir.file("typed", "echo \"<$((6 * 7))>\"\ncat\nrest of it\n");
    for (_, options) in WHO {
        let (_container, words) = Container::by_client(&image, &[&["-i"], options].concat(), &BASH);
        let out = client(words).stdin(Stdio::from(File::open(&typed).unwrap())).output();
        assert_eq!((out.code, out.stdout.as_str()), (0, "<42>\nrest of it\n"), "{}", out.stderr);
        assert_eq!(out.stderr, "");
    }
}

#[test]
fn without_any_input_the_app_runs() {
    let Some(image) = image("closed") else { return };
    for options in [[].as_slice(), &["-i"]] {
        let (_container, words) = Container::by_client(&image, options, &["sh", "-c", "cat; exit 6"]);
        let out = client(words).before_exec(given::stdin_closed).output();
        assert_eq!((out.code, out.stdout.as_str(), out.stderr.as_str()), (6, "", ""), "{options:?}");
    }
}

#[test]
fn a_client_without_a_terminal_hands_its_signals_on() {
    let Some(image) = image("proxy") else { return };
    let (_container, words) = Container::by_client(&image, &["-i"], &["/fixture", "signals"]);
    let running = client(words).start();
    running.prints("ready").signal(2).prints("got 2").signal(15);
    assert_eq!(running.wait().code, 7);
}
