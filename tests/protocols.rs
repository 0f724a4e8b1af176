//! Targets other than HTTP: sockets, files, processes, and the ready checks of
//! databases and the like against servers that misbehave and mean harm.
//! `ready.rs` has the real servers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "common/servers.rs"]
mod servers;
#[path = "common/skipped.rs"]
mod skipped;

use servers::{SHORT, healthy, hold, serve, serve_on, unhealthy, unhealthy_within};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

/// tcpmux: outside of the range that listeners get by chance, and long dead.
const UNUSED: u16 = 1;
/// Every service, by a target without its port.
const SERVICES: [&str; 6] = ["postgres://", "redis://", "mysql://", "memcached://", "amqp://", "mongodb://"];

/// A directory that is removed at the end of the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hinit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn echo(mut stream: TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        let _ = stream.write_all(&bytes[..count]);
    }
}

#[test]
fn a_stream_is_sent_one_text_and_must_answer_with_another() {
    let port = serve(echo);
    let reason = healthy(&format!(r"tcp://:{port} --send 'PING\r\n' --expect 'ING\r'"));
    assert_eq!(reason, format!("127.0.0.1:{port} sent 'ING'"));
    assert_eq!(
        healthy(&format!("tcp://:{port} --send PING")),
        format!("127.0.0.1:{port} accepts connections")
    );
    let reason = unhealthy_within(&format!("tcp://:{port} --send PING --expect PONG"), SHORT);
    assert_eq!(reason, format!("127.0.0.1:{port} did not send 'PONG', but 'PING'"));
}

#[test]
fn a_banner_may_come_in_pieces() {
    let port = serve(|mut stream| {
        stream.set_nodelay(true).unwrap();
        for piece in ["22", "0 mail", " ready\r\n"] {
            let _ = stream.write_all(piece.as_bytes());
        }
        hold(stream);
    });
    healthy(&format!("tcp://:{port} --expect '220 mail ready'"));
}

#[test]
fn a_stream_that_never_sends_it_is_unhealthy_and_bounded() {
    let endless = serve(|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    let reason = unhealthy(&format!("tcp://:{endless} --expect UP"));
    assert!(reason.contains("did not send 'UP' in the first 10 KiB, but 'xxx"), "{reason}");
    let silent = serve(hold);
    let reason = unhealthy_within(&format!("tcp://:{silent} --expect UP"), SHORT);
    assert!(reason.ends_with("accepted the connection but did not answer within 300ms"), "{reason}");
    let gone = serve(drop);
    let reason = unhealthy(&format!("tcp://:{gone} --expect UP"));
    assert!(reason.contains("the connection without an answer"), "{reason}");
}

#[test]
fn a_unix_socket_is_probed_as_a_port_is() {
    let directory = Directory::new("unix");
    let path = directory.path("app.sock");
    let reason = unhealthy(&format!("unix://{path}"));
    assert_eq!(reason, format!("there is no {path}"));
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten().take(2) {
            let _ = stream.write_all(b"hello\n");
        }
    });
    assert_eq!(healthy(&format!("unix://{path}")), format!("{path} accepts connections"));
    assert_eq!(healthy(&format!("unix://{path} --expect hello")), format!("{path} sent 'hello'"));
}

#[test]
fn a_unix_socket_that_nobody_serves_is_unhealthy() {
    let directory = Directory::new("unserved");
    let (dead, datagram, full) = (directory.path("dead"), directory.path("datagram"), directory.path("full"));
    drop(UnixListener::bind(&dead).unwrap());
    assert_eq!(
        unhealthy(&format!("unix://{dead}")),
        format!("connection refused by {dead}: nothing listens there")
    );
    let _datagram = std::os::unix::net::UnixDatagram::bind(&datagram).unwrap();
    assert_eq!(unhealthy(&format!("unix://{datagram}")), format!("{datagram} is not a stream socket"));
    // A stopped app whose backlog is full: the kernel makes whoever connects wait.
    let _full = UnixListener::bind(&full).unwrap();
    let connections = std::iter::from_fn(|| {
        let verdict = servers::look(&format!("unix://{full} --send x"), SHORT);
        verdict.healthy.then_some(())
    });
    assert!(connections.take(10_000).count() < 10_000, "the backlog has an end");
    assert_eq!(
        unhealthy_within(&format!("unix://{full}"), SHORT),
        format!("no connection to {full} within 300ms: its backlog is full")
    );
}

