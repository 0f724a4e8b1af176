//! hinit for another processor, under qemu-user: what users of such images see who
//! run them on x86_64. The app is native, since only hinit is tested.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/mod.rs"]
mod common;

use common::{As, Builder, TempDir, everywhere, fixture, hinit, skip, until};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

const TERM: i32 = 15;
const USR1: i32 = 10;
const EMULATOR: &str = "/usr/bin/qemu-aarch64-static";

/// What `cargo build --target aarch64-unknown-linux-musl` made, if it did.
fn cross_built() -> Option<PathBuf> {
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/aarch64-unknown-linux-musl/debug/hinit");
    let missing = [&binary, Path::new(EMULATOR)].into_iter().find(|path| !path.exists());
    if let Some(missing) = missing {
        skip("hinit for aarch64", &format!("{} is missing", missing.display()));
        return None;
    }
    Some(binary)
}

fn emulated(binary: &Path, mode: As, args: &[&str]) -> Builder {
    let words = [&[binary.to_str().unwrap()], args].concat();
    hinit(mode, words).program(EMULATOR)
}

fn web() -> String {
    let path = Path::new(&fixture()).with_file_name("web");
    assert!(path.exists(), "{} is missing: cargo build --example web", path.display());
    path.display().to_string()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn leaves_with_the_apps_code_or_signal() {
    let Some(binary) = cross_built() else { return };
    everywhere(|mode| {
        for (script, code) in [("exit 7", 7), ("kill -9 $$", 137)] {
            let out = emulated(&binary, mode, &["--", "sh", "-c", script]).output();
            assert_eq!(out.code, code, "{script} as {mode:?}: {}", out.stderr);
        }
        assert_eq!(emulated(&binary, mode, &["--", "/no/such/app"]).output().code, 127);
    });
}

#[test]
fn forwards_signals() {
    let Some(binary) = cross_built() else { return };
    everywhere(|mode| {
        let running = emulated(&binary, mode, &["--", &fixture(), "signals"]).start();
        running.prints("ready");
        running.signal(USR1).prints("got 10");
        running.signal(TERM).prints("got 15");
        assert_eq!(running.wait().code, 7);
    });
}

#[test]
fn probe_and_status_follow_the_health_of_the_app() {
    let Some(binary) = cross_built() else { return };
    let (port, directory) = (free_port().to_string(), TempDir::new("aarch64"));
    let file = directory.path().join("status.json").display().to_string();
    let health = format!("http://:{port}/health");
    let ask = |args: &[&str]| emulated(&binary, As::Process, args).env("HINIT_STATUS_FILE", &file).output();

    let options = ["--health", &health, "--health-interval", "1s", "--health-timeout", "1s", "--", &web()];
    let running = emulated(&binary, As::Process, &options);
    let running = running.env("HINIT_STATUS_FILE", &file).env("PORT", &port).start();
    running.says("hinit: healthy");
    let out = ask(&["probe", &health]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let out = ask(&["status"]);
    assert!(out.code == 0 && out.stdout.starts_with("healthy"), "{}{}", out.stdout, out.stderr);

    assert_eq!(ask(&["probe", &format!("http://:{port}/hang")]).code, 0);
    until("status to be unhealthy", || ask(&["status"]).stdout.starts_with("unhealthy").then_some(()));
    assert_ne!(ask(&["probe", "--timeout", "1s", &health]).code, 0);
    running.signal(TERM);
    assert_eq!(running.wait().code, 0);
}
