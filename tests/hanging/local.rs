//! What hangs without a server: commands, files, names, and the app itself.

use crate::common::{Builder, TempDir, everywhere, fixture, hinit, impossible, is_root, until};
use crate::server::{Count, FullPort, holding, serve_tcp};
use crate::{Prepare, Reached, Row, all_gone, probe_and_its_own, send_burst};
use hinit::testing::plan::probe::{Probe, Target};
use hinit::testing::probe::run;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, Read};
use std::net::{TcpListener, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

pub fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = COMMANDS.iter().map(command).collect();
    if is_root() {
        rows.extend(stuck_paths());
        rows.extend(stuck_name(8));
    } else {
        impossible("a stuck path and a stuck name", "only root can mount these");
    }
    rows
}

/// A command that says by a file, `$1`, that it is there, and its reason.
const COMMANDS: [(&str, &str, &str); 6] = [
    ("ignores TERM", "trap '' TERM HUP INT; echo deaf; touch $1; while :; do sleep 1; done", "(1s): deaf"),
    ("has grandchildren", "(sleep 1000 & sleep 1000) & sleep 1000 & touch $1; wait", "timeout (1s)"),
    ("floods its output", "touch $1; exec yes 'a word'", "(1s): a word\\na word"),
    (
        "floods both outputs",
        "(while :; do echo a word; done) & touch $1; exec yes 'a word' >&2",
        "(1s): a word",
    ),
    ("stops itself", "echo halt; touch $1; kill -STOP $$", "(1s): halt"),
    ("says half a line", "printf half; touch $1; exec sleep 1000 2>/dev/null", "(1s): half"),
];

fn command((name, script, phase): &(&str, &str, &str)) -> Row {
    let directory = TempDir::new("command");
    let (script, there) = (directory.file("script", script), directory.path().join("there"));
    let check = format!("exec:'sh {} {}'", script.display(), there.display());
    let reached: Reached = Box::new(move |_, _| {
        let _kept = &directory;
        until("the command is there", || there.exists().then_some(()));
        std::fs::remove_file(&there).unwrap();
    });
    Row::new(format!("exec, a command that {name}"), check, *phase, reached)
}

// ------------------------------------------------------------ a stuck path

/// A directory whose file system never answers (autofs without its daemon), in
/// a mount namespace that only this hinit has.
struct StuckPath {
    directory: TempDir,
    requests: File,
    kernel_end: OwnedFd,
}

impl StuckPath {
    fn new() -> Self {
        let mut ends = [0; 2];
        // SAFETY: a system call that fills two numbers.
        let made = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
        assert_eq!(made, 0);
        // SAFETY: both are new and owned by nothing else.
        let (requests, kernel_end) = unsafe { (File::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) };
        Self { directory: TempDir::new("stuck"), requests, kernel_end }
    }

    fn prepare(&self) -> Prepare {
        let (place, fd) = (c_path(self.directory.path()), self.kernel_end.as_raw_fd());
        Box::new(move |builder: Builder| {
            let place = place.clone();
            builder.before_exec(move || own_mounts().and_then(|()| mount_autofs(&place, fd)))
        })
    }

    /// Counts what the kernel asks the daemon that is none.
    fn count(&self) -> Count {
        let (count, mut requests) = (Count::default(), self.requests.try_clone().unwrap());
        let counted = count.clone();
        thread::spawn(move || {
            let mut request = [0; 304];
            while requests.read(&mut request).is_ok_and(|length| length > 0) {
                counted.one_more();
            }
        });
        count
    }
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

fn own_mounts() -> io::Result<()> {
    let none: *const libc::c_char = std::ptr::null();
    // SAFETY: system calls only.
    unsafe {
        done(libc::unshare(libc::CLONE_NEWNS))?;
        done(libc::mount(none, c"/".as_ptr(), none, libc::MS_REC | libc::MS_PRIVATE, none.cast()))
    }
}

fn mount_autofs(place: &CString, fd: RawFd) -> io::Result<()> {
    // Whoever is in this group would see through the mount: hinit is not.
    let options = format!("fd={fd},pgrp=1,minproto=5,maxproto=5,indirect\0");
    // SAFETY: a system call with texts that end.
    unsafe {
        done(libc::mount(c"autofs".as_ptr(), place.as_ptr(), c"autofs".as_ptr(), 0, options.as_ptr().cast()))
    }
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Whether this can be made here, tried with a program that does nothing.
fn is_possible(prepare: &Prepare, what: &str) -> bool {
    let builder = prepare(hinit(crate::As::Process, ["true"]));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| builder.output().code));
    if !matches!(outcome, Ok(0)) {
        impossible(what, "this kernel or container does not allow the mount");
    }
    matches!(outcome, Ok(0))
}