#[test]
fn a_file_must_exist_and_be_new_enough() {
    let directory = Directory::new("file");
    let path = directory.path("beat");
    let (plain, aged) = (format!("file://{path}"), format!("file://{path}?max-age=30s"));
    for target in [&plain, &aged] {
        assert_eq!(unhealthy(target), format!("there is no {path}"));
    }
    let file = std::fs::File::create(&path).unwrap();
    assert_eq!(healthy(&plain), format!("{path} exists"));
    healthy(&aged);
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    healthy(&plain);
    let reason = unhealthy(&aged);
    assert_eq!(reason, format!("{path} was modified 1h0m0s ago, more than the 30s allowed"));
    file.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
    let reason = unhealthy(&aged);
    assert!(reason.contains("in the future, more than the 30s allowed"), "{reason}");
    let reason = unhealthy(&format!("file://{path}/below"));
    assert!(reason.starts_with(&format!("{path}/below cannot be accessed: ")), "{reason}");
}

#[test]
fn a_pid_file_must_name_a_living_process() {
    let directory = Directory::new("pid");
    let path = directory.path("app.pid");
    let target = format!("pid://{path}");
    assert_eq!(unhealthy(&target), format!("there is no {path}"));
    std::fs::write(&path, "nonsense\n").unwrap();
    assert_eq!(unhealthy(&target), format!("{path} has no PID on its first line: 'nonsense'"));
    let mut app = Command::new("sleep").arg("1000").spawn().unwrap();
    let pid = app.id();
    std::fs::write(&path, format!("{pid}\n/var/lib/app\n")).unwrap();
    // Until the exec it has another name.
    let alive = std::iter::repeat_with(|| healthy(&target)).find(|reason| reason.ends_with("(sleep)"));
    assert_eq!(alive, Some(format!("process {pid} of {path} is alive (sleep)")));
    app.kill().unwrap();
    let dead = std::iter::repeat_with(|| servers::look(&target, SHORT)).find(|verdict| !verdict.healthy);
    assert_eq!(dead.unwrap().reason, format!("process {pid} of {path} is a zombie"));
    app.wait().unwrap();
    assert_eq!(unhealthy(&target), format!("process {pid} of {path} does not exist"));
}

#[test]
fn a_pid_file_that_is_a_fifo_or_has_no_end_is_not_waited_for() {
    let directory = Directory::new("fifo");
    let path = directory.path("fifo");
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    assert!(unhealthy(&format!("pid://{path}")).contains("has no PID"));
    assert!(unhealthy("pid:///dev/zero").contains("has no PID"));
}

#[test]
fn a_service_that_does_not_listen_is_unhealthy() {
    for service in SERVICES {
        let reason = unhealthy(&format!("{service}:{UNUSED}"));
        assert!(reason.ends_with(&format!("{UNUSED}: nothing listens there")), "{reason}");
    }
}

#[test]
fn a_service_that_hangs_or_leaves_is_unhealthy() {
    let (silent, gone) = (serve(hold), serve(drop));
    for service in SERVICES {
        let reason = unhealthy_within(&format!("{service}localhost:{silent}"), SHORT);
        assert!(reason.ends_with("accepted the connection but did not answer within 300ms"), "{reason}");
        let reason = unhealthy(&format!("{service}localhost:{gone}"));
        assert!(reason.contains("the connection without an answer"), "{reason}");
    }
}

/// The first bytes of a good answer that promises more.
fn beginnings() -> [(&'static str, &'static [u8]); 6] {
    [
        ("postgres://", b"R\0\0\0\x08\0\0\0\0S\0\0\x1f\xff"),
        ("redis://", b"-LOAD"),
        ("mysql://", b"\xf0\x07\0\0\x0a8.0"),
        ("memcached://", b"VERSION 1"),
        ("amqp://", b"\x01\0\0\0\0\x20\0\0\x0a"),
        ("mongodb://", b"\0\x3f\0\0\x09\0\0\0\x01\0\0\0"),
    ]
}

/// Serves these bytes, then `more` of them again and again with this pause.
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

#[test]
fn no_dripping_service_stretches_the_deadline() {
    for (service, start) in beginnings() {
        let port = serve_bytes(start, b"x", Duration::from_millis(20));
        let reason = unhealthy_within(&format!("{service}:{port}"), SHORT);
        assert!(reason.ends_with("had not finished its answer after 300ms"), "{service} {reason}");
    }
}

/// What a good server sends: its first answer, and that to a login, if there is one.
struct Dialogue {
    target: (&'static str, &'static str),
    answer: &'static [u8],
    to_login: &'static [u8],
}

