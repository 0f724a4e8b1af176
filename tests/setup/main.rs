//! What happens before the drop, seen from the app's side: capabilities that
//! stay, owners, limits, variables and descriptors. Most of it needs root, as a
//! container's PID 1 has.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod capabilities;
mod checks;
mod chown;
#[path = "../common/mod.rs"]
mod common;
mod descriptors;
mod limits;
#[path = "../identity/machine.rs"]
#[allow(dead_code)]
mod machine;
mod variables;

use common::seccomp;
use machine::{run, stderr, stdout};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

const STATUS: [&str; 2] = ["cat", "/proc/self/status"];
const USER: [&str; 2] = ["--user", "10001:10002"];

/// Nothing was started, and one line says why.
#[track_caller]
fn assert_refused(output: &Output, why: &str) {
    let line = stderr(output);
    assert_eq!((output.status.code(), stdout(output).as_str()), (Some(125), ""), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("hinit: error: ") && line.contains(why), "{line}");
}

/// What the app printed, started with `words` and again with their environment
/// twins, one value a line.
#[track_caller]
fn both_ways(start: impl Fn() -> Command, options: &[(&str, &str)], app: &[&str]) -> String {
    let flags: Vec<&str> = options.iter().flat_map(|(name, value)| [*name, *value]).collect();
    let typed = stdout(&run(start(), &[&flags, app].concat()));
    let mut command = start();
    for (name, value) in options {
        let twin = format!("HINIT_{}", name.trim_start_matches('-').replace('-', "_").to_uppercase());
        let before = command.get_envs().find(|(known, _)| *known == twin.as_str());
        let before =
            before.and_then(|(_, value)| value).map(|value| value.to_str().unwrap().to_owned() + "\n");
        command.env(&twin, before.unwrap_or_default() + value);
    }
    assert_eq!(stdout(&run(command, app)), typed, "the environment says the same");
    typed
}

/// Answers every `number` call of the command with this errno; 0 is success.
#[allow(unsafe_code)]
fn answer_with(command: &mut Command, number: libc::c_long, errno: i32) {
    // SAFETY: between fork and exec it makes one system call on its own stack.
    unsafe { command.pre_exec(seccomp::answering(number, errno)) };
}
