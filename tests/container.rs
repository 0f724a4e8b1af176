//! The main job, end to end: a web app under hinit under a real Docker engine.
//!
//! The Flask image is built from the README's own Dockerfile; only the names of
//! the two images it copies from are replaced by local ones, since no container
//! here has a network.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/docker.rs"]
mod docker;
#[path = "common/skipped.rs"]
mod skipped;

use docker::{Container, Image, Process, wait_for};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::{env, fs};

const NO_CAPABILITY: &str = "0000000000000000";

// ---------------------------------------------------------------- the images

fn hinit_binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_hinit"))
}

/// The example app, which cargo builds beside the tests.
fn web_binary() -> PathBuf {
    let deps = env::current_exe().unwrap();
    let web = deps.ancestors().nth(2).unwrap().join("examples/web");
    assert!(web.exists(), "{} is missing: cargo build --example web", web.display());
    web
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn hinit_image() -> Image {
    let dockerfile = fs::read_to_string(in_repository("packaging/Dockerfile")).unwrap();
    Image::build("hinit", &dockerfile, &[("hinit", hinit_binary())])
}

fn readme_dockerfile() -> String {
    let readme = fs::read_to_string(in_repository("README.md")).unwrap();
    let block = readme.split("```Dockerfile\n").nth(1).expect("a Dockerfile in README.md");
    block.split("```").next().unwrap().to_owned()
}

fn replace(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "no {old} in:\n{text}");
    text.replace(old, new)
}

/// The image of the README, its Dockerfile changed by `edits`.
fn flask_image(name: &str, edits: &[(&str, &str)]) -> Option<Image> {
    if !docker::engine() {
        return None;
    }
    let base = docker::python_base()?;
    let hinit = hinit_image();
    let names = [
        ("FROM python:3.11-slim", &*format!("FROM {base}")),
        ("--from=hinit ", &*format!("--from={} ", hinit.tag())),
    ];
    let dockerfile =
        names.iter().chain(edits).fold(readme_dockerfile(), |text, (old, new)| replace(&text, old, new));
    let (app, wanted) =
        (in_repository("examples/flask/run.py"), in_repository("examples/flask/requirements.txt"));
    Some(Image::build(name, &dockerfile, &[("run.py", &app), ("requirements.txt", &wanted)]))
}