impl Dialogue {
    const fn new(target: &'static str, answer: &'static [u8]) -> Self {
        Self { target: (target, ""), answer, to_login: b"" }
    }
}

const MYSQL_GREETING: &[u8] = b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\
    \0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0";
const MYSQL_DENIED: &[u8] = b"\x16\0\0\x02\xff\x15\x04#28000Access denied";

const DIALOGUES: [Dialogue; 10] = [
    Dialogue::new("postgres://", b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"),
    Dialogue::new(
        "postgres://",
        b"R\0\0\0\x08\0\0\0\0S\0\0\0\x16application\0hinit\0K\0\0\0\x0cabcdefghZ\0\0\0\x05I",
    ),
    Dialogue::new("postgres://", b"E\0\0\0\x1cSFATAL\0C28000\0Mno role\0\0"),
    Dialogue::new("redis://", b"-NOAUTH Authentication required.\r\n"),
    Dialogue { target: ("redis://u:p@", ""), answer: b"+OK\r\n+PONG\r\n", to_login: b"" },
    Dialogue { target: ("mysql://", ""), answer: MYSQL_GREETING, to_login: MYSQL_DENIED },
    Dialogue::new("memcached://", b"VERSION 1.6.18\r\n"),
    Dialogue::new(
        "amqp://",
        b"\x01\0\0\0\0\0\x32\0\x0a\0\x0a\0\x09\0\0\0\x0d\x07productS\0\0\0\0\0\0\0\x0ePLAIN AMQPLAIN\0\0\0\x05en_US\xce",
    ),
    Dialogue::new(
        "mongodb://",
        b"\x3d\0\0\0\x09\0\0\0\x01\0\0\0\xdd\x07\0\0\0\0\0\0\0\x28\0\0\0\
        \x08isWritablePrimary\0\x01\x01ok\0\0\0\0\0\0\0\xf0\x3f\x0an\0\0",
    ),
    Dialogue {
        target: ("grpc://", "/"),
        answer: b"\0\0\0\x04\0\0\0\0\0\0\0\x01\x01\x04\0\0\0\x01\x88\0\0\x07\0\0\0\0\0\x01\0\0\0\0\x02\x08\x01\
            \0\0\x0f\x01\x05\0\0\0\x01\0\x0bgrpc-status\x010",
        to_login: b"",
    },
];

/// Sends nothing to its first client, one byte to the next, and so on.
fn serve_cut(dialogue: &'static Dialogue) -> u16 {
    let clients: &'static AtomicUsize = Box::leak(Box::default());
    servers::serve_with(move |mut stream| {
        let length = clients.fetch_add(1, Ordering::SeqCst);
        let (answer, to_login) = (dialogue.answer, dialogue.to_login);
        let _ = stream.write_all(&answer[..length.min(answer.len())]);
        if length > answer.len() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&to_login[..length - answer.len()]);
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        hold(stream);
    })
}

#[test]
fn a_service_is_ready_after_its_whole_answer_and_never_before() {
    for dialogue in &DIALOGUES {
        let (start, rest) = dialogue.target;
        let whole = dialogue.answer.len() + dialogue.to_login.len();
        let target = format!("{start}localhost:{}{rest}", serve_cut(dialogue));
        for length in 0..whole {
            let reason = unhealthy(&target);
            let closed = reason.ends_with("closed the connection without an answer")
                || reason.ends_with("closed the connection in the middle of its answer")
                || reason.ends_with("closed the connection in the middle of its answer to the login");
            assert!(closed, "{start}, {length} bytes: {reason}");
        }
        healthy(&target);
    }
}

#[test]
fn a_mysql_that_closes_on_every_login_is_unhealthy() {
    let port = serve(|mut stream| {
        let _ = stream.write_all(MYSQL_GREETING);
        let _ = stream.read(&mut [0; 4096]);
    });
    let reason = unhealthy(&format!("mysql://:{port}"));
    assert!(reason.ends_with("closed the connection in the middle of its answer to the login"), "{reason}");
}

#[test]
fn a_mysql_that_shuts_down_during_the_login_is_unhealthy() {
    let port = serve(|mut stream| {
        let _ = stream.write_all(MYSQL_GREETING);
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"\x24\0\0\x02\xff\x1d\x04#08S01Server shutdown in progress");
        hold(stream);
    });
    let reason = unhealthy(&format!("mysql://:{port}"));
    assert!(reason.ends_with("is not ready: Server shutdown in progress (1053)"), "{reason}");
}

