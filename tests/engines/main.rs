//! What hinit promises in a container, in a few tests that run on every engine and
//! runtime: `.ci/full` names each by DOCKER_HOST and TESTED_RUNTIME. Where a runtime
//! differs from runc, [`runtime::Differences`] says how.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "the harness serves other tests too")]

#[path = "../common/docker.rs"]
mod docker;
mod runtime;
#[path = "../common/skipped.rs"]
mod skipped;

use docker::{Container, Image, wait_for};
use runtime::Differences;
use std::env;
use std::path::{Path, PathBuf};

const STATUS: &str = r#"["/hinit", "status"]"#;
const PROBE: &str = r#"["/hinit", "probe", "http://:8080/health"]"#;
const UNPRIVILEGED: [&str; 5] = ["--read-only", "--user", "10001:10001", "--cap-drop", "ALL"];
const DROPPED: [&str; 3] = ["--read-only", "--env", "HINIT_USER=10001:10001"];

fn web_binary() -> PathBuf {
    let deps = env::current_exe().unwrap();
    let web = deps.ancestors().nth(2).unwrap().join("examples/web");
    assert!(web.exists(), "{} is missing: cargo build --example web", web.display());
    web
}

fn busybox_binary() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|directory| directory.join("busybox")).find(|file| file.exists());
    if found.is_none() {
        skipped::skip("a container", "busybox is not installed");
    }
    found
}

/// hinit, a web app and busybox, without a directory.
fn image(name: &str, healthcheck: &str) -> Option<Image> {
    let busybox = busybox_binary().filter(|_| docker::engine())?;
    let dockerfile = format!(
        r#"FROM scratch
           COPY hinit web busybox /
           ENV PORT=8080 HINIT_HEALTH_INTERVAL=1s HINIT_HEALTH_TIMEOUT=5s
           ENTRYPOINT ["/hinit", "--health", "http://:8080/health", "--"]
           HEALTHCHECK --interval=1s --timeout=5s --retries=2 CMD {healthcheck}
           CMD ["/web"]
        "#
    );
    let hinit = Path::new(env!("CARGO_BIN_EXE_hinit"));
    Some(Image::build(name, &dockerfile, &[("hinit", hinit), ("web", &web_binary()), ("busybox", &busybox)]))
}

/// Makes the app hang, then answer again, and waits until Docker has seen both.
fn assert_hang_and_recovery_are_seen(container: &Container) {
    container.wait_for_health("healthy");
    container.exec(&["/hinit", "probe", "http://:8080/hang"]).unwrap();
    container.wait_for_health("unhealthy");
    container.exec(&["/hinit", "probe", "http://:8080/resume"]).unwrap();
    container.wait_for_health("healthy");
}

fn assert_stops_with_the_apps_own_code(container: &Container) {
    assert_eq!(container.stop(), "0");
    let logs = container.logs();
    assert!(logs.contains("web: stopped"), "{logs}");
    assert!(logs.contains("the app exited with code 0, after SIGTERM from outside the container"), "{logs}");
}

