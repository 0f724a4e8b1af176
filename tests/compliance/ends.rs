//! How it ends.

use crate::Row;
use crate::common::{self, As, given, send};
use crate::subject::{Subject, Wish};

pub const ROWS: &[Row] = &[
    Row { text: "the app's exit code is the init's", run: codes },
    Row { text: "128+n if signal n killed the app, realtime ones included", run: killed },
    Row { text: "the app's end is seen although SIGCHLD was inherited as ignored", run: sigchld_ignored },
    Row { text: "TERM works although SIGCHLD was inherited as ignored", run: term_sigchld_ignored },
    Row { text: "an exit code can be made 0", run: ok_exit },
    Row { text: "an app that ignores TERM is killed after a time", run: kill_after },
    Row { text: "a background process gets TERM, and the time for its handler", run: sweep },
    Row { text: "it leaves as soon as what is left has ended", run: sweep_early },
    Row { text: "a delay before the app hears of a stop, for load balancers", run: drain },
    Row { text: "the app can be started again without the end of the container", run: restart },
    Row { text: "it gets a signal when its parent dies", run: parent_death },
    Row { text: "the log says which signal ended the app", run: says_signal },
    Row { text: "the log says who asked for the stop", run: says_sender },
];

fn codes(subject: &Subject) -> Option<()> {
    for code in [0, 1, 42, 255] {
        let out = subject.run(As::Pid1, Wish::Plain, &["sh", "-c", &format!("exit {code}")])?.output();
        assert_eq!(out.code, code);
    }
    Some(())
}

fn killed(subject: &Subject) -> Option<()> {
    for number in [2, 9, 15, 40, 64] {
        let script = format!("kill -{number} $$; sleep 60");
        let out = subject.run(As::Pid1, Wish::Plain, &["sh", "-c", &script])?.output();
        assert_eq!(out.code, 128 + number);
    }
    Some(())
}

fn sigchld_ignored(subject: &Subject) -> Option<()> {
    let builder = subject.run(As::Pid1, Wish::Plain, &["sh", "-c", "exit 5"])?;
    assert_eq!(builder.before_exec(given::sigchld_ignored).output().code, 5);
    Some(())
}

fn term_sigchld_ignored(subject: &Subject) -> Option<()> {
    let builder = subject.run(As::Pid1, Wish::Plain, &["sh", "-c", "echo ready; exec sleep 60"])?;
    let running = builder.before_exec(given::sigchld_ignored).start();
    running.prints("ready").signal(15);
    assert_eq!(running.wait().code, 143);
    Some(())
}

fn ok_exit(subject: &Subject) -> Option<()> {
    assert_eq!(subject.run(As::Pid1, Wish::OkExit("143"), &["sh", "-c", "exit 143"])?.output().code, 0);
    Some(())
}

fn kill_after(subject: &Subject) -> Option<()> {
    let app = [&common::fixture(), "ignore-term"];
    let running = subject.run(As::Pid1, Wish::KillAfter("100ms"), &app)?.start();
    running.prints("ready").signal(15);
    assert_eq!(running.wait().code, 137);
    Some(())
}

/// The main program ends; what is in the background has something to save.
const BACKGROUND: &str = "(trap 'sleep 0.1; echo saved; exit' TERM; echo ready; \
    for n in $(seq 3000); do sleep 0.01; done) & read line; exit 3";

fn sweep(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", &format!("({BACKGROUND}) < /dev/null; sleep 0.2; exit 3")];
    let out = subject.run(As::Pid1, Wish::Sweep("60s"), &app)?.output();
    assert_eq!(out.code, 3);
    assert!(out.stdout.contains("saved"), "{}", out.stdout);
    Some(())
}

fn sweep_early(subject: &Subject) -> Option<()> {
    // An hour of grace, and nobody waits for it.
    let app = ["sh", "-c", "sleep 60 & exit 3"];
    assert_eq!(subject.run(As::Pid1, Wish::Sweep("1h"), &app)?.output().code, 3);
    Some(())
}

fn drain(subject: &Subject) -> Option<()> {
    let running = subject.run(As::Pid1, Wish::Drain("1h"), &[&common::fixture(), "signals"])?.start();
    running.prints("ready").signal(15).signal(10).prints("got 10\n");
    assert!(!running.stdout().contains("got 15"));
    // A second request ends it at once.
    running.signal(15).prints("got 15\n");
    Some(())
}

fn restart(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", "echo life; exit 4"];
    let out = subject.run(As::Pid1, Wish::Restart("on-failure:2"), &app)?.output();
    assert_eq!((out.code, out.stdout.as_str()), (4, "life\nlife\nlife\n"));
    Some(())
}

/// The harness's own child is the parent that dies.
fn parent_death(subject: &Subject) -> Option<()> {
    let app = [&common::fixture(), "signals"];
    let words = subject.words(Wish::ParentDeath("SIGUSR1"), &app)?;
    let script = "\"$@\" & wait";
    let shell = [&["-c".to_owned(), script.to_owned(), "sh".to_owned()], words.as_slice()].concat();
    let running = common::hinit(As::Process, shell).program("sh").start();
    running.prints("ready");
    let init = running.app();
    send(running.pid, 9);
    running.prints("got 10\n");
    send(init, 15);
    Some(())
}

fn says_signal(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", "kill -SEGV $$; sleep 60"];
    let out = subject.run(As::Pid1, Wish::Verbose, &app)?.output();
    let said = out.stdout + &out.stderr;
    assert!(said.contains("SIGSEGV") || said.contains("Segmentation fault"), "{said}");
    Some(())
}

fn says_sender(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", "kill -TERM 1; sleep 60"];
    let out = subject.run(As::Pid1, Wish::Verbose, &app)?.output();
    let said = out.stdout + &out.stderr;
    assert!(said.contains("(sh)"), "{said}");
    Some(())
}
