//! The same scripted app under a real Docker engine's HEALTHCHECK and under
//! hinit's, with the same settings: status, failing streak, exit codes and
//! outputs must be the same at every result.
//!
//! One container has both: its ENTRYPOINT is hinit with `--health-cmd X`, and
//! its HEALTHCHECK is X. The two deliberate differences have a test each, and
//! are kept out of the others: there the script fails every early check.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "the harness serves other tests too")]

#[path = "../common/docker.rs"]
mod docker;
mod history;
#[path = "../common/skipped.rs"]
mod skipped;

use docker::{Container, Image, Scratch, wait_for};
use history::{History, Seen};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::{env, fs, thread, time::Duration};

/// Docker's own words for them, both for its HEALTHCHECK and for hinit.
#[derive(Clone, Copy)]
struct Settings {
    interval: &'static str,
    timeout: &'static str,
    start_period: &'static str,
    retries: &'static str,
}

/// A timeout that only what hangs for ever reaches: a `docker exec` may take
/// a second on a busy machine. The shortest start period that can be written.
const QUICK: Settings = Settings { interval: "1s", timeout: "3s", start_period: "1ms", retries: "3" };

/// A container whose app Docker and hinit look at.
struct Stage {
    container: Container,
    _image: Image,
    out: Scratch,
}

fn scripted() -> PathBuf {
    let deps = env::current_exe().unwrap();
    let path = deps.ancestors().nth(2).unwrap().join("examples/scripted");
    assert!(path.exists(), "{} is missing: cargo build --example scripted", path.display());
    path
}

impl Stage {
    /// None where no engine answers.
    fn open(name: &str, settings: Settings, check: &[&str]) -> Option<Self> {
        if !docker::engine() {
            return None;
        }
        let hinit = Path::new(env!("CARGO_BIN_EXE_hinit"));
        let files = [("hinit", hinit), ("scripted", &scripted())];
        let image = Image::build(name, &dockerfile(settings, check), &files);
        let out = Scratch::new(name);
        let volume = format!("{}:/out", out.path().display());
        let container = image.run(&["--volume", &volume], &[]);
        Some(Self { container, _image: image, out })
    }

    fn docker_health(&self) -> Value {
        serde_json::from_str(&self.container.inspect("{{json .State.Health}}")).unwrap()
    }

    /// None before hinit has said anything.
    fn hinit_health(&self) -> Option<Value> {
        let text = fs::read_to_string(self.out.path().join("status.json")).ok()?;
        let document: Value = serde_json::from_str(&text).unwrap();
        Some(document["State"]["Health"].clone())
    }

    /// What Docker and what hinit has seen, until both have so many results.
    fn watch(&self, results: usize) -> Both {
        let (mut docker, mut hinit) = (History::default(), History::default());
        wait_for(&format!("{results} results"), || {
            docker.take(&self.docker_health());
            self.hinit_health().iter().for_each(|health| hinit.take(health));
            let seen = docker.results.len().min(hinit.results.len());
            thread::sleep(Duration::from_millis(100));
            (seen >= results).then_some(())
        });
        Both { docker, hinit }
    }

    /// Whether the child that a check of `asker` has left still runs.
    fn child_lives(&self, asker: &str) -> bool {
        let pid = fs::read_to_string(self.out.path().join(format!("child-of-{asker}"))).unwrap();
        let inner = |process: &docker::Process| {
            process.status("NSpid").split_whitespace().last().is_some_and(|inner| inner == pid)
        };
        self.container.processes().iter().any(inner)
    }
}

/// Engines before 25 have no start interval: theirs is the interval.
fn dockerfile(settings: Settings, check: &[&str]) -> String {
    let Settings { interval, timeout, start_period, retries } = settings;
    let check = serde_json::to_string(check).unwrap();
    let entry = serde_json::to_string(&["/hinit", "--health-cmd", &check, "--"]).unwrap();
    format!(
        r#"FROM scratch
           COPY hinit /hinit
           COPY scripted /scripted
           ENV HINIT_STATUS_FILE=/out/status.json HINIT_HEALTH_INTERVAL={interval} \
               HINIT_HEALTH_TIMEOUT={timeout} HINIT_HEALTH_START_PERIOD={start_period} \
               HINIT_HEALTH_RETRIES={retries} HINIT_HEALTH_START_INTERVAL={interval}
           ENTRYPOINT {entry}
           HEALTHCHECK --interval={interval} --timeout={timeout} --start-period={start_period} \
               --retries={retries} CMD {check}
           CMD ["/scripted", "app"]
        "#
    )
}

struct Both {
    docker: History,
    hinit: History,
}

/// Plays a script to both, each step once, and compares all that they have
/// made of it. Gives what they agree on.
fn agree(name: &str, settings: Settings, script: &str) -> Option<Vec<Seen>> {
    let steps = script.split(',').count();
    let both = Stage::open(name, settings, &["/scripted", "probe", script])?.watch(steps);
    let (docker, hinit) = (&both.docker.results[..steps], &both.hinit.results[..steps]);
    history::assert_same(docker, hinit);
    let shown = |history: &History| history.shown.clone();
    assert!(
        history::is_start_of(&shown(&both.docker), &shown(&both.hinit)),
        "{:?} {:?}",
        both.docker.shown,
        both.hinit.shown
    );
    Some(hinit.to_vec())
}

