//! What the README shows is what works: its commands, its options. Its Dockerfile
//! is what `tests/container.rs` builds.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const HINIT: &str = env!("CARGO_BIN_EXE_hinit");

fn readme() -> String {
    fs::read_to_string(in_repository("README.md")).unwrap()
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The example app, which cargo builds beside the tests.
fn web() -> PathBuf {
    let deps = env::current_exe().unwrap();
    deps.ancestors().nth(2).unwrap().join("examples/web")
}

#[test]
fn there_are_two_commands_and_they_are_the_ones_tested() {
    let text = readme();
    let commands: Vec<&str> =
        text.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).map(str::trim).collect();
    assert_eq!(commands, ["examples/demo", "cargo test"]);
}

#[test]
fn the_demo_shows_healthy_unhealthy_healthy_and_a_clean_stop() {
    let demo = Command::new(in_repository("examples/demo"))
        .env("DEMO_BIN", HINIT)
        .env("DEMO_WEB", web())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&demo.stdout);
    assert!(demo.status.success(), "{said}{}", String::from_utf8_lossy(&demo.stderr));
    assert!(said.contains("== Done: healthy, unhealthy, healthy again, stopped."), "{said}");
}

/// A session as at a terminal: a command after `$ `, and what it prints.
#[test]
fn each_session_it_shows_prints_just_that() {
    if cfg!(not(feature = "lab")) {
        return;
    }
    let text = readme();
    let sessions: Vec<&str> =
        text.split("```text\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    assert_eq!(sessions.len(), 1, "they are all of one command");
    for session in sessions {
        let (command, printed) = session.split_once('\n').unwrap();
        let command = command.strip_prefix("$ hinit ").unwrap();
        let words = format!("exec \"$0\" {command}");
        let output = Command::new("sh").args(["-c", &words, HINIT]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), printed);
    }
}

#[test]
fn it_and_the_help_name_each_program_that_hinit_can_be() {
    let help = Command::new(HINIT).arg("--help").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    for name in ["tini", "docker-init", "dumb-init", "catatonit", "gosu", "su-exec", "curl", "wget"] {
        assert!(help.contains(name), "{name} is not in --help");
        assert!(readme().contains(&format!("`{name}`")), "{name} is not in the README");
    }
    let copy = "COPY --from=hinit /hinit /usr/local/bin/curl";
    assert!(help.contains(copy) && readme().contains(copy));
}

#[test]
fn every_option_it_names_is_in_the_help() {
    let verbs = ["run", "probe", "status"].map(|verb| ("hinit", vec![verb, "--help"]));
    let names = ["curl", "wget"].map(|name| (name, vec!["--help"]));
    let help: String = [verbs.as_slice(), &names]
        .concat()
        .into_iter()
        .map(|(name, words)| Command::new(HINIT).arg0(name).args(words).output().unwrap().stdout)
        .map(|out| String::from_utf8(out).unwrap())
        .collect();
    let known = options(&help);
    let named = options(&readme());
    assert!(named.len() > 10, "{named:?}");
    let unknown: Vec<_> =
        named.difference(&known).filter(|option| !FOREIGN.contains(&option.as_str())).collect();
    assert!(unknown.is_empty(), "not in the help: {unknown:?}");
}

/// Options of cargo, pip, docker, podman and gunicorn.
const FOREIGN: [&str; 11] = [
    "--bench",
    "--no-cache-dir",
    "--from",
    "--init",
    "--init-path",
    "--interval",
    "--start-period",
    "--retries",
    "--bind",
    "--workers",
    "--threads",
];

fn options(text: &str) -> BTreeSet<String> {
    let word =
        |rest: &str| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect::<String>();
    text.split("--")
        .skip(1)
        .map(word)
        .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|word| format!("--{word}"))
        .collect()
}
