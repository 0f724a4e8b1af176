//! Nothing that hinit prints has a control character in it that a user, a file or a
//! server has written; and a fatal error is one line in the format of the log.
#![allow(clippy::unwrap_used)]

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Clears the screen, in two encodings, goes back, and reverses the text.
const NASTY: &str = "\u{1b}[2J\u{9b}2J\r\u{202e}x";

/// The program under this name: exit code, stdout and stderr.
fn run(name: &str, arguments: &[impl AsRef<OsStr>], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hinit"));
    command.arg0(name).args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
    let output = command.current_dir(std::env::temp_dir()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Fails if something other than line ends and tabs could move the cursor.
fn assert_printable(what: &str, text: &str) {
    let is_nasty = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
    assert!(!text.contains(is_nasty), "{what}: {text:?}");
}

/// Serves this answer to each connection, for as long as the test runs.
fn serve(answer: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
                request.push(byte[0]);
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

#[test]
fn what_a_user_wrote_is_escaped_in_every_message() {
    let nasty = |before: &str, after: &str| OsString::from(format!("{before}{NASTY}{after}"));
    let bytes = OsStr::from_bytes(b"/no\x1b[31m\xff").to_owned();
    let plain = |words: &str| words.split(' ').map(OsString::from).collect::<Vec<_>>();
    let with = |words: &str, last: OsString| [plain(words), vec![last]].concat();
    let table = [
        ("hinit", vec![nasty("--", "")]),
        ("hinit", vec![nasty("/", "")]),
        ("hinit", vec![bytes.clone(), "app".into()]),
        ("hinit", with("--user", nasty("", ""))),
        ("hinit", with("--env-file", nasty("/", ""))),
        ("hinit", [with("--workdir", nasty("/", "")), plain("true")].concat()),
        ("hinit", [with("--health", nasty("http://", "/")), plain("true")].concat()),
        ("hinit", [with("--status-file", nasty("/", "/file")), plain("true")].concat()),
        ("hinit", with("probe", nasty("tcp://", ":1"))),
        ("hinit", with("probe", nasty("file:///", ""))),
        ("hinit", with("probe", nasty("exec:printf '", "'"))),
        ("hinit", with("probe tcp://:1", nasty("--", ""))),
        ("hinit", with("status", nasty("--", ""))),
        ("hinit", with("status --status-file", nasty("/", ""))),
        ("hinit", with("explain", nasty("/", ""))),
        ("hinit", with("explain", nasty("HEALTHCHECK CMD curl http://", "/"))),
        ("tini", with("-e", nasty("", ""))),
        ("tini", vec![nasty("/", "")]),
        ("dumb-init", vec![nasty("--", "")]),
        ("dumb-init", vec![nasty("/", "")]),
        ("catatonit", vec![nasty("--", "")]),
        ("gosu", vec![nasty("", ""), "true".into()]),
        ("su-exec", vec![nasty("", ""), "true".into()]),
        ("curl", vec![nasty("--", "")]),
        ("curl", vec![nasty("http://", "/")]),
        ("curl", with("-o", nasty("/no/", ""))),
        ("wget", vec![nasty("--", "")]),
        ("wget", vec![nasty("http://", "/")]),
        ("wget", with("-O", nasty("/no/", ""))),
    ];
    for (name, arguments) in table {
        let (_, stdout, stderr) = run(name, &arguments, &[]);
        let what = format!("{name} {arguments:?}");
        assert_printable(&what, &(stdout + &stderr));
    }
    for name in ["tini", "dumb-init", "catatonit", "gosu", "su-exec"] {
        let (_, stdout, stderr) = run(&format!("/bin/{NASTY}/{name}"), &["-:"], &[]);
        assert_printable(name, &(stdout + &stderr));
    }
}

#[test]
fn what_a_server_sent_is_escaped_in_the_messages_of_curl_and_wget() {
    let colour = "\u{1b}[31m\u{9b}";
    for status in ["200", "302", "404", "503"] {
        let port = serve(format!(
            "HTTP/1.1 {status} Not{colour}\r\nContent-Type: te{colour}xt\r\nLocation: /a{colour}\r\n\
             X-A: {colour}\r\nContent-Length: 0\r\n\r\n"
        ));
        let url = format!("http://127.0.0.1:{port}/");
        let write_out = "%{content_type} %{redirect_url} %{errormsg}\\n";
        for (name, words) in [
            ("curl", vec!["-fsSv", "-w", write_out, &url]),
            ("curl", vec!["-fL", "--max-redirs", "2", "-v", &url]),
            ("wget", vec!["-S", "-O", "/dev/null", "--tries", "1", &url]),
            ("wget", vec!["--spider", "--tries", "1", &url]),
            ("wget", vec!["-nv", "-O", "/dev/null", "--tries", "1", &url]),
            ("hinit", vec!["probe", &url]),
        ] {
            let (_, stdout, stderr) = run(name, &words, &[]);
            assert!(name == "hinit" || !stderr.is_empty(), "{name} {words:?} said nothing");
            assert_printable(&format!("{name} {words:?}, status {status}"), &(stdout + &stderr));
        }
    }
}

/// Why, the arguments, and whether it is the environment that wants JSON.
const FATAL: [(&str, &[&str], bool); 9] = [
    ("did you mean --help", &["--log-format", "json", "--hlp", "true"], false),
    ("did you mean --help", &["--hlp", "--log-format=json", "true"], false),
    ("did you mean --help", &["--hlp", "true"], true),
    ("no program to start", &["--log-format", "json"], false),
    ("is not a level", &["--log-format", "json", "-e", "A=1", "true"], false),
    ("'TREM' is not a signal", &["--stop-signal", "TREM", "--log-format", "json", "true"], false),
    ("--workdir /no/such", &["--log-format", "json", "--workdir", "/no/such", "true"], false),
    ("not found in PATH", &["--log-format", "json", "no-such-program"], false),
    ("hinit status", &["staus"], true),
];

#[test]
fn a_fatal_error_is_json_where_the_log_is_json() {
    for (why, arguments, in_variable) in FATAL {
        let mut variables = if in_variable { vec![("HINIT_LOG_FORMAT", "json")] } else { vec![] };
        variables.extend((why == "is not a level").then_some(("HINIT_LOG", "loud")));
        let (code, _, stderr) = run("hinit", arguments, &variables);
        assert!([125, 127].contains(&code), "{arguments:?}: {code}");
        assert!(stderr.contains(why), "{arguments:?}: {stderr}");
        for line in stderr.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(["error", "info"].contains(&line["level"].as_str().unwrap()), "{line}");
        }
    }
}

#[test]
fn a_fatal_error_is_one_line_of_text_otherwise() {
    for arguments in [&["--hlp"][..], &["--log-format", "xml", "true"], &["--", "no-such-program"]] {
        let (_, _, stderr) = run("hinit", arguments, &[]);
        assert!(stderr.starts_with("hinit: error: ") && stderr.lines().count() == 1, "{stderr}");
    }
}

#[test]
fn what_the_lab_prints_is_not_changed_by_the_escaping() {
    if cfg!(not(feature = "lab")) {
        return;
    }
    for arguments in
        [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]]
    {
        let (code, stdout, _) = run("hinit", arguments, &[]);
        assert!(code == 0 && !stdout.contains("\\u{"), "{arguments:?}");
    }
}