/// The fields of a process's status that the kernel here shows.
fn identity(container: &Container, pid: &str) -> Vec<(String, String)> {
    let text = container.exec(&["/busybox", "cat", &format!("/proc/{pid}/status")]).unwrap();
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    fields
        .filter(|(key, _)| runtime::IDENTITY.contains(key))
        .map(|(key, value)| (key.to_owned(), value.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect()
}

fn app_pid(container: &Container) -> String {
    wait_for("the app to be named", || {
        let logs = container.logs();
        let (_, rest) = logs.split_once("(pid ")?;
        Some(rest.split(')').next()?.to_owned())
    })
}

#[test]
fn status_as_healthcheck_follows_the_app_in_a_read_only_image_without_privileges() {
    let Some(image) = image("status", STATUS) else { return };
    let container = image.run(&UNPRIVILEGED, &[]);
    assert_hang_and_recovery_are_seen(&container);
    assert_eq!(container.status()["Status"], "healthy");
    assert_stops_with_the_apps_own_code(&container);
}

#[test]
fn a_probe_as_healthcheck_follows_the_app_in_a_read_only_image_without_privileges() {
    let Some(image) = image("probe", PROBE) else { return };
    let container = image.run(&UNPRIVILEGED, &[]);
    assert_hang_and_recovery_are_seen(&container);
    assert_stops_with_the_apps_own_code(&container);
}

#[test]
fn a_drop_leaves_nothing_to_hinit_and_the_app() {
    let Some(image) = image("drop", PROBE) else { return };
    let container = image.run(&DROPPED, &[]);
    container.wait_for_health("healthy");
    for pid in ["1", &app_pid(&container)] {
        assert_eq!(identity(&container, pid), Differences::here().identity(), "of pid {pid}");
    }
    assert_stops_with_the_apps_own_code(&container);
}

#[test]
fn status_is_healthy_to_root_and_to_the_user_after_a_drop() {
    let Some(image) = image("users", PROBE) else { return };
    let container = image.run(&DROPPED, &[]);
    container.wait_for_health("healthy");
    for user in ["0:0", "10001:10001"] {
        let said = wait_for("a healthy status", || container.exec_as(user, &["/hinit", "status"]).ok());
        assert!(said.starts_with("healthy"), "to {user}: {said}");
    }
}

#[test]
fn a_kept_capability_is_kept_or_refused_before_the_app_starts() {
    let Some(image) = image("kept", PROBE) else { return };
    let options = ["--env", "HINIT_USER=10001:10001", "--env", "HINIT_CAP_ADD=NET_BIND_SERVICE"];
    let container = image.run(&options, &["/busybox", "grep", "CapEff", "/proc/self/status"]);
    let (code, said) = Differences::here().kept_capability;
    let ended = container.wait();
    let logs = container.logs();
    assert!(ended == code && logs.contains(said), "{ended}: {logs}");
}

#[test]
fn the_apps_exit_code_and_its_signal_are_those_of_the_container() {
    let Some(image) = image("ends", PROBE) else { return };
    for (script, code) in [("exit 7", "7"), ("kill -9 $$", "137")] {
        assert_eq!(image.run(&UNPRIVILEGED, &["/busybox", "sh", "-c", script]).wait(), code, "{script}");
    }
    assert_eq!(image.run(&UNPRIVILEGED, &["/no/such/app"]).wait(), "127");
}

#[test]
fn signals_reach_the_app_by_their_numbers() {
    let Some(image) = image("signals", PROBE) else { return };
    let script = "trap 'exit 5' USR1; echo ready; while :; do /busybox sleep 0.1; done";
    let container = image.run(&UNPRIVILEGED, &["/busybox", "sh", "-c", script]);
    wait_for("the app to be ready", || container.logs().contains("ready").then_some(()));
    container.kill_with("USR1");
    assert_eq!(container.wait(), "5");
}

#[test]
fn orphans_are_reaped() {
    let Some(image) = image("orphans", PROBE) else { return };
    let script =
        "for i in 1 2 3 4 5 6 7 8 9; do (/busybox true &); done; echo ready; exec /busybox sleep 1000";
    let container = image.run(&UNPRIVILEGED, &["/busybox", "sh", "-c", script]);
    wait_for("the orphans to be left", || container.logs().contains("ready").then_some(()));
    wait_for("no zombie to be left", || {
        let states = container.exec(&["/busybox", "ps", "-o", "stat"]).unwrap();
        (!states.contains('Z')).then_some(())
    });
}

#[test]
fn a_user_that_does_not_exist_never_starts_the_app() {
    let Some(image) = image("wrong", PROBE) else { return };
    let container = image.run(&["--env", "HINIT_USER=nosuch"], &[]);
    assert_eq!(container.wait(), "125");
    let logs = container.logs();
    assert!(logs.contains("nosuch") && !logs.contains("web:"), "{logs}");
}
