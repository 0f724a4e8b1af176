//! hinit under the names of other programs, beside those programs themselves
//! where they are installed: the same table for both.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;

mod catatonit;
mod dumb_init;
mod engines;
mod gosu;
mod same;
mod terminal;
mod tini;

use common::{As, Builder, HINIT, TempDir, everywhere, skip};
use std::ffi::OsStr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

const TERM: i32 = 15;

/// A directory in which hinit has the names of the others, for everybody.
struct Names(TempDir);

impl Names {
    fn new() -> Self {
        let directory = TempDir::new("names");
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
        for name in ["tini", "docker-init", "dumb-init", "catatonit", "podman-init", "gosu", "su-exec"] {
            symlink(HINIT, directory.path().join(name)).unwrap();
        }
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// A program of this name that is not hinit.
fn original(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.exists());
    if found.is_none() {
        skip(&format!("the original {name}"), "it is not installed");
    }
    found
}

/// Runs a behaviour of hinit under this name, and of the original.
fn hinit_and_the_original(name: &str, behaviour: impl Fn(&Path)) {
    let names = Names::new();
    behaviour(&names.path(name));
    if let Some(original) = original(name) {
        println!("now the original: {}", original.display());
        behaviour(&original);
    }
}

/// The same as PID 1 and as an ordinary process.
fn both_everywhere(name: &str, behaviour: impl Fn(&Path, As)) {
    hinit_and_the_original(name, |program| everywhere(|mode| behaviour(program, mode)));
}

/// hinit alone, where the original has a bug.
fn only_hinit(name: &str, behaviour: impl Fn(&Path, As)) {
    let program = Names::new();
    everywhere(|mode| behaviour(&program.path(name), mode));
}

fn start<W: AsRef<OsStr>>(program: &Path, mode: As, words: impl IntoIterator<Item = W>) -> Builder {
    common::hinit(mode, words).program(program)
}

/// A shell command line to run: `sh -c 'script' sh FIXTURE`, after `--`, since
/// the originals would take the shell's options for their own.
fn sh<'a>(flags: &[&'a str], script: &'a str) -> Vec<&'a str> {
    let mut words = flags.to_vec();
    words.extend(["--", "sh", "-c", script]);
    words
}

/// A field of /proc/PID/stat after the name, counted as proc(5) does.
fn stat(pid: i32, field: usize) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let behind = text.rsplit_once(')').map_or("", |(_, behind)| behind);
    behind.split_whitespace().nth(field - 3).unwrap_or_default().to_owned()
}
