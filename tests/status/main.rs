//! `hinit status`: waiting for health, hinit that is stuck or gone, and who can
//! read whose document.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code, reason = "the harness serves other tests too")]
#[path = "../common/docker.rs"]
mod docker;

mod draining;
mod hidden;
mod named;
mod several;
mod shared;
mod stale;
mod wait;

use common::{HINIT, Running, TempDir, fixture, hinit, skipped};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A hinit whose app is healthy as long as a file is there.
struct Watched {
    running: Running,
    dir: TempDir,
}

impl Watched {
    fn start(mode: common::As) -> Self {
        let dir = TempDir::new("status");
        let check = format!(
            "test -e {} && echo fine || {{ echo missing; false; }}",
            dir.path().join("healthy").display()
        );
        let (place, app) = (dir.path().join("status.json"), fixture());
        let options = ["--health-cmd", &check, "--health-interval", "50ms", "--health-retries", "2", "-q"];
        let words = [&options[..], &["--status-file", place.to_str().unwrap(), &app, "signals"]].concat();
        let running = hinit(mode, words).start();
        running.prints("ready");
        Self { running, dir }
    }

    fn place(&self) -> PathBuf {
        self.dir.path().join("status.json")
    }

    /// `hinit status` with these words, of the document of this one.
    fn status(&self, words: &[&str]) -> Command {
        status(&self.place(), words)
    }

    fn make_healthy(&self) {
        self.dir.file("healthy", "");
    }
}

fn status(place: &std::path::Path, words: &[&str]) -> Command {
    let mut command = Command::new(HINIT);
    command.arg("status").args(words).arg("--status-file").arg(place);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The exit code and all that was said.
fn said(output: &Output) -> (i32, String) {
    let text = [&output.stdout[..], &output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}