/// The same with a probe each second, so that changes come soon.
fn quick_flask_image(name: &str) -> Option<Image> {
    flask_image(
        name,
        &[
            (r#""--health-interval", "30s""#, r#""--health-interval", "1s""#),
            (r#""--health-timeout", "10s""#, r#""--health-timeout", "1s""#),
            ("HEALTHCHECK --interval=5s", "HEALTHCHECK --interval=1s"),
            // gunicorn kills a worker that hangs for so long; not in this test.
            (r#"CMD ["gunicorn","#, r#"CMD ["gunicorn", "--timeout", "900","#),
        ],
    )
}

/// Nothing but hinit and a static app, looked at each second.
fn scratch_image(name: &str, healthcheck: &str) -> Option<Image> {
    if !docker::engine() {
        return None;
    }
    let dockerfile = format!(
        r#"FROM scratch
           COPY hinit /hinit
           COPY web /web
           ENV PORT=8080 HINIT_HEALTH_INTERVAL=1s HINIT_HEALTH_TIMEOUT=1s
           ENTRYPOINT ["/hinit", "--health", "http://:8080/health", "--"]
           HEALTHCHECK --interval=1s --retries=1 CMD {healthcheck}
           CMD ["/web"]
        "#
    );
    Some(Image::build(name, &dockerfile, &[("hinit", hinit_binary()), ("web", &web_binary())]))
}

// ---------------------------------------------------------------- the checks

fn gunicorn(container: &Container) -> Vec<Process> {
    container
        .processes()
        .into_iter()
        .filter(|process| process.args.contains("gunicorn") && !process.is_hinit())
        .collect()
}

fn four_workers(container: &Container) -> Vec<Process> {
    wait_for("four workers", || {
        let all = gunicorn(container);
        let workers: Vec<_> =
            all.iter().filter(|process| process.is_child_of_one_of(&all)).cloned().collect();
        (workers.len() == 4).then_some(workers)
    })
}

fn assert_unprivileged(process: &Process) {
    let id = "10001 10001 10001 10001";
    let capabilities = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(|set| (set, NO_CAPABILITY));
    let expected = [("Uid", id), ("Gid", id), ("Groups", "10001"), ("NoNewPrivs", "1")];
    for (key, value) in expected.into_iter().chain(capabilities) {
        assert_eq!(process.status(key), value, "{key} of {process:?}");
    }
}

/// One that has just ended may wait for its parent for a moment, none for long.
fn assert_no_zombies(container: &Container) {
    wait_for("zombies to go", || {
        let processes = container.processes();
        processes.iter().all(|process| !process.state.starts_with('Z')).then_some(())
    });
}

fn streak(status: &Value) -> u64 {
    status["FailingStreak"].as_u64().unwrap_or_else(|| panic!("no FailingStreak in {status}"))
}

/// Follows a healthy app into unhealthy, and checks each state on the way.
fn assert_unhealthy_after_exactly(retries: u64, container: &Container) {
    wait_for("hinit to say unhealthy", || {
        let status = container.status();
        let expected = if streak(&status) < retries { "healthy" } else { "unhealthy" };
        assert_eq!(status["Status"], expected, "{status}");
        (expected == "unhealthy").then_some(())
    });
    container.wait_for_health("unhealthy");
}

fn assert_healthy_again(container: &Container) {
    container.wait_for_health("healthy");
    let status = container.status();
    assert_eq!((status["Status"].as_str(), streak(&status)), (Some("healthy"), 0), "{status}");
}

// ------------------------------------------------------ Flask under gunicorn

#[test]
fn the_readme_image_is_healthy_unprivileged_and_stops_with_the_apps_own_code() {
    let Some(image) = flask_image("readme", &[]) else { return };
    let container = image.run(&[], &[]);
    container.wait_for_health("healthy");

    let workers_and_master =
        wait_for("four workers", || Some(gunicorn(&container)).filter(|all| all.len() == 5));
    workers_and_master.iter().for_each(assert_unprivileged);
    assert_unprivileged(&container.first_process());
    assert_no_zombies(&container);

    assert_eq!(container.stop(), "0", "gunicorn's own exit code");
    let logs = container.logs();
    assert!(logs.contains("Handling signal: term") && logs.contains("Shutting down: Master"), "{logs}");
    assert_eq!(container.inspect("{{.State.OOMKilled}} {{.State.Error}}").trim(), "false");
}

#[test]
fn a_hung_app_turns_unhealthy_after_the_configured_failures_and_recovers() {
    let Some(image) = quick_flask_image("hang") else { return };
    let container = image.run(&[], &[]);
    container.wait_for_health("healthy");
    let workers = four_workers(&container);

    container.signal("STOP", &workers);
    assert_unhealthy_after_exactly(3, &container);
    container.signal("CONT", &workers);
    assert_healthy_again(&container);

    assert_no_zombies(&container);
    assert_eq!(container.stop(), "0");
}

#[test]
fn orphans_of_the_app_leave_no_zombie() {
    let Some(image) = quick_flask_image("orphans") else { return };
    let script =
        "for i in 1 2 3 4 5 6 7 8 9; do (sh -c 'sleep 0.1; exit 7' &); done; echo all gone; exec sleep 1000";
    let container = image.run(&[], &["sh", "-c", script]);
    wait_for("the last orphan to be reaped", || {
        let alone = container.processes().iter().filter(|process| !process.is_hinit()).count() == 1;
        (alone && container.logs().contains("all gone")).then_some(())
    });
    assert_no_zombies(&container);
}

#[test]
fn works_with_stdin_closed() {
    let Some(image) = quick_flask_image("stdin") else { return };
    let close =
        ["-c", "exec \"$@\" <&-", "sh", "/hinit", "--user", "10001:10001", "--health", "http://:5500/health"];
    let app = ["--", "gunicorn", "--bind", "127.0.0.1:5500", "run:app"];
    let container = image.run(&["--entrypoint", "sh"], &[&close[..], &app].concat());
    container.wait_for_health("healthy");
    assert_eq!(container.stop(), "0");
}

// ---------------------------------------------------------- FROM scratch

#[test]
fn a_scratch_image_reports_each_change_of_health() {
    let Some(image) = scratch_image("scratch", r#"["/hinit", "status"]"#) else { return };
    let container = image.run(&[], &[]);
    container.wait_for_health("healthy");

    container.exec(&["/hinit", "probe", "http://:8080/hang"]).unwrap();
    assert_unhealthy_after_exactly(3, &container);
    container.exec(&["/hinit", "probe", "http://:8080/resume"]).unwrap();
    assert_healthy_again(&container);

    assert_no_zombies(&container);
    assert_eq!(container.stop(), "0");
    let logs = container.logs();
    assert!(logs.contains("web: stopped"), "{logs}");
    assert!(logs.contains("the app exited with code 0, after SIGTERM from outside the container"), "{logs}");
}

#[test]
fn a_probe_alone_serves_as_healthcheck() {
    let Some(image) = scratch_image("probe", r#"["/hinit", "probe", "http://:8080/health"]"#) else { return };
    let container = image.run(&[], &[]);
    container.wait_for_health("healthy");
    container.exec(&["/hinit", "probe", "http://:8080/hang"]).unwrap();
    container.wait_for_health("unhealthy");
}

#[test]
fn works_with_a_read_only_root_as_the_user_of_docker_run() {
    let Some(image) = scratch_image("readonly", r#"["/hinit", "status"]"#) else { return };
    let container = image.run(&["--read-only", "--user", "10001:10001", "--cap-drop", "ALL"], &[]);
    container.wait_for_health("healthy");
    assert_eq!(container.stop(), "0");
}

#[test]
fn drops_to_the_user_of_the_option_with_a_read_only_root() {
    let Some(image) = scratch_image("dropped", r#"["/hinit", "status"]"#) else { return };
    let container = image.run(&["--read-only", "--env", "HINIT_USER=10001:10001"], &[]);
    container.wait_for_health("healthy");
    assert_unprivileged(&container.first_process());
    container.processes().iter().filter(|process| !process.is_hinit()).for_each(assert_unprivileged);
    assert_eq!(container.stop(), "0");
}

#[test]
fn a_wrong_user_never_starts_the_app() {
    let Some(image) = scratch_image("wrong", r#"["/hinit", "status"]"#) else { return };
    let container = image.run(&["--env", "HINIT_USER=4294967296"], &[]);
    wait_for("the container to end", || (container.inspect("{{.State.Status}}") == "exited").then_some(()));
    assert_eq!(container.inspect("{{.State.ExitCode}}"), "125");
    let logs = container.logs();
    assert!(logs.contains("4294967296") && !logs.contains("web:"), "{logs}");
}
