//! hinit under the names of other programs. Where the original is installed, the
//! same tests run against it.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;

mod catatonit;
mod dumb_init;
mod engines;
mod gosu;
mod redirects;
mod same;
mod terminal;
mod tini;

use common::{As, Builder, HINIT, TempDir, everywhere, skip};
use std::ffi::OsStr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

const TERM: i32 = 15;

/// A directory with links to hinit under the names of the others, readable by
/// every user.
struct Names(TempDir);

impl Names {
    fn new() -> Self {
        let directory = TempDir::new("names");
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
        for name in [
            "tini",
            "docker-init",
            "dumb-init",
            "catatonit",
            "podman-init",
            "gosu",
            "su-exec",
            "curl",
            "wget",
        ] {
            symlink(HINIT, directory.path().join(name)).unwrap();
        }
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// The original program of this name.
fn original(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.exists());
    if found.is_none() {
        skip(&format!("the original {name}"), "it is not installed");
    }
    found
}

/// Runs a test against hinit under this name, and against the original.
fn hinit_and_the_original(name: &str, test: impl Fn(&Path)) {
    let names = Names::new();
    test(&names.path(name));
    if let Some(original) = original(name) {
        println!("now the original: {}", original.display());
        test(&original);
    }
}

/// The same as PID 1 and as an ordinary process.
fn both_everywhere(name: &str, test: impl Fn(&Path, As)) {
    hinit_and_the_original(name, |program| everywhere(|mode| test(program, mode)));
}

/// hinit only, where the original has a bug.
fn only_hinit(name: &str, test: impl Fn(&Path, As)) {
    let program = Names::new();
    everywhere(|mode| test(&program.path(name), mode));
}

fn start<A: AsRef<OsStr>>(program: &Path, mode: As, args: impl IntoIterator<Item = A>) -> Builder {
    common::hinit(mode, args).program(program)
}

/// `FLAGS -- sh -c SCRIPT`. Without `--` the originals would parse the shell's
/// options as their own.
fn sh<'a>(flags: &[&'a str], script: &'a str) -> Vec<&'a str> {
    let mut args = flags.to_vec();
    args.extend(["--", "sh", "-c", script]);
    args
}

/// A field of /proc/PID/stat after the name, numbered as in proc(5).
fn stat(pid: i32, field: usize) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let behind = text.rsplit_once(')').map_or("", |(_, behind)| behind);
    behind.split_whitespace().nth(field - 3).unwrap_or_default().to_owned()
}
