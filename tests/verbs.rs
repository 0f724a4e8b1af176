//! `hinit probe` and `hinit status` as a HEALTHCHECK runs them.
#![allow(clippy::unwrap_used)]

use hinit::testing::health::Status;
use hinit::testing::phase::Phase;
use hinit::testing::status::document::{Document, Entry, Health};
use hinit::testing::status::file::StatusFile;
use hinit::testing::status::reader;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

/// Exit code, stdout and stderr.
type Said = (i32, String, String);

fn hinit(words: &[&str]) -> Said {
    run(Command::new(env!("CARGO_BIN_EXE_hinit")).args(words).env_remove("PORT"))
}

fn run(command: &mut Command) -> Said {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_probe_tells_its_reason_in_one_line_on_stdout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = format!("tcp://:{port}");
    assert_eq!(
        hinit(&["probe", &target]),
        (0, format!("127.0.0.1:{port} accepts connections\n"), String::new())
    );
    // tcpmux: nothing listens there.
    let (code, stdout, stderr) = hinit(&["probe", "tcp://:1"]);
    assert_eq!((code, stderr.as_str()), (1, ""));
    assert!(
        stdout.starts_with("connection refused by 127.0.0.1:1") && stdout.lines().count() == 1,
        "{stdout}"
    );
}

#[test]
fn a_probe_expands_variables_without_a_shell() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hinit"));
    assert_eq!(run(command.args(["probe", "tcp://:${PORT}"]).env("PORT", &port)).0, 0);
    let (code, _, stderr) = hinit(&["probe", "tcp://:${PORT}"]);
    assert!(code == 1 && stderr.contains("the variable PORT is not set"), "{stderr}");
}

#[test]
fn a_usage_error_is_one_line_on_stderr_and_exit_code_1() {
    for words in [
        ["probe"].as_slice(),
        &["probe", ""],
        &["probe", "localhost:80"],
        &["probe", "http://h:0/"],
        &["probe", "http://h/", "--nope"],
        &["probe", "http://h/", "--timeout", "-1s"],
        &["status", "--nope"],
        &["status", "word"],
        &["status", "--status-file", ""],
    ] {
        let (code, stdout, stderr) = hinit(words);
        assert_eq!((code, stdout.as_str(), stderr.lines().count()), (1, "", 1), "{words:?}: {stderr}");
        assert!(stderr.starts_with("hinit: error: "), "{stderr}");
    }
}

#[test]
fn a_command_is_run_in_time_and_its_exit_code_is_the_verdict() {
    assert_eq!(hinit(&["probe", "exec:'echo' fine"]), (0, "fine\n".into(), String::new()));
    assert_eq!(hinit(&["probe", "exec:sh -c 'exit 3'"]).0, 1);
    assert_eq!(hinit(&["probe", "exec:/no/such/program"]).0, 1);
    let (code, stdout, _) = hinit(&["probe", "exec:sleep 600", "--timeout", "100ms"]);
    assert_eq!((code, stdout.as_str()), (1, "Health check exceeded timeout (100ms)\n"));
}

/// Answers one request with a body that a pattern has much to do with.
fn serve_once(body: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut byte) = (Vec::new(), [0]);
        while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
            request.push(byte[0]);
        }
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    });
    port
}

#[test]
fn a_pattern_that_takes_too_long_is_ended_in_time() {
    let port = serve_once("a".repeat(10_000));
    let url = format!("http://127.0.0.1:{port}/");
    let pattern = r"(?i)(([\w\W]?){100}){200}x";
    let (code, stdout, _) = hinit(&["probe", &url, "--match", pattern, "--timeout", "300ms"]);
    let why = format!(
        "Health check exceeded timeout (300ms): {url} answered 200 OK, but its body was still being checked\n"
    );
    assert_eq!((code, stdout), (1, why));
}

#[test]
fn a_mistyped_verb_is_told_the_right_one() {
    let (code, _, stderr) = hinit(&["staus"]);
    assert_eq!((code, stderr.lines().last()), (127, Some("hinit: did you mean 'hinit status'?")));
    let (code, _, stderr) = hinit(&["no-such-program"]);
    assert!(code == 127 && !stderr.contains("did you mean"), "{stderr}");
}

/// What is left out of the hinit for images and of hinit-slim.
const OF_THE_LAB: [&str; 3] = ["explain", "completions", "man"];

#[test]
fn the_version_names_the_flavour() {
    let flavour = match (cfg!(feature = "lab"), cfg!(feature = "tls")) {
        (true, true) => "full",
        (true, false) => "full without TLS",
        (false, true) => "image",
        (false, false) => "slim",
    };
    let line = format!("hinit {} ({flavour})\n", env!("CARGO_PKG_VERSION"));
    for word in ["--version", "-V", "version"] {
        assert_eq!(hinit(&[word]), (0, line.clone(), String::new()));
    }
}

