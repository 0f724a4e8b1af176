//! Faults, injected one by one: what can go wrong around a PID 1, and that
//! hinit goes on, or leaves with a code and a reason.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used, unsafe_code)]

#[path = "../common/mod.rs"]
mod common;

mod environment;
mod memory;
mod parent;
mod permissions;
mod processes;
mod resources;
mod signals;
mod stopped;
mod time;

use common::cgroup::Cgroup;

const KILL: i32 = 9;
const USR1: i32 = 10;
const USR2: i32 = 12;
const TERM: i32 = 15;
const CONT: i32 = 18;
const STOP: i32 = 19;

fn sh(script: &str) -> Vec<String> {
    with(&[], script)
}

/// hinit's options, and a shell script as the app.
fn with(options: &[&str], script: &str) -> Vec<String> {
    options.iter().chain(&["sh", "-c", script]).map(|word| (*word).to_owned()).collect()
}

/// hinit's options, and a behaviour of the fixture as the app.
fn fixture(options: &[&str], behaviour: &[&str]) -> Vec<String> {
    let words = options.iter().map(|word| (*word).to_owned());
    words.chain([common::fixture()]).chain(behaviour.iter().map(|word| (*word).to_owned())).collect()
}

/// A control group, or the reason why a test is skipped.
fn cgroup(controller: &str) -> Option<Cgroup> {
    Cgroup::new(controller).map_err(|why| common::skip(&format!("a {controller} limit"), &why)).ok()
}

/// Whether this is root; says what is skipped otherwise.
fn root_for(what: &str) -> bool {
    if !common::is_root() {
        common::skip(what, "only root can set it up");
    }
    common::is_root()
}