fn stuck_paths() -> Vec<Row> {
    let kinds = [
        ("file", "has not been checked yet"),
        ("pid", "has not been read yet"),
        ("unix", "has not accepted"),
    ];
    let row = |(scheme, phase): (&str, &str)| {
        let stuck = StuckPath::new();
        let (prepare, count) = (stuck.prepare(), stuck.count());
        if !is_possible(&prepare, "a path that never answers") {
            return None;
        }
        let check = format!("{scheme}://{}/below", stuck.directory.path().display());
        let reached = count.reached();
        let reached: Reached = Box::new(move |running, app| {
            let _kept = &stuck;
            reached(running, app);
        });
        let name = format!("{scheme}, a path that never answers");
        Some(Row { before: Some(prepare), ..Row::new(name, check, phase, reached) })
    };
    kinds.into_iter().filter_map(row).collect()
}

// ------------------------------------------------------------ a stuck name

/// A name server that hears and never answers. The resolver's own limits are
/// beyond the test's.
///
/// Its port is fixed, so each has an address of its own on loopback.
fn stuck_name(number: u8) -> Option<Row> {
    let pid = std::process::id();
    let address = format!("127.{number}.{}.{}", pid / 250 % 250 + 1, pid % 250 + 1);
    let Ok(server) = UdpSocket::bind((address.as_str(), 53)) else {
        impossible("a name that is never found", "nobody can listen at port 53");
        return None;
    };
    let (prepare, count) = (with_resolver(&address), Count::default());
    if !is_possible(&prepare, "a name that is never found") {
        return None;
    }
    let counted = count.clone();
    thread::spawn(move || {
        while server.recv(&mut [0; 512]).is_ok() {
            counted.one_more();
        }
    });
    let (check, phase) = ("http://stuck.test:80/", "the name stuck.test has not been resolved");
    let row = Row::new("http, a name that is never found", check, phase, count.reached());
    Some(Row { before: Some(prepare), ..row })
}

fn with_resolver(address: &str) -> Prepare {
    let directory: &'static TempDir = Box::leak(Box::new(TempDir::new("resolver")));
    let asked = format!("nameserver {address}\noptions timeout:30 attempts:5\n");
    let (resolv, nsswitch) =
        (directory.file("resolv.conf", &asked), directory.file("nsswitch.conf", "hosts: files dns\n"));
    with_files(&[(&resolv, c"/etc/resolv.conf"), (&nsswitch, c"/etc/nsswitch.conf")])
}