#[test]
fn a_verb_that_this_hinit_lacks_is_never_taken_for_a_program() {
    if cfg!(feature = "lab") {
        return;
    }
    for verb in OF_THE_LAB {
        let (code, stdout, stderr) = hinit(&[verb, "-n", "text"]);
        assert_eq!((code, stdout.as_str(), stderr.lines().count()), (1, "", 1), "{stderr}");
        assert!(stderr.starts_with("hinit: error: ") && stderr.contains("hinit-full"), "{stderr}");
        assert_eq!(stderr.contains("hinit-slim"), cfg!(not(feature = "tls")), "{stderr}");
    }
}

#[test]
fn a_verb_to_come_is_never_taken_for_a_program() {
    for verb in ["test", "doctor"] {
        let (code, stdout, stderr) = hinit(&[verb, "-n", "text"]);
        assert_eq!((code, stdout.as_str(), stderr.lines().count()), (125, "", 1), "{stderr}");
        assert!(stderr.ends_with(&format!("by hinit -- {verb}\n")), "{stderr}");
    }
}

#[test]
fn a_program_of_a_reserved_name_is_started_after_two_dashes() {
    assert_eq!(hinit(&["-q", "--", "test", "-n", "text"]), (0, String::new(), String::new()));
    assert_eq!(hinit(&["--", "explain"]).0, 127);
}

#[test]
fn help_is_on_stdout() {
    for verb in ["run", "probe", "status"].into_iter().chain(OF_THE_LAB) {
        let (code, stdout, stderr) = hinit(&[verb, "--help"]);
        let is_left_out = OF_THE_LAB.contains(&verb) && cfg!(not(feature = "lab"));
        assert_eq!((code, stderr.is_empty()), if is_left_out { (1, false) } else { (0, true) });
        assert!(is_left_out || stdout.contains("Usage: hinit "), "{stdout}");
    }
}

#[test]
fn help_fits_a_terminal() {
    for words in [&["--help"][..], &["run", "-h"], &["probe", "-h"], &["status", "-h"]].into_iter().chain([
        &["explain", "-h"][..],
        &["completions", "-h"],
        &["man", "-h"],
    ]) {
        let (_, stdout, _) = hinit(words);
        let wide: Vec<_> = stdout.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

#[test]
fn log_lines_can_be_json() {
    let (code, _, stderr) = hinit(&["run", "-v", "--log-format", "json", "sh", "-c", "exit 3"]);
    assert_eq!(code, 3);
    for line in stderr.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let fields: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["level", "message", "time"]);
    }
    assert!(stderr.contains(r#""level":"info","message":"started sh as "#), "{stderr}");
}

/// A document that says this of an app under the test's own process.
fn publish(name: &str, status: Status) -> (PathBuf, StatusFile) {
    let path = std::env::temp_dir().join(format!("hinit-verbs-{name}-{}.json", std::process::id()));
    let now = SystemTime::now();
    let entry = Entry { start: now, end: now, exit_code: 1, output: "503, wanted 200-399".into() };
    let document = Document {
        supervisor: reader::this_process(),
        phase: Phase::Running,
        app_pid: Some(7),
        restarts: 0,
        health: Health { status, streak: 3, log: vec![entry] },
        next_check: None,
        result_due: Some(Duration::MAX),
        early_reason: None,
        end: None,
    };
    (path.clone(), StatusFile::create(None, &[path], &document).0.unwrap())
}

#[test]
fn status_reads_the_document_of_the_running_hinit() {
    for (name, status, code) in [("good", Status::Healthy, 0), ("bad", Status::Unhealthy, 1)] {
        let (path, place) = publish(name, status);
        let path = path.to_str().unwrap();
        let (said, stdout, _) = hinit(&["status", "--status-file", path]);
        assert_eq!(said, code);
        assert!(
            stdout.starts_with(&format!("{status}: 503, wanted 200-399 (3 failures in a row")),
            "{stdout}"
        );
        assert_eq!(stdout.lines().count(), 1);

        let (said, json, _) = hinit(&["status", "--json", "--status-file", path]);
        assert_eq!(said, code);
        let document = Document::from_json(json.as_bytes()).unwrap();
        assert_eq!((document.health.status, document.health.streak), (status, 3));
        place.remove();
    }
}

#[test]
fn status_finds_the_document_by_the_variable_too() {
    let (path, place) = publish("variable", Status::Healthy);
    let mut command = Command::new(env!("CARGO_BIN_EXE_hinit"));
    assert_eq!(run(command.arg("status").env("HINIT_STATUS_FILE", &path)).0, 0);
    place.remove();
}
