//! How long a stop takes to reach the app while 10,000 zombies are reaped.
//!
//! The init stands still until all of the app's orphans are dead, so that they
//! come at once. Then it goes on, and gets a TERM some milliseconds later, in
//! each round at another one.

use crate::start::{self, GENEROUS};
use crate::subject::Subject;
use crate::{Outcome, table};
use hinit::testing::sys::process::{self, Side};
use hinit::testing::sys::signals::{Inbox, block_all};
use hinit::testing::sys::{Pid, fds};
use nix::sys::signal::{SIGCONT, SIGKILL, SIGSTOP, SIGTERM, kill};
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

pub(crate) const ZOMBIES: usize = 10_000;
/// TERM comes after 0, 1, 2 ... ms of reaping.
pub(crate) const ROUNDS: u32 = 10;
/// What this program is called with when it is the app.
pub(crate) const APP: &str = "app-with-orphans";

/// In milliseconds, from the TERM until the app's answer is read.
pub(crate) struct Delays {
    pub(crate) median: f64,
    pub(crate) longest: f64,
    /// Zombies that were left when the app answered, the fewest and the most.
    pub(crate) left: [usize; 2],
}

/// As the app: many orphans that die at once when a line comes in, and the word
/// `got` on a TERM.
pub(crate) fn be_the_app() -> Outcome<()> {
    // SAFETY: nothing here starts a thread.
    unsafe { block_all() };
    let mut inbox = Inbox::open()?;
    say("ready")?;
    io::stdin().lock().read_line(&mut String::new())?;
    orphans()?;
    say("orphaned")?;
    let mut arrivals = Vec::new();
    loop {
        fds::wait_for_input(&mut [fds::input(inbox.fd())], None)?;
        inbox.take(&mut arrivals);
        if arrivals.iter().any(|arrival| arrival.signal.number() == SIGTERM as i32) {
            return say("got");
        }
    }
}

fn say(word: &str) -> Outcome<()> {
    writeln!(io::stdout(), "{word}")?;
    Ok(io::stdout().flush()?)
}

fn fork() -> io::Result<Side> {
    // SAFETY: nothing here starts a thread.
    unsafe { process::fork() }
}

fn orphans() -> Outcome<()> {
    match fork()? {
        Side::Child => {
            for _ in 0..ZOMBIES {
                if matches!(fork(), Ok(Side::Child)) {
                    process::leave(0);
                }
            }
            process::leave(0)
        }
        Side::Parent(pid) => drop(process::wait_for(pid)),
    }
    Ok(())
}

pub(crate) fn measure(subject: &Subject) -> Outcome<Delays> {
    let rounds = (0..ROUNDS).map(|ms| round(subject, Duration::from_millis(ms.into())));
    let rounds = rounds.collect::<Outcome<Vec<_>>>()?;
    let delays: Vec<f64> = rounds.iter().map(|(delay, _)| delay.as_secs_f64() * 1000.0).collect();
    let left = || rounds.iter().map(|(_, left)| *left);
    Ok(Delays {
        longest: delays.iter().copied().fold(0.0, f64::max),
        median: table::median(delays),
        left: [left().min().unwrap_or(0), left().max().unwrap_or(0)],
    })
}

fn round(subject: &Subject, head_start: Duration) -> Outcome<(Duration, usize)> {
    let mut child = spawn(subject)?;
    let outcome = stop_amid_zombies(&mut child, head_start);
    // An init that reaps before it forwards may still be at it.
    let _ = kill(start::pid(&child)?, SIGKILL);
    child.wait()?;
    outcome
}

fn spawn(subject: &Subject) -> Outcome<Child> {
    let app = env::current_exe()?;
    let mut command = Command::new(&subject.path);
    command.arg("--").arg(app).arg(APP);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    start::in_new_namespace(|| Ok(command.spawn()?))
}

fn stop_amid_zombies(child: &mut Child, head_start: Duration) -> Outcome<(Duration, usize)> {
    let init = start::pid(child)?;
    let mut said = BufReader::new(child.stdout.take().ok_or("no stdout")?);
    expect(&mut said, "ready")?;
    kill(init, SIGSTOP)?;
    child.stdin.take().ok_or("no stdin")?.write_all(b"\n")?;
    expect(&mut said, "orphaned")?;
    let limit = Instant::now() + GENEROUS;
    while zombies_of(init.as_raw()) < ZOMBIES && Instant::now() < limit {
        thread::sleep(Duration::from_millis(5));
    }
    kill(init, SIGCONT)?;
    thread::sleep(head_start);
    let sent = Instant::now();
    kill(init, SIGTERM)?;
    expect(&mut said, "got")?;
    Ok((sent.elapsed(), zombies_of(init.as_raw())))
}

fn expect(said: &mut BufReader<ChildStdout>, word: &str) -> Outcome<()> {
    let mut line = String::new();
    said.read_line(&mut line)?;
    if line.trim_end() == word { Ok(()) } else { Err(format!("'{line}' and not '{word}'").into()) }
}

/// All of an init's children but the app.
fn zombies_of(init: Pid) -> usize {
    let list = fs::read_to_string(format!("/proc/{init}/task/{init}/children")).unwrap_or_default();
    list.split_whitespace().count().saturating_sub(1)
}
