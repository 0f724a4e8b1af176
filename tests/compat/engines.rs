//! `docker run --init` and `podman run --init` with hinit as the engine's init,
//! and with the original: containers behave the same.
//!
//! The Docker engine is one of its own, beside whatever runs on this machine.

use crate::common::{As, HINIT, LIMIT, Output, Running, TempDir, fixture, is_root, skip, until};
use crate::{Names, TERM, original, start};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;

const IMAGE: &str = "hinit-test/busybox:1";

/// A client with the options that lead it to this test's engine.
struct Engine {
    program: PathBuf,
    options: Vec<String>,
    /// Options of `run`: what may not be had here is limited.
    limits: Vec<String>,
    /// And those that ask for the init.
    run: Vec<String>,
    /// The Docker daemon; podman needs none.
    daemon: Option<Running>,
    home: TempDir,
}

impl Engine {
    fn docker(init: &Path) -> Option<Self> {
        let (program, daemon) = (original("docker")?, original("dockerd")?);
        let home = TempDir::in_short_path("docker");
        let at = |name: &str| home.path().join(name).display().to_string();
        let socket = format!("unix://{}", at("socket"));
        let words = [
            ["--data-root", &at("data")],
            ["--exec-root", &at("exec")],
            ["--pidfile", &at("pid")],
            ["--host", &socket],
            ["--init-path", init.to_str().unwrap()],
        ];
        let words = [words.as_flattened(), &["--iptables=false", "--bridge=none"]].concat();
        let daemon = Some(start(&daemon, As::Process, words).start());
        let options = vec!["--host".to_owned(), socket];
        let run = vec!["--init".to_owned()];
        let engine = Self { program, options, limits: vec![], run, daemon, home };
        until("the engine answers", || (engine.client(&["version"]).code == 0).then_some(()));
        Some(engine)
    }

    fn podman(init: &Path) -> Option<Self> {
        let (program, runtime) = (original("podman")?, original("runc")?);
        let home = TempDir::in_short_path("podman");
        let at = |name: &str| home.path().join(name).display().to_string();
        let options = ["--root", &at("root"), "--runroot", &at("run"), "--storage-driver", "vfs"];
        let more =
            ["--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime", runtime.to_str()?];
        // More than a container's default limits may not be had in a container.
        let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=2000:2000"];
        let run = ["--init", "--init-path", init.to_str()?];
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Some(Self {
            program,
            options: owned(&[options, more].concat()),
            limits: owned(&limits),
            run: owned(&run),
            daemon: None,
            home,
        })
    }

    fn options(&self) -> Vec<&str> {
        self.options.iter().map(String::as_str).collect()
    }

    fn client(&self, words: &[&str]) -> Output {
        start(&self.program, As::Process, [&self.options(), words].concat()).output()
    }

    /// What it prints, or a failed test.
    fn ask(&self, words: &[&str]) -> String {
        let out = self.client(words);
        assert_eq!(out.code, 0, "{words:?}: {}", out.stderr);
        out.stdout.trim().to_owned()
    }

    /// busybox and its shell, and nothing else.
    fn import(&self, busybox: &Path) {
        let root = self.home.path().join("image");
        std::fs::create_dir_all(root.join("bin")).unwrap();
        std::fs::copy(busybox, root.join("bin/busybox")).unwrap();
        for applet in ["sh", "sleep", "ps", "grep", "true", "tr"] {
            std::os::unix::fs::symlink("busybox", root.join("bin").join(applet)).unwrap();
        }
        let archive = self.home.path().join("image.tar").display().to_string();
        let packed = Command::new("tar").arg("-C").arg(root).args(["-cf", &archive, "."]).status().unwrap();
        assert!(packed.success());
        self.ask(&["import", &archive, IMAGE]);
    }

    fn words<'a>(&'a self, options: &[&'a str], script: &'a str) -> Vec<&'a str> {
        let run = self.limits.iter().chain(&self.run).map(String::as_str);
        let fixed = ["run", "--network", "none"].into_iter().chain(run);
        fixed.chain(options.iter().copied()).chain([IMAGE, "sh", "-c", script]).collect()
    }

    fn run(&self, script: &str) -> Output {
        self.client(&self.words(&["--rm"], script))
    }

    /// Starts a container that prints "ready".
    fn started(&self, script: &str) -> String {
        let id = self.ask(&self.words(&["--detach"], script));
        until("it is ready", || self.client(&["logs", &id]).stdout.contains("ready").then_some(()));
        id
    }

    fn exit_code(&self, id: &str) -> String {
        let code = self.ask(&["wait", id]);
        self.ask(&["rm", id]);
        code
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let left = self.client(&["ps", "--all", "--quiet"]).stdout;
        for id in left.split_whitespace() {
            self.client(&["rm", "--force", id]);
        }
        if let Some(daemon) = self.daemon.take() {
            daemon.signal(TERM);
            daemon.wait();
        }
    }
}