#[test]
fn a_mysql_that_greets_and_then_hangs_is_unhealthy() {
    let port = serve(|mut stream| {
        let _ = stream.write_all(MYSQL_GREETING);
        hold(stream);
    });
    let reason = unhealthy_within(&format!("mysql://:{port}"), SHORT);
    assert!(reason.ends_with("had not finished its answer to the login after 300ms"), "{reason}");
}

#[test]
fn a_mysql_that_answers_the_login_for_ever_is_left() {
    let port = serve(|mut stream| {
        let _ = stream.write_all(MYSQL_GREETING);
        let mut bytes = [0; 4096];
        while let Ok(1..) = stream.read(&mut bytes) {
            let _ = stream.write_all(b"\x01\0\0\x02\xfe");
        }
    });
    assert!(healthy(&format!("mysql://:{port}")).ends_with("is ready: version 8.0.36"));
}

#[test]
fn a_service_that_closes_in_its_answer_is_unhealthy() {
    for (service, start) in beginnings() {
        let port = serve_bytes(start, b"", Duration::ZERO);
        let reason = unhealthy(&format!("{service}:{port}"));
        assert!(reason.ends_with("closed the connection in the middle of its answer"), "{service} {reason}");
    }
}

#[test]
fn an_endless_answer_of_a_service_is_cut_off() {
    for (service, start) in beginnings() {
        let port = serve_bytes(start, &[b'x'; 4096], Duration::ZERO);
        let reason = unhealthy(&format!("{service}:{port}"));
        assert!(
            reason.contains("does not speak the protocol of ") || reason.contains("is not ready"),
            "{service} {reason}"
        );
    }
}

#[test]
fn what_speaks_another_protocol_is_quoted() {
    let answers: [&'static [u8]; 4] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\0\x02\x02\x46",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ];
    for answer in answers {
        let port = serve_bytes(answer, b"", Duration::ZERO);
        for service in SERVICES {
            let reason = unhealthy(&format!("{service}:{port}"));
            assert!(
                reason.starts_with(&format!("127.0.0.1:{port} does not speak the protocol of ")),
                "{reason}"
            );
        }
    }
}

/// Every kind that connects, a target without its port and what follows that.
const KINDS: [(&str, &str); 11] = [
    ("http://localhost:", "/"),
    ("https://localhost:", "/ --insecure"),
    ("tcp://localhost:", " --expect UPANDRUNNING"),
    ("grpc://localhost:", "/"),
    ("grpcs://localhost:", "/ --insecure"),
    ("postgres://localhost:", "/"),
    ("redis://localhost:", "/"),
    ("mysql://localhost:", "/"),
    ("memcached://localhost:", "/"),
    ("amqp://localhost:", "/"),
    ("mongodb://localhost:", "/"),
];

/// Those of a build without TLS too.
fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    KINDS.into_iter().filter(|(start, _)| cfg!(feature = "tls") || !start.contains("s://localhost"))
}

#[test]
fn every_kind_finds_a_server_on_ipv6_alone() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return skipped::skip("a server on IPv6", "this machine has no IPv6 on loopback");
    }
    let port = serve_on("[::1]:0", hold);
    for (start, rest) in kinds() {
        let reason = unhealthy_within(&format!("{start}{port}{rest}"), SHORT);
        assert!(reason.contains(&format!("[::1]:{port}")), "{start}: {reason}");
        let silent = reason.ends_with("accepted the connection but did not answer within 300ms");
        assert!(silent || reason.ends_with("had not finished the TLS handshake after 300ms"), "{reason}");
    }
}

/// The same garbage at each run, of bytes 0 to 255.
fn garbage(seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(&mut next).take(20_000).collect()
}

#[test]
fn garbage_is_unhealthy_in_every_protocol() {
    for seed in 0..16 {
        let port = servers::serve_with(move |mut stream| {
            let _ = stream.write_all(&garbage(seed));
            let _ = stream.shutdown(std::net::Shutdown::Write);
            hold(stream);
        });
        for (start, rest) in kinds() {
            unhealthy(&format!("{start}{port}{rest}"));
        }
    }
}

#[test]
fn a_service_on_a_unix_socket_is_probed_there() {
    let directory = Directory::new("service");
    let listener = UnixListener::bind(directory.path("cache.sock")).unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 6];
        stream.read_exact(&mut request).unwrap();
        assert_eq!(&request, b"PING\r\n");
        stream.write_all(b"+PONG\r\n").unwrap();
    });
    let path = directory.path("cache.sock");
    let reason = healthy(&format!("redis://{}", path.replace('/', "%2F")));
    assert_eq!(reason, format!("Redis at {path} is ready"));
}
