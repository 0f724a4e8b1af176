use super::*;
use crate::health::checks::Checks;
use crate::plan::probe::Probe;
use crate::plan::{Health, Timing};
use crate::spawn::child_setup::ChildSetup;
use crate::sys::process::wait_for;
use crate::sys::signals::Inherited;
use crate::sys::{clock, fds, signals};
use std::net::TcpListener;
use std::time::Duration;

fn inherited() -> Inherited {
    Inherited::of_a_test()
}

/// Checks of these probes, with the signal state that this process has.
fn checks(probes: &[&str]) -> Checks {
    let probes = probes.iter().map(|text| Probe::from_text(text, &|_| None).unwrap()).collect();
    let environment = std::env::vars_os().collect();
    Checks::new(
        &Health { probes, timing: Timing::default() },
        &environment,
        &ChildSetup::default(),
        inherited(),
    )
    .unwrap()
}

fn command(text: &str) -> Checks {
    let health = Health { probes: vec![Probe::from_command(text).unwrap()], timing: Timing::default() };
    Checks::new(&health, &std::env::vars_os().collect(), &ChildSetup::default(), inherited()).unwrap()
}

/// Runs a round as the loop of PID 1 does: takes in output, then reaps.
fn end(mut round: ProbeRound) -> Outcome {
    while !round.pids().all(has_ended) {
        let mut polled: Vec<_> = round.fds().map(fds::input).collect();
        fds::wait_for_input(&mut polled, Some(Duration::from_millis(1))).unwrap();
        round.read();
        round.tick(clock::now());
    }
    reap(&mut round);
    round.outcome()
}

/// Whether it is a zombie (proc_pid_stat(5)).
fn has_ended(pid: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().contains(") Z ")
}

fn reap(round: &mut ProbeRound) {
    for pid in round.pids().collect::<Vec<_>>() {
        let ending = wait_for(pid).unwrap();
        assert!(round.reaped(pid, ending));
    }
    assert!(round.is_over());
}

fn result(checks: &Checks) -> (i32, String) {
    match end(ProbeRound::start(checks, clock::now())) {
        Outcome::Result { exit_code, output } => (exit_code, output),
        Outcome::NotStarted(error) => panic!("{error}"),
    }
}

#[test]
fn a_command_reports_its_exit_code_stdout_and_stderr() {
    assert_eq!(result(&command("echo out; echo err >&2; exit 3")), (3, "out\nerr\n".into()));
    assert_eq!(result(&command("true")), (0, String::new()));
    assert_eq!(result(&command("kill -9 $$")).0, 137);
}

#[test]
fn a_command_has_nothing_to_read() {
    assert_eq!(result(&command("cat")), (0, String::new()));
}

#[test]
fn output_is_cut_after_4096_bytes_and_the_command_is_not_stuck() {
    let (exit_code, output) = result(&command("head -c 1000000 /dev/zero | tr '\\0' x"));
    assert_eq!((exit_code, output.len()), (0, 4099));
    assert!(output.ends_with("x..."));
}

#[test]
fn bytes_that_are_no_text_become_replacement_characters() {
    assert_eq!(result(&command("printf 'a\\377b'")).1, "a\u{fffd}b");
}

#[test]
fn a_command_that_does_not_exist_is_a_failure_without_exit_code() {
    let (exit_code, output) = result(&checks(&["exec:/no/such/program"]));
    assert_eq!(exit_code, -1);
    assert_eq!(output, "cannot start '/no/such/program': there is no such file; check the path");
}

#[test]
fn a_command_that_ends_with_127_by_itself_keeps_it() {
    assert_eq!(result(&command("exit 127")).0, 127);
}

#[test]
fn a_built_in_probe_runs_in_a_child_too() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp://{}", listener.local_addr().unwrap());
    let (exit_code, output) = result(&checks(&[&target]));
    assert_eq!((exit_code, output), (0, format!("{} accepts connections", &target[6..])));
    // tcpmux: nothing listens there.
    let (exit_code, output) = result(&checks(&["tcp://127.0.0.1:1"]));
    assert_eq!((exit_code, output.as_str()), (1, "connection refused by 127.0.0.1:1: nothing listens there"));
}

#[test]
fn all_probes_of_a_round_have_to_pass_and_the_reason_names_the_one_that_failed() {
    let (exit_code, output) = result(&checks(&["exec:true", "exec:'sh -c \"echo sick; exit 4\"'"]));
    assert_eq!((exit_code, output.as_str()), (4, "exec:sh -c \"echo sick; exit 4\": sick"));
    let (exit_code, output) = result(&checks(&["exec:'echo a'", "exec:'echo b'"]));
    assert_eq!((exit_code, output.as_str()), (0, "exec:echo a: a\nexec:echo b: b"));
}

#[test]
fn the_output_of_several_probes_has_the_limit_of_one() {
    let talkative = "exec:'printf %04096d 0'";
    let (exit_code, output) = result(&checks(&[talkative, talkative, talkative]));
    assert_eq!((exit_code, output.len()), (0, 4099));
    assert!(output.starts_with("exec:printf %04096d 0: 000") && output.ends_with("000..."));
    let cut = output::bounded("x".to_owned() + &"\u{e9}".repeat(3000));
    assert_eq!((cut.len(), cut.ends_with("\u{e9}...")), (4098, true), "a letter is not cut in two");
}

#[test]
fn killing_a_round_kills_what_the_commands_have_started() {
    let mut round = ProbeRound::start(&command("sleep 600 & echo ready; wait"), clock::now());
    while round.partial() != "ready\n" {
        let mut polled: Vec<_> = round.fds().map(fds::input).collect();
        fds::wait_for_input(&mut polled, None).unwrap();
        round.read();
    }
    round.kill();
    // The pipe ends only when the sleeping grandchild is gone too.
    while round.fds().next().is_some() {
        let mut polled: Vec<_> = round.fds().map(fds::input).collect();
        fds::wait_for_input(&mut polled, None).unwrap();
        round.read();
    }
    reap(&mut round);
    assert!(matches!(round.outcome(), Outcome::Result { exit_code: 137, .. }));
}

#[test]
fn a_probe_is_killed_at_its_own_time_limit() {
    let checks = checks(&["exec:'sh -c \"echo half; exec sleep 600\"' --timeout 200ms"]);
    let (exit_code, output) = result(&checks);
    assert_eq!((exit_code, output.as_str()), (-1, "Health check exceeded timeout (200ms): half\n"));
}

#[test]
fn a_built_in_probe_that_is_killed_reports_what_it_waited_for() {
    let hung = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", hung.local_addr().unwrap());
    let (exit_code, output) = result(&checks(&[&format!("{url} --timeout 1s")]));
    assert_eq!(exit_code, -1);
    let waits =
        format!("Health check exceeded timeout (1s): {url} accepted the connection but has not answered");
    assert_eq!(output, waits);
}

#[test]
fn a_round_is_over_when_its_command_is_reaped_whoever_holds_its_output() {
    let mut round = ProbeRound::start(&command("sleep 600 & echo $!"), clock::now());
    reap(&mut round);
    let Outcome::Result { exit_code, output } = round.outcome() else { panic!("it was able") };
    assert_eq!(exit_code, 0);
    signals::send(output.trim().parse().unwrap(), crate::signal::Signal::KILL).unwrap();
}

#[test]
fn knows_its_own_children_only() {
    let mut round = ProbeRound::start(&command("true"), clock::now());
    assert!(!round.reaped(1, Ending::Exited(0)));
    reap(&mut round);
}
