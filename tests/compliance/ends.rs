//! How the init exits, and how it stops the app.

use crate::Row;
use crate::common::{self, As, given, send};
use crate::subject::{Feature, Subject};

pub const ROWS: &[Row] = &[
    Row { text: "exits with the app's exit code", run: codes },
    Row { text: "exits with 128+n if signal n killed the app, realtime signals included", run: killed },
    Row { text: "notices the app's exit even if it inherits an ignored SIGCHLD", run: sigchld_ignored },
    Row { text: "forwards TERM even if it inherits an ignored SIGCHLD", run: term_sigchld_ignored },
    Row { text: "can map an exit code to 0", run: ok_exit },
    Row { text: "can kill an app that ignores TERM after a timeout", run: kill_after },
    Row { text: "can send TERM to background processes and wait for their handlers", run: sweep },
    Row { text: "exits as soon as all background processes have ended", run: sweep_early },
    Row { text: "can delay the stop signal, for load balancers to drain", run: drain },
    Row { text: "can restart the app within the container", run: restart },
    Row { text: "can get a signal when its parent dies", run: parent_death },
    Row { text: "logs which signal killed the app", run: logs_signal },
    Row { text: "logs which process sent the stop signal", run: logs_sender },
];

fn codes(subject: &Subject) -> Option<()> {
    for code in [0, 1, 42, 255] {
        let out = subject.run(As::Pid1, Feature::Plain, &["sh", "-c", &format!("exit {code}")])?.output();
        assert_eq!(out.code, code);
    }
    Some(())
}

fn killed(subject: &Subject) -> Option<()> {
    for number in [2, 9, 15, 40, 64] {
        let script = format!("kill -{number} $$; sleep 60");
        let out = subject.run(As::Pid1, Feature::Plain, &["sh", "-c", &script])?.output();
        assert_eq!(out.code, 128 + number);
    }
    Some(())
}

fn sigchld_ignored(subject: &Subject) -> Option<()> {
    let builder = subject.run(As::Pid1, Feature::Plain, &["sh", "-c", "exit 5"])?;
    assert_eq!(builder.before_exec(given::sigchld_ignored).output().code, 5);
    Some(())
}

fn term_sigchld_ignored(subject: &Subject) -> Option<()> {
    let builder = subject.run(As::Pid1, Feature::Plain, &["sh", "-c", "echo ready; exec sleep 60"])?;
    let running = builder.before_exec(given::sigchld_ignored).start();
    running.prints("ready").signal(15);
    assert_eq!(running.wait().code, 143);
    Some(())
}

fn ok_exit(subject: &Subject) -> Option<()> {
    assert_eq!(subject.run(As::Pid1, Feature::OkExit("143"), &["sh", "-c", "exit 143"])?.output().code, 0);
    Some(())
}

fn kill_after(subject: &Subject) -> Option<()> {
    let app = [&common::fixture(), "ignore-term"];
    let running = subject.run(As::Pid1, Feature::KillAfter("100ms"), &app)?.start();
    running.prints("ready").signal(15);
    assert_eq!(running.wait().code, 137);
    Some(())
}

/// The main program exits. A background process has something to save.
const BACKGROUND: &str = "(trap 'sleep 0.1; echo saved; exit' TERM; echo ready; \
    for n in $(seq 3000); do sleep 0.01; done) & read line; exit 3";

fn sweep(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", &format!("({BACKGROUND}) < /dev/null; sleep 0.2; exit 3")];
    let out = subject.run(As::Pid1, Feature::Sweep("60s"), &app)?.output();
    assert_eq!(out.code, 3);
    assert!(out.stdout.contains("saved"), "{}", out.stdout);
    Some(())
}

fn sweep_early(subject: &Subject) -> Option<()> {
    // The timeout of one hour is not waited for.
    let app = ["sh", "-c", "sleep 60 & exit 3"];
    assert_eq!(subject.run(As::Pid1, Feature::Sweep("1h"), &app)?.output().code, 3);
    Some(())
}

fn drain(subject: &Subject) -> Option<()> {
    let running = subject.run(As::Pid1, Feature::Drain("1h"), &[&common::fixture(), "signals"])?.start();
    running.prints("ready").signal(15).signal(10).prints("got 10\n");
    assert!(!running.stdout().contains("got 15"));
    // A second signal ends the delay.
    running.signal(15).prints("got 15\n");
    Some(())
}

fn restart(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", "echo life; exit 4"];
    let out = subject.run(As::Pid1, Feature::Restart("on-failure:2"), &app)?.output();
    assert_eq!((out.code, out.stdout.as_str()), (4, "life\nlife\nlife\n"));
    Some(())
}

/// The parent that dies is the shell.
fn parent_death(subject: &Subject) -> Option<()> {
    let app = [&common::fixture(), "signals"];
    let words = subject.command_line(Feature::ParentDeath("SIGUSR1"), &app)?;
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

fn logs_signal(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", "kill -SEGV $$; sleep 60"];
    let out = subject.run(As::Pid1, Feature::Verbose, &app)?.output();
    let output = out.stdout + &out.stderr;
    assert!(output.contains("SIGSEGV") || output.contains("Segmentation fault"), "{output}");
    Some(())
}

fn logs_sender(subject: &Subject) -> Option<()> {
    let app = ["sh", "-c", "kill -TERM 1; sleep 60"];
    let out = subject.run(As::Pid1, Feature::Verbose, &app)?.output();
    let output = out.stdout + &out.stderr;
    assert!(output.contains("(sh)"), "{output}");
    Some(())
}
