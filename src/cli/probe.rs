//! `hinit probe TARGET [CHECKS]`: one check, exit 0 or 1.

use super::output;
use crate::error::{Error, Result};
use crate::exit_code;
use crate::health::checks::Checks;
use crate::health::probe_round::{Outcome, ProbeRound};
use crate::options::{self, Help, Options, Rest, options};
use crate::plan::probe::{BodyTest, Builtin, Host, Probe, Target, options as probe_options};
use crate::plan::{Health, Timing};
use crate::probe;
use crate::signal::Signal;
use crate::spawn::child_setup::ChildSetup;
use crate::sys::process::{Change, Wait, wait_any};
use crate::sys::signals::{self, Arrival, Inbox, Inherited};
use crate::sys::{clock, fds};
use crate::text::one_line;
use crate::time::GoDuration;
use std::ffi::OsString;
use std::io;
use std::time::Duration;

/// The verb: arguments in, exit code out; the reason is one line on stdout, from
/// which Docker takes the log of a check.
pub(super) fn main(arguments: &[OsString], inherited: Inherited) -> i32 {
    if options::parse(HELP.options, Rest::Words(1), arguments).is_ok_and(|matches| matches.has(SHOW_HELP)) {
        return output::show(&HELP.to_string());
    }
    let probe = probe_options::parse(arguments, &|name| std::env::var(name).ok());
    match probe.and_then(|probe| check(&probe, inherited)) {
        Ok((healthy, reason)) => {
            output::show(&reason);
            if healthy { 0 } else { exit_code::NOT_HEALTHY }
        }
        Err(error) => output::fail(&error, exit_code::NOT_HEALTHY),
    }
}

/// Its command line.
pub(super) const HELP: Help = Help {
    about: "\
Check a target once: exit code 0 if it is healthy, 1 otherwise. The reason is one line on stdout.",
    usage: "hinit probe TARGET [CHECKS]",
    options: Options(&[probe_options::CHECKS, OTHERS]),
    notes,
};

options! {
    OTHERS: "Other options:",
    SHOW_HELP: "  -h, --help                 Show this help",
}

/// The numbers come from the code that waits.
fn notes() -> String {
    let (own, docker) = (GoDuration(probe::DEFAULT_TIMEOUT), GoDuration(Timing::default().timeout));
    format!(
        "
{}
Without --timeout a probe has {own}, a little less than the {docker} that Docker gives a check.
${{PORT}} and ${{PORT:-8080}} are expanded from the environment, without a shell. In a Dockerfile:

  HEALTHCHECK CMD [\"/hinit\", \"probe\", \"http://:${{PORT:-8080}}/health\"]
",
        probe_options::targets()
    )
}

fn check(probe: &Probe, inherited: Inherited) -> Result<(bool, String)> {
    let limit = probe.timeout.unwrap_or(probe::DEFAULT_TIMEOUT);
    match &probe.target {
        Target::Notify(_) => Err(Error::new(
            "notify: comes from an app to the hinit that runs it; write hinit run --health notify:",
        )),
        Target::Builtin(target) if !may_overrun(target) => {
            signals::unblock_for_library_code();
            let verdict = probe::run(target, limit, &mut |_| {});
            Ok((verdict.healthy, verdict.reason + "\n"))
        }
        _ => check_in_child(probe, limit, inherited),
    }
}

/// Whether a part of it has no deadline, so that it takes a process to end it in
/// time: a name lookup by the C library, or a regular expression.
fn may_overrun(target: &Builtin) -> bool {
    let has_pattern = match target {
        Builtin::Http(http) => http.body.iter().any(|check| matches!(check.test, BodyTest::Match(_))),
        _ => false,
    };
    has_pattern || matches!(target.host(), Some(Host::Name(_)))
}

/// As PID 1 does it: in a process group of its own, which is killed in time.
fn check_in_child(probe: &Probe, limit: Duration, inherited: Inherited) -> Result<(bool, String)> {
    let probe = Probe { timeout: Some(limit), ..probe.clone() };
    let name = probe.name.clone();
    let timing = Timing { timeout: Duration::MAX, ..Timing::default() };
    let environment = std::env::vars_os().collect();
    let checks = Checks::new(
        &Health { probes: vec![probe], timing },
        &environment,
        &ChildSetup::default(),
        inherited,
    )?;
    let unable = |error: io::Error| Error::new(format!("cannot run the probe: {error}"));
    match run(&checks).map_err(unable)?.outcome() {
        Outcome::Result { exit_code, output } => Ok((exit_code == 0, reason(&name, exit_code, &output))),
        Outcome::NotStarted(error) => Err(unable(error)),
    }
}

/// The output of the command, or its exit code if there is none.
fn reason(name: &str, exit_code: i32, output: &str) -> String {
    if output.trim().is_empty() {
        return one_line(&format!("{name} ended with exit code {exit_code}"), output.len().max(500)) + "\n";
    }
    format!("{}\n", output.trim_end_matches('\n'))
}

fn run(checks: &Checks) -> io::Result<ProbeRound> {
    let mut inbox = Inbox::open()?;
    let mut arrivals = Vec::new();
    let mut round = ProbeRound::start(checks, clock::now());
    while !round.is_over() {
        let mut polled: Vec<_> = round.fds().chain([inbox.fd()]).map(fds::input).collect();
        let limit = round.deadline().map(|at| at.saturating_sub(clock::now()));
        fds::wait_for_input(&mut polled, limit)?;
        inbox.take(&mut arrivals);
        if arrivals.iter().any(is_request_to_end) {
            round.kill();
        }
        round.read();
        reap(&mut round);
        round.tick(clock::now());
    }
    Ok(round)
}

fn is_request_to_end(arrival: &Arrival) -> bool {
    const QUIT: i32 = 3;
    [Signal::HUP, Signal::INT, Signal::TERM].contains(&arrival.signal) || arrival.signal.number() == QUIT
}

fn reap(round: &mut ProbeRound) {
    while let Wait::Changed(pid, change) = wait_any() {
        if let Change::Ended(ending) = change {
            round.reaped(pid, ending);
        }
    }
}
