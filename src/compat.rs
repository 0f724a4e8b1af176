//! Other programs' command lines, each yields the same plans: under the name
//! of another init an image can swap that one for hinit by one COPY.
//!
//! Flags, environment variables, messages and exit codes are those programs'.
//! Where one of them has a bug, hinit is right instead: it loses no signal,
//! forwards all of them, and options end at the first word that is not one.

mod catatonit;
mod curl;
mod dumb_init;
mod getopt;
mod gosu;
mod su_exec;
mod tini;
mod web;
mod wget;

use crate::personality::Personality;
use crate::plan::{App, Identity, Life, Plan, Stop, WaitFor};
use crate::sys::start::Start;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

/// A program by its name: how it was started in, the exit code out.
pub type Program = fn(&Start) -> i32;

/// Which other program this is to be, by the last part of `argv[0]`.
///
/// podman mounts the init of `--init` as `/run/podman-init`, and Docker its as
/// `/sbin/docker-init`.
pub fn program(args: &[OsString]) -> Option<Program> {
    match Path::new(args.first()?).file_name()?.to_str()? {
        "tini" | "tini-static" | "docker-init" => Some(tini::main),
        "dumb-init" => Some(dumb_init::main),
        "catatonit" | "podman-init" => Some(catatonit::main),
        "gosu" => Some(gosu::main),
        "su-exec" => Some(su_exec::main),
        "curl" => Some(curl::main),
        "wget" => Some(wget::main),
        _ => None,
    }
}

/// An end before anything is started: what to print, and the exit code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    code: i32,
    out: String,
    err: String,
}

impl Answer {
    /// What was asked for goes to stdout.
    fn told(out: impl Into<String>) -> Self {
        Self { code: 0, out: out.into(), err: String::new() }
    }

    /// What is wrong goes to stderr.
    fn wrong(err: impl Into<String>) -> Self {
        Self { code: 1, out: String::new(), err: err.into() }
    }

    /// A closed stream is no failure.
    fn give(&self) -> i32 {
        let _ = std::io::stdout().write_all(self.out.as_bytes());
        let _ = std::io::stderr().write_all(self.err.as_bytes());
        self.code
    }
}

/// Reads words as the program of this name would, and starts nothing: whether
/// there is anything to start. For the fuzz target.
#[cfg(fuzzing)]
pub fn is_understood(name: &str, words: &[OsString]) -> bool {
    let none = |_: &str| None;
    match name {
        "tini" => tini::read(name, words, none).is_ok(),
        "dumb-init" => dumb_init::read(name, words, none).is_ok(),
        "catatonit" => catatonit::read(name, words).is_ok(),
        "gosu" => gosu::read(name, words).is_ok(),
        "curl" => curl::is_understood(words),
        "wget" => wget::is_understood(words),
        _ => false,
    }
}

/// The name this was called by, as the C library shows it in its messages.
fn called(start: &Start) -> String {
    start.args.first().map_or_else(String::new, |name| name.display().to_string())
}

/// The words after the name.
fn words(start: &Start) -> &[OsString] {
    start.args.get(1..).unwrap_or_default()
}

/// An option's value as text; empty if it is none, which no option takes.
fn text(value: Option<&OsString>) -> &str {
    value.and_then(|value| value.to_str()).unwrap_or_default()
}

/// A plan in which only the program is given; none without a program.
fn plan(words: &[OsString], personality: Personality) -> Option<Plan> {
    let (program, args) = words.split_first()?;
    let app = App { program: program.clone(), args: args.to_vec(), ..App::default() };
    Some(Plan {
        app,
        identity: Identity::default(),
        stop: Stop::default(),
        life: Life::default(),
        health: None,
        wait_for: WaitFor::default(),
        ready_file: None,
        status_file: None,
        personality,
    })
}

/// An environment variable.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// hinit's licence, since none of the other programs' code is in it.
const LICENCE: &str = include_str!("../LICENSE");
