//! Probing for years must not cost PID 1 any memory. The benchmark does the
//! same for 100,000 probes of the binary that is shipped.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{As, Running, TempDir, be_patient_for, everywhere, hinit, status_field, until};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// By then the C library's first heap, 132 KiB, has been touched all over: its
/// allocator goes through it from one end to the other.
const WARM: usize = 2_500;
const PROBES: usize = 5_000;
const PAGE_KB: u64 = 4;

/// Probes that were answered.
static ANSWERED: AtomicUsize = AtomicUsize::new(0);

fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(answer));
    address
}

/// Healthy and failing in turn, so that both ways through the machine are taken.
fn answer(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
    let number = ANSWERED.fetch_add(1, Ordering::SeqCst);
    let status = if number.is_multiple_of(2) { "200 OK" } else { "503 Service Unavailable" };
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

/// Memory of its own that a process holds, in kB, once so many were answered.
fn anonymous_after(running: &Running, answered: usize) -> u64 {
    until("the probes are answered", || (ANSWERED.load(Ordering::SeqCst) >= answered).then_some(()));
    let field = status_field(running.pid, "RssAnon").unwrap();
    field.trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn thousands_of_probes_leave_the_memory_of_pid_1_where_it_was() {
    be_patient_for(300);
    let url = format!("http://{}/", serve());
    everywhere(|mode: As| {
        let dir = TempDir::new("growth");
        let file = dir.path().join("status.json");
        // The server is the test, and no part of the app.
        let health = ["--health", &url, "--any-listener"];
        let options = [&health[..], &["--health-interval", "1ms", "--health-start-interval", "1ms"]].concat();
        let place = ["--status-file", file.to_str().unwrap(), "-q", "sleep", "600"];
        let running = hinit(mode, [options.as_slice(), &place].concat()).start();
        let begin = ANSWERED.load(Ordering::SeqCst);
        let warm = anonymous_after(&running, begin + WARM);
        let then = anonymous_after(&running, begin + PROBES);
        assert!(then <= warm + PAGE_KB, "{warm} kB after {WARM} probes, {then} kB after {PROBES}");
        running.signal(15);
        running.wait();
    });
}
