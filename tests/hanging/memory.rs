//! What is sent without end to a probe costs PID 1 no memory.

use crate::common::{As, Running, TempDir, everywhere, fixture, hinit, status_field, until};
use crate::server::{Count, Script, flooding, serve_tcp};
use std::path::Path;
use std::thread;

/// The C library's heap is touched bit by bit (`growth.rs` waits until all of
/// it is). What is left of each probe, be it a page, is 360 kB in the end.
const SLACK_KB: u64 = 64;
/// Failures in a row, when memory is looked at.
const WARM: u64 = 60;
const LATE: u64 = 150;

/// A target before its port, and what floods it.
const ENDLESS: [(&str, &str, Script); 7] = [
    ("http://127.0.0.1:", "/ --contains UP", flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x")),
    ("http://127.0.0.1:", "/", flooding(b"HTTP/1.1 200 OK\r\nA: ", b"x")),
    ("http://127.0.0.1:", "/ --json a=b", flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"[")),
    ("http://127.0.0.1:", "/", flooding(b"HTTP/1.1 500 ", b"x")),
    ("tcp://127.0.0.1:", " --expect UP", flooding(b"", b"x")),
    ("redis://127.0.0.1:", "/", flooding(b"-", b"x")),
    ("grpc://127.0.0.1:", "/", flooding(b"\0\0\0\x04\0\0\0\0\0", b"\0\0\x08\x06\0\0\0\0\0pingpong")),
];

#[test]
fn what_never_ends_leaves_the_memory_of_pid_1_where_it_was() {
    everywhere(|mode| {
        thread::scope(|scope| {
            for (start, rest, script) in ENDLESS {
                scope.spawn(move || {
                    let count = Count::default();
                    let server = serve_tcp("127.0.0.1:0", move |stream| script.play(stream, &count));
                    assert_steady(mode, &format!("{start}{}{rest}", server.port()));
                });
            }
            scope.spawn(move || assert_steady(mode, "exec:'sh -c \"yes ill | head -c 1000000; exit 1\"'"));
        });
    });
}

fn assert_steady(mode: As, check: &str) {
    let dir = TempDir::new("endless");
    let (status, app) = (dir.path().join("status.json"), fixture());
    let options = ["--health", check, "--health-interval", "10ms", "--health-timeout", "60s"];
    let rest = ["--status-file", status.to_str().unwrap(), &app, "signals"];
    let running = hinit(mode, [options.as_slice(), &rest].concat()).start();
    let warm = anonymous_after(WARM, &running, &status);
    let open = || std::fs::read_dir(format!("/proc/{}/fd", running.pid)).unwrap().count();
    let descriptors = open();
    let late = anonymous_after(LATE, &running, &status);
    assert!(late <= warm + SLACK_KB, "{check}: {warm} kB after {WARM} failures, {late} kB after {LATE}");
    // A probe in flight has a pipe or two.
    assert!(open() <= descriptors + 2, "{check}: {descriptors} descriptors, then {}", open());
    running.signal(15);
    assert_eq!(running.wait().code, 7);
}

/// Memory of its own that hinit holds, in kB, after so many failures.
fn anonymous_after(failures: u64, running: &Running, status: &Path) -> u64 {
    until("the checks fail", || {
        let document: serde_json::Value = serde_json::from_slice(&std::fs::read(status).ok()?).ok()?;
        (document["State"]["Health"]["FailingStreak"].as_u64()? >= failures).then_some(())
    });
    let field = status_field(running.pid, "RssAnon").unwrap();
    field.trim_end_matches(" kB").parse().unwrap()
}