/// These files in the place of those, for this hinit alone.
fn with_files(files: &[(&Path, &'static CStr)]) -> Prepare {
    let mounts: Vec<_> = files.iter().map(|(from, to)| (c_path(from), *to)).collect();
    Box::new(move |builder: Builder| {
        let mounts = mounts.clone();
        builder.before_exec(move || {
            own_mounts()?;
            mounts.iter().try_for_each(|(from, to)| {
                let none = std::ptr::null();
                // SAFETY: a system call with texts that end.
                unsafe { done(libc::mount(from.as_ptr(), to.as_ptr(), none, libc::MS_BIND, none.cast())) }
            })
        })
    })
}

// ------------------------------------------------------- what does not hang

#[test]
fn a_fifo_that_nobody_writes_is_not_waited_for() {
    everywhere(|mode| {
        let dir = TempDir::new("fifo");
        let (fifo, status) = (dir.path().join("fifo"), dir.path().join("status.json"));
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        for (scheme, wanted) in [("file", "fifo exists"), ("pid", "fifo has no PID on its first line")] {
            let check = format!("{scheme}://{}", fifo.display());
            let timing = ["--health-interval", "10m", "--health-timeout", "10m", "--health", &check];
            let rest = ["--status-file", status.to_str().unwrap(), &fixture(), "signals"];
            let running = hinit(mode, [timing.as_slice(), &rest].concat()).start();
            until("the verdict is there", || {
                std::fs::read_to_string(&status).ok()?.contains(wanted).then_some(())
            });
            running.prints("ready").signal(crate::TERM);
            assert_eq!(running.wait().code, 7);
        }
    });
}

#[test]
fn a_name_is_found_at_its_second_address_when_the_first_one_hangs() {
    if !is_root() {
        return impossible("a name with two addresses", "only root can mount these");
    }
    let directory = TempDir::new("hosts");
    let hosts = directory.file("hosts", "127.0.0.2 two.test\n127.0.0.3 two.test\n");
    let nsswitch = directory.file("nsswitch.conf", "hosts: files\n");
    let prepare = with_files(&[(&hosts, c"/etc/hosts"), (&nsswitch, c"/etc/nsswitch.conf")]);
    if !is_possible(&prepare, "a name with two addresses") {
        return;
    }
    let full = FullPort::at("127.0.0.2:0");
    let port = full.port();
    let _good = TcpListener::bind(("127.0.0.3", port)).unwrap();
    let words = ["probe", &format!("tcp://two.test:{port}"), "--timeout", "2s"];
    let out = prepare(hinit(crate::As::Process, words)).output();
    assert_eq!(out.stdout, format!("two.test:{port} (127.0.0.3) accepts connections\n"), "{}", out.stderr);
    let words = ["probe", &format!("tcp://127.0.0.2:{port}"), "--timeout", "300ms"];
    let out = hinit(crate::As::Process, words).output();
    assert_eq!(out.stdout, format!("no connection to 127.0.0.2:{port} within 300ms\n"));
}

#[test]
fn a_server_that_needs_more_than_its_share_of_the_time_gets_what_the_others_left() {
    let mut full = FullPort::new();
    // Nobody is at [::1] there, which is known long before the time is over.
    let probe = Probe::from_text(&format!("tcp://:{}", full.port()), &|_| None).unwrap();
    let Target::Builtin(target) = probe.target else { unreachable!() };
    let slow = format!("127.0.0.1:{} has not accepted the connection", full.port());
    let mut turns = 0;
    let verdict = run(&target, Duration::from_secs(8), &mut |note| {
        turns += usize::from(note.concat() == slow);
        if turns == 2 {
            full.drain();
        }
    });
    assert_eq!(verdict.reason, format!("127.0.0.1:{} accepts connections", full.port()));
}

#[test]
fn a_stop_does_not_wait_for_a_program_that_cannot_be_read() {
    if !is_root() {
        return impossible("a program that cannot be read", "only root can mount these");
    }
    everywhere(|mode| {
        let stuck = StuckPath::new();
        let (prepare, count) = (stuck.prepare(), stuck.count());
        if !is_possible(&prepare, "a path that never answers") {
            return;
        }
        let program = stuck.directory.path().join("app");
        let running = prepare(hinit(mode, [program.to_str().unwrap()])).start();
        until("the program is looked for", || (count.get() > 0).then_some(()));
        running.says("the exec of the app has not finished").signal(crate::TERM);
        assert_eq!(running.wait().code, 143);
    });
}

#[test]
fn a_stop_does_not_wait_for_what_the_start_waits_for() {
    everywhere(|mode| {
        let count = Count::default();
        let address = serve_tcp("127.0.0.1:0", move |stream| holding(b"").play(stream, &count));
        let words = ["--wait-for", &format!("redis://{address}"), "echo", "started"];
        let running = hinit(mode, words).start();
        // Long before the first look has come to its end.
        running.says(&format!(" so far: {address} accepted the connection but has not answered\n"));
        let probe = probe_and_its_own(&running, 0);
        running.signal(crate::TERM);
        let out = running.wait();
        assert_eq!((out.code, out.stdout.as_str()), (143, ""), "{}", out.stderr);
        until("nothing of the probe is left", || all_gone(&probe));
    });
}

#[test]
fn a_name_server_that_never_answers_does_not_stretch_the_deadline_of_a_single_probe() {
    if !is_root() {
        return impossible("a name that is never found", "only root can mount these");
    }
    let Some(row) = stuck_name(9) else { return };
    let prepare = row.before.unwrap();
    let out = prepare(hinit(crate::As::Process, ["probe", &row.check, "--timeout", "300ms"])).output();
    let why = "Health check exceeded timeout (300ms): the name stuck.test has not been resolved\n";
    assert_eq!((out.code, out.stdout.as_str()), (1, why), "{}", out.stderr);
}

#[test]
fn an_app_that_floods_its_notify_socket_gets_its_signals_all_the_same() {
    everywhere(|mode| {
        let timing =
            ["--health-interval", "50ms", "--health-retries", "1", "--health", "notify:?watchdog=30s"];
        let running = hinit(mode, [timing.as_slice(), &[&fixture(), "flood"]].concat()).start();
        running.prints("ready").says("unhealthy: the app has not sent READY=1");
        send_burst(&running, "a flood");
        running.signal(crate::TERM);
        assert_eq!(running.wait().code, 7);
    });
}