/// What a container with an init is used for.
fn check(engine: &Engine, pid1: &str) {
    let out = engine.run("tr '\\0' ' ' < /proc/1/cmdline; exit 7");
    assert_eq!(out.code, 7, "{}", out.stderr);
    assert!(out.stdout.starts_with(pid1), "{}", out.stdout);
    assert_eq!(out.stderr, "");

    let no_zombies = "for i in 1 2 3 4 5; do sh -c 'true &'; done; for i in 1 2 3 4 5 6 7 8 9; do \
                      ps -o stat | grep -q Z || exit 0; sleep 1; done; exit 1";
    assert_eq!(engine.run(no_zombies).code, 0, "there are zombies");
    assert_eq!(engine.run("kill -9 $$").code, 137);

    // As PID 1 itself, sleep would never hear of a TERM.
    let id = engine.started("echo ready; exec sleep 600");
    engine.ask(&["stop", "--time", "600", &id]);
    assert_eq!(engine.exit_code(&id), "143");

    let id = engine.started("trap 'exit 5' USR1; echo ready; while :; do sleep 0.1; done");
    engine.ask(&["kill", "--signal", "USR1", &id]);
    assert_eq!(engine.exit_code(&id), "5");
}

fn busybox() -> Option<PathBuf> {
    if !is_root() {
        skip("container engines", "not root");
        return None;
    }
    original("busybox")
}

#[test]
fn docker_run_init_with_hinit_is_as_with_tini() {
    let Some(busybox) = busybox() else { return };
    let names = Names::new();
    let inits = [Some(names.path("docker-init")), original("tini-static")];
    for init in inits.into_iter().flatten() {
        println!("with {}", init.display());
        let Some(engine) = Engine::docker(&init) else { return };
        engine.import(&busybox);
        check(&engine, "/sbin/docker-init -- sh -c");
        assert_eq!(engine.client(&["run", "--init", "--rm", "--network", "none", IMAGE, "nosuch"]).code, 127);
        let shown = engine.ask(&["info", "--format", "{{.InitBinary}}"]);
        assert_eq!(Path::new(&shown), init);
    }
}

/// `podman run --sdnotify=container`: the engine's own socket, through runc's.
#[test]
fn podman_is_told_when_the_app_says_that_it_is_ready() {
    let Some(busybox) = busybox() else { return };
    let Some(engine) = Engine::podman(Path::new(HINIT)) else { return };
    engine.import(&busybox);
    let place = engine.home.path().join("notify");
    let systemd = UnixDatagram::bind(&place).unwrap();
    systemd.set_read_timeout(Some(LIMIT)).unwrap();
    let volumes = [format!("{HINIT}:/hinit:ro"), format!("{}:/fixture:ro", fixture())];
    let volumes = ["--volume", &volumes[0], "--volume", &volumes[1]];
    let options = ["run", "--detach", "--sdnotify=container", "--network", "none"];
    let app = [IMAGE, "/hinit", "--health", "notify:", "/fixture", "notify", "MAINPID=7\nREADY=1"];
    let limits: Vec<&str> = engine.limits.iter().map(String::as_str).collect();
    let words = [engine.options(), options.to_vec(), limits, volumes.to_vec(), app.to_vec()].concat();
    let started = start(&engine.program, As::Process, words).env("NOTIFY_SOCKET", place.to_str().unwrap());
    let out = started.output();
    assert_eq!(out.code, 0, "{}", out.stderr);
    let id = out.stdout.trim();
    until("it is ready", || engine.client(&["logs", id]).stdout.contains("ready").then_some(()));

    // podman tells of its own process first; so far the app has said nothing.
    assert!(hear(&systemd).starts_with("MAINPID="));
    systemd.set_nonblocking(true).unwrap();
    assert!(systemd.recv(&mut [0; 100]).is_err());
    systemd.set_nonblocking(false).unwrap();
    engine.ask(&["kill", "--signal", "USR1", id]);
    assert_eq!(hear(&systemd).trim_end(), "READY=1");
    engine.ask(&["kill", "--signal", "TERM", id]);
    assert_eq!(engine.exit_code(id), "7");
}

fn hear(socket: &UnixDatagram) -> String {
    let mut message = [0; 100];
    let length = socket.recv(&mut message).unwrap();
    String::from_utf8_lossy(&message[..length]).into_owned()
}

#[test]
fn podman_run_init_with_hinit_is_as_with_catatonit() {
    let Some(busybox) = busybox() else { return };
    let inits = [Some(PathBuf::from(HINIT)), original("catatonit")];
    for init in inits.into_iter().flatten() {
        println!("with {}", init.display());
        let Some(engine) = Engine::podman(&init) else { return };
        engine.import(&busybox);
        check(&engine, "/run/podman-init -- sh -c");
    }
}
