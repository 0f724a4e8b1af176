//! `docker run --init` and `podman run --init` with hinit as the engine's init,
//! and with the original: containers behave the same.
//!
//! The tests start a Docker daemon of their own.

use crate::common::{As, HINIT, LIMIT, Output, Running, TempDir, fixture, is_root, skip, until};
use crate::{Names, TERM, original, start};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;

const IMAGE: &str = "hinit-test/busybox:1";

/// A client, and the options that select this test's engine.
struct Engine {
    program: PathBuf,
    options: Vec<String>,
    /// Options of `run` that keep within this machine's limits.
    limits: Vec<String>,
    /// Options of `run` that select the init.
    run: Vec<String>,
    /// The Docker daemon. podman has none.
    daemon: Option<Running>,
    home: TempDir,
}

impl Engine {
    fn docker(init: &Path) -> Option<Self> {
        let (program, daemon) = (original("docker")?, original("dockerd")?);
        let home = TempDir::in_short_path("docker");
        let at = |name: &str| home.path().join(name).display().to_string();
        let socket = format!("unix://{}", at("socket"));
        let args = [
            ["--data-root", &at("data")],
            ["--exec-root", &at("exec")],
            ["--pidfile", &at("pid")],
            ["--host", &socket],
            ["--init-path", init.to_str().unwrap()],
        ];
        let args = [args.as_flattened(), &["--iptables=false", "--bridge=none"]].concat();
        let daemon = Some(start(&daemon, As::Process, args).start());
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
        // In a container, its limits cannot be exceeded.
        let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=2000:2000"];
        let run = ["--init", "--init-path", init.to_str()?];
        let owned = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect();
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

    fn client(&self, args: &[&str]) -> Output {
        start(&self.program, As::Process, [&self.options(), args].concat()).output()
    }

    /// The output of a command that must succeed.
    fn output_of(&self, args: &[&str]) -> String {
        let out = self.client(args);
        assert_eq!(out.code, 0, "{args:?}: {}", out.stderr);
        out.stdout.trim().to_owned()
    }

    /// Imports an image with busybox only.
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
        self.output_of(&["import", &archive, IMAGE]);
    }

    fn run_args<'a>(&'a self, options: &[&'a str], script: &'a str) -> Vec<&'a str> {
        let run = self.limits.iter().chain(&self.run).map(String::as_str);
        let fixed = ["run", "--network", "none"].into_iter().chain(run);
        fixed.chain(options.iter().copied()).chain([IMAGE, "sh", "-c", script]).collect()
    }

    fn run(&self, script: &str) -> Output {
        self.client(&self.run_args(&["--rm"], script))
    }

    /// Starts a container that prints "ready".
    fn started(&self, script: &str) -> String {
        let id = self.output_of(&self.run_args(&["--detach"], script));
        until("it is ready", || self.client(&["logs", &id]).stdout.contains("ready").then_some(()));
        id
    }

    fn exit_code(&self, id: &str) -> String {
        let code = self.output_of(&["wait", id]);
        self.output_of(&["rm", id]);
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

/// What users expect of a container with an init.
fn check(engine: &Engine, pid1: &str) {
    let out = engine.run("tr '\\0' ' ' < /proc/1/cmdline; exit 7");
    assert_eq!(out.code, 7, "{}", out.stderr);
    assert!(out.stdout.starts_with(pid1), "{}", out.stdout);
    assert_eq!(out.stderr, "");

    let no_zombies = "for i in 1 2 3 4 5; do sh -c 'true &'; done; for i in 1 2 3 4 5 6 7 8 9; do \
                      ps -o stat | grep -q Z || exit 0; sleep 1; done; exit 1";
    assert_eq!(engine.run(no_zombies).code, 0, "there are zombies");
    assert_eq!(engine.run("kill -9 $$").code, 137);

    // As PID 1, sleep itself would ignore TERM.
    let id = engine.started("echo ready; exec sleep 600");
    engine.output_of(&["stop", "--time", "600", &id]);
    assert_eq!(engine.exit_code(&id), "143");

    let id = engine.started("trap 'exit 5' USR1; echo ready; while :; do sleep 0.1; done");
    engine.output_of(&["kill", "--signal", "USR1", &id]);
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
fn docker_run_init_behaves_as_with_tini() {
    let Some(busybox) = busybox() else { return };
    let names = Names::new();
    let inits = [Some(names.path("docker-init")), original("tini-static")];
    for init in inits.into_iter().flatten() {
        println!("with {}", init.display());
        let Some(engine) = Engine::docker(&init) else { return };
        engine.import(&busybox);
        check(&engine, "/sbin/docker-init -- sh -c");
        assert_eq!(engine.client(&["run", "--init", "--rm", "--network", "none", IMAGE, "nosuch"]).code, 127);
        let shown = engine.output_of(&["info", "--format", "{{.InitBinary}}"]);
        assert_eq!(Path::new(&shown), init);
    }
}

/// `podman run --sdnotify=container`: through runc's socket to the engine's.
#[test]
fn podman_gets_the_apps_readiness_notification() {
    let Some(busybox) = busybox() else { return };
    let Some(engine) = Engine::podman(Path::new(HINIT)) else { return };
    engine.import(&busybox);
    let socket = engine.home.path().join("notify");
    let systemd = UnixDatagram::bind(&socket).unwrap();
    systemd.set_read_timeout(Some(LIMIT)).unwrap();
    let volumes = [format!("{HINIT}:/hinit:ro"), format!("{}:/fixture:ro", fixture())];
    let volumes = ["--volume", &volumes[0], "--volume", &volumes[1]];
    let options = ["run", "--detach", "--sdnotify=container", "--network", "none"];
    let app = [IMAGE, "/hinit", "--health", "notify:", "/fixture", "notify", "MAINPID=7\nREADY=1"];
    let limits: Vec<&str> = engine.limits.iter().map(String::as_str).collect();
    let args = [engine.options(), options.to_vec(), limits, volumes.to_vec(), app.to_vec()].concat();
    let started = start(&engine.program, As::Process, args).env("NOTIFY_SOCKET", socket.to_str().unwrap());
    let out = started.output();
    assert_eq!(out.code, 0, "{}", out.stderr);
    let id = out.stdout.trim();
    until("it is ready", || engine.client(&["logs", id]).stdout.contains("ready").then_some(()));

    // podman sends its own PID first. The app has not sent anything yet.
    assert!(receive(&systemd).starts_with("MAINPID="));
    systemd.set_nonblocking(true).unwrap();
    assert!(systemd.recv(&mut [0; 100]).is_err());
    systemd.set_nonblocking(false).unwrap();
    engine.output_of(&["kill", "--signal", "USR1", id]);
    assert_eq!(receive(&systemd).trim_end(), "READY=1");
    engine.output_of(&["kill", "--signal", "TERM", id]);
    assert_eq!(engine.exit_code(id), "7");
}

fn receive(socket: &UnixDatagram) -> String {
    let mut message = [0; 100];
    let length = socket.recv(&mut message).unwrap();
    String::from_utf8_lossy(&message[..length]).into_owned()
}

#[test]
fn podman_run_init_behaves_as_with_catatonit() {
    let Some(busybox) = busybox() else { return };
    let inits = [Some(PathBuf::from(HINIT)), original("catatonit")];
    for init in inits.into_iter().flatten() {
        println!("with {}", init.display());
        let Some(engine) = Engine::podman(&init) else { return };
        engine.import(&busybox);
        check(&engine, "/run/podman-init -- sh -c");
    }
}