/// `starting/1` and the like, at each result.
fn states(seen: &[Seen]) -> Vec<String> {
    seen.iter().map(|seen| seen.state.clone().unwrap_or_default()).collect()
}

#[test]
fn a_healthy_app_and_all_that_a_check_may_print() {
    let Some(seen) = agree("healthy", QUICK, "0,stderr,long,silent,0") else { return };
    assert_eq!(seen[1].output, "to stderr\n\ttwice \u{1b}[1m\u{fffd}\"'\n");
    assert!(seen[2].output.len() == 4099 && seen[2].output.ends_with("..."));
}

#[test]
fn an_app_that_fails_and_recovers() {
    let script = "0,1,3,0,1,2,127,255,1,0,0";
    let Some(seen) = agree("failing", QUICK, script) else { return };
    let codes: Vec<String> = seen.iter().map(|seen| seen.exit_code.to_string()).collect();
    assert_eq!(codes.join(","), script);
}

#[test]
fn an_app_that_fails_from_the_start() {
    let Some(seen) = agree("never", QUICK, "1,1,1,1,0,1") else { return };
    assert!(states(&seen).iter().any(|state| state.starts_with("unhealthy/")), "{:?}", states(&seen));
}

#[test]
fn an_app_that_hangs_and_recovers() {
    let settings = Settings { retries: "2", ..QUICK };
    let Some(seen) = agree("hanging", settings, "hang,0,hang,hang,1,0") else { return };
    assert_eq!((seen[0].exit_code, seen[0].output.as_str()), (-1, "Health check exceeded timeout (3s)"));
}

#[test]
fn a_slow_start_whose_failures_are_excused_until_the_first_success() {
    let settings = Settings { start_period: "10m", retries: "2", ..QUICK };
    let Some(seen) = agree("slow", settings, "1,1,1,1,0,1,1,1,0") else { return };
    assert!(states(&seen[..4]).iter().all(|state| state.is_empty() || state == "starting/0"), "{seen:?}");
}

/// How many checks fall into the start period is a matter of moments; what
/// comes after the last of them is not.
#[test]
fn a_start_that_is_too_slow() {
    let settings = Settings { start_period: "4s", ..QUICK };
    let Some(stage) = Stage::open("too-slow", settings, &["/scripted", "probe", "1"]) else { return };
    let both = stage.watch(10);
    let counted = |history: &History| {
        let excused = history.results.iter().take_while(|seen| seen.state.as_deref() == Some("starting/0"));
        let excused = excused.count();
        assert!(excused <= 4, "{:?}", history.results);
        history.results[excused..][..5].to_vec()
    };
    let (docker, hinit) = (counted(&both.docker), counted(&both.hinit));
    history::assert_same(&docker, &hinit);
    assert_eq!(states(&hinit)[2], "unhealthy/3");
    assert_eq!(both.hinit.results[0].state.as_deref(), Some("starting/0"));
}

#[test]
fn a_check_that_does_not_exist() {
    let Some(stage) = Stage::open("missing", QUICK, &["/no/such/check"]) else { return };
    let both = stage.watch(5);
    let summary = |history: &History| {
        let results = &history.results[..5];
        assert!(results.iter().all(|seen| seen.output.contains("/no/such/check")), "{results:?}");
        let wordless = |seen: &Seen| Seen { output: String::new(), ..seen.clone() };
        results.iter().map(wordless).collect::<Vec<_>>()
    };
    let (docker, hinit) = (summary(&both.docker), summary(&both.hinit));
    history::assert_same(&docker, &hinit);
    assert_eq!(hinit[0].exit_code, -1);
}

/// The first deliberate difference: hinit looks before Docker's first moment.
#[test]
fn healthy_may_come_sooner_and_nothing_else_differs() {
    let settings = Settings { interval: "4s", ..QUICK };
    let check = ["/scripted", "probe-also-early", "0"];
    let Some(stage) = Stage::open("sooner", settings, &check) else { return };
    wait_for("hinit to say healthy", || {
        let docker = stage.docker_health();
        let healthy = stage.hinit_health().is_some_and(|health| health["Status"] == "healthy");
        assert!(healthy || docker["Status"] == "starting", "docker was sooner: {docker}");
        healthy.then_some(())
    });
    let both = stage.watch(2);
    history::assert_same(&both.docker.results[..2], &both.hinit.results[..2]);
}

/// The second: Docker leaves the children of a check behind.
#[test]
fn a_timeout_kills_the_children_of_a_check_too() {
    let settings = Settings { timeout: "2s", ..QUICK };
    let check = ["/scripted", "probe", "family,0"];
    let Some(stage) = Stage::open("family", settings, &check) else { return };
    let both = stage.watch(2);
    history::assert_same(&both.docker.results[..2], &both.hinit.results[..2]);
    assert!(stage.child_lives("docker"), "Docker has changed: one difference less");
    assert!(!stage.child_lives("hinit"));
}
