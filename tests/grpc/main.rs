//! `grpc://` against a real gRPC server (grpcio and grpcio-health-checking
//! from PyPI, kept under target/), and against hostile ones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/servers.rs"]
mod servers;

use common::{TempDir, skip};
use servers::{SHORT, healthy, hold, serve, unhealthy, unhealthy_within};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

/// Where grpcio is for Python, or why there is none.
static PACKAGES: LazyLock<Result<String, String>> = LazyLock::new(|| {
    let place = concat!(env!("CARGO_TARGET_TMPDIR"), "/grpcio");
    let has_grpc = || run(&["-c", "import grpc_health.v1.health"], place);
    if has_grpc().is_err() {
        run(&["-m", "pip", "install", "-q", "--target", place, "grpcio", "grpcio-health-checking"], place)?;
        has_grpc()?;
    }
    Ok(place.to_owned())
});

fn run(arguments: &[&str], packages: &str) -> Result<(), String> {
    let output = python(packages).args(arguments).output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    output.status.success().then_some(()).ok_or_else(|| said.lines().last().unwrap_or("?").to_owned())
}

fn python(packages: &str) -> Command {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", packages);
    command
}

struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    /// None where no grpcio can be had, which is said.
    fn start(arguments: &[&str]) -> Option<Self> {
        let packages = PACKAGES.as_ref().map_err(|why| skip("a real gRPC server", why)).ok()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/grpc/server.py");
        let mut child = python(packages)
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, input, output, port: 0 };
        server.port = server.line().parse().unwrap();
        Some(server)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn set(&mut self, service: &str, status: &str) {
        writeln!(self.input, "{service} {status}").unwrap();
        assert_eq!(self.line(), "done");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn only_serving_is_healthy() {
    let Some(mut server) = Server::start(&[]) else { return };
    let port = server.port;
    let peer = format!("127.0.0.1:{port}");
    for host in ["", "localhost", "127.0.0.1"] {
        assert_eq!(healthy(&format!("grpc://{host}:{port}")), format!("{peer} reports SERVING"));
    }
    for status in ["NOT_SERVING", "UNKNOWN", "SERVICE_UNKNOWN"] {
        server.set("my.pkg.Shop", status);
        let reason = unhealthy(&format!("grpc://:{port}/my.pkg.Shop"));
        assert_eq!(reason, format!("{peer} reports {status} for my.pkg.Shop"));
        healthy(&format!("grpc://:{port}"));
    }
    server.set("my.pkg.Shop", "SERVING");
    assert_eq!(
        healthy(&format!("grpc://:{port}/my.pkg.Shop")),
        format!("{peer} reports SERVING for my.pkg.Shop")
    );
    server.set("shutdown", "-");
    assert_eq!(unhealthy(&format!("grpc://:{port}")), format!("{peer} reports NOT_SERVING"));
}

#[test]
fn a_service_that_is_not_registered_is_unhealthy() {
    let Some(server) = Server::start(&[]) else { return };
    let reason = unhealthy(&format!("grpc://:{}/nobody", server.port));
    assert_eq!(reason, format!("127.0.0.1:{} has no service nobody", server.port));
    let long = "x".repeat(5000);
    let reason = unhealthy(&format!("grpc://:{}/{long}", server.port));
    assert!(reason.contains("has no service xxx"), "{reason}");
}

#[test]
fn without_the_health_service_the_reason_says_what_is_missing() {
    let Some(server) = Server::start(&["--without-health"]) else { return };
    let reason = unhealthy(&format!("grpc://:{}", server.port));
    assert!(reason.ends_with("has no health service (grpc.health.v1): add it to the server"), "{reason}");
}

#[test]
fn a_server_on_a_unix_socket_is_probed_there() {
    let directory = TempDir::new("grpc");
    let path = directory.path().join("grpc.sock").display().to_string();
    let Some(_server) = Server::start(&[&format!("unix:{path}")]) else { return };
    assert_eq!(healthy(&format!("grpc://{}", path.replace('/', "%2F"))), format!("{path} reports SERVING"));
}

#[cfg(feature = "tls")]
#[test]
fn a_server_behind_tls_is_probed_by_grpcs() {
    let file = |name: &str| format!("{}/tests/certs/{name}", env!("CARGO_MANIFEST_DIR"));
    let (key, chain) = (file("localhost.key"), file("localhost.pem"));
    let Some(server) = Server::start(&["--tls", &key, &chain]) else { return };
    let port = server.port;
    let trusted = format!("--cacert {}", file("ca.pem"));
    assert_eq!(
        healthy(&format!("grpcs://localhost:{port} {trusted}")),
        format!("127.0.0.1:{port} reports SERVING")
    );
    healthy(&format!("grpcs://:{port} --insecure"));
    let reason = unhealthy(&format!("grpcs://:{port} --cacert {}", file("selfsigned.pem")));
    assert!(reason.contains("certificate"), "{reason}");
    unhealthy(&format!("grpc://:{port}"));
}

/// Serves `start`, then `more` again and again with this pause.
fn serve_bytes(start: &'static [u8], more: &'static [u8], pause: Duration) -> u16 {
    servers::serve_with(move |mut stream| {
        let _ = stream.write_all(start);
        while !more.is_empty() && stream.write_all(more).is_ok() {
            thread::sleep(pause);
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        hold(stream);
    })
}

const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0abcdefgh";

#[test]
fn a_server_that_hangs_drips_or_leaves_is_unhealthy() {
    let (silent, gone) = (serve(hold), serve(drop));
    let reason = unhealthy_within(&format!("grpc://:{silent}"), SHORT);
    assert!(reason.ends_with("did not answer within 300ms"), "{reason}");
    assert!(unhealthy(&format!("grpc://:{gone}")).contains("the connection without an answer"));
    let pause = Duration::from_millis(20);
    for port in [serve_bytes(SETTINGS, b"\0", pause), serve_bytes(SETTINGS, PING, pause)] {
        let reason = unhealthy_within(&format!("grpc://:{port}"), SHORT);
        assert!(reason.ends_with("had not finished its answer after 300ms"), "{reason}");
    }
    let port = serve_bytes(SETTINGS, b"", Duration::ZERO);
    let reason = unhealthy(&format!("grpc://:{port}"));
    assert!(reason.ends_with("closed the connection in the middle of its answer"), "{reason}");
}

#[test]
fn endless_frames_and_headers_are_cut_off() {
    const CONTINUATION: &[u8] = b"\0\0\x04\x09\0\0\0\0\x01\0\0\0\0";
    let pings = serve_bytes(SETTINGS, PING, Duration::ZERO);
    let reason = unhealthy(&format!("grpc://:{pings}"));
    assert!(reason.ends_with("sent more than 256 KiB without an end of its answer"), "{reason}");
    let headers = serve_bytes(b"\0\0\0\x04\0\0\0\0\0\0\0\0\x01\0\0\0\0\x01", CONTINUATION, Duration::ZERO);
    let reason = unhealthy(&format!("grpc://:{headers}"));
    assert!(reason.ends_with("sent more than 8 KiB of headers"), "{reason}");
    let huge = serve_bytes(b"\0\0\0\x04\0\0\0\0\0\xff\xff\xff\0\0\0\0\0\x01", b"x", Duration::ZERO);
    let reason = unhealthy(&format!("grpc://:{huge}"));
    assert!(reason.ends_with("sent a frame of 16777215 bytes, which is too long"), "{reason}");
}

#[test]
fn what_does_not_speak_http2_is_quoted() {
    let http = serve_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", Duration::ZERO);
    let reason = unhealthy(&format!("grpc://:{http}"));
    assert!(reason.contains("does not speak HTTP/2: 'HTTP/1.1 400 Bad Request"), "{reason}");
    let tls = serve_bytes(b"\x15\x03\x01\0\x02\x02\x46", b"", Duration::ZERO);
    let reason = unhealthy(&format!("grpc://:{tls}"));
    assert!(reason.contains("answered in TLS"), "{reason}");
}
