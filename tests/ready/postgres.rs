//! PostgreSQL, and its own pg_isready to compare with.

use crate::common::{send, until};
use crate::server::{Kit, Server, free_port};
use crate::servers::{healthy, look};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

const USER: &str = "postgres";

struct Postgres {
    kit: Kit,
    bin: PathBuf,
    port: u16,
    options: Vec<String>,
}

impl Postgres {
    /// A new cluster: app needs a password, whoever else comes does not.
    fn new() -> Option<Self> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let bin = versions.map(|version| version.path().join("bin")).find(|bin| bin.join("initdb").exists());
        let bin = bin.unwrap_or_else(|| "/usr/lib/postgresql/bin".into());
        let kit = Kit::find(&bin.join("postgres").display().to_string(), USER)?;
        let data = kit.path("data").display().to_string();
        kit.run(bin.join("initdb"), &["-D", &data, "-U", USER, "--auth=trust", "--no-sync"]);
        kit.file(
            "data/pg_hba.conf",
            "local all all trust\nhost all app 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n",
        );
        Some(Self { kit, bin, port: free_port(), options: vec![] })
    }

    fn option(&mut self, option: &str) {
        self.options.push(option.to_owned());
    }

    fn start(&self) -> Server {
        let directory = self.kit.path("").display().to_string();
        let fixed = [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={}", directory.trim_end_matches('/')),
            "fsync=off".to_owned(),
        ];
        let data = self.kit.path("data").display().to_string();
        let mut words = vec!["-D", &data];
        for option in fixed.iter().chain(&self.options) {
            words.extend(["-c", option]);
        }
        self.kit.start(&words)
    }

    /// hinit's verdict, which has to be pg_isready's.
    fn look(&self) -> (bool, String) {
        let port = self.port.to_string();
        let mut isready =
            self.kit.command(self.bin.join("pg_isready"), &["-q", "-h", "127.0.0.1", "-p", &port]);
        // The state may change in between: until both saw the same one.
        for _ in 0..1000 {
            let before = look(&format!("postgres://:{port}"), Duration::from_secs(10));
            let is_ready = isready.status().unwrap().success();
            let after = look(&format!("postgres://:{port}"), Duration::from_secs(10));
            if before == after {
                assert_eq!(before.healthy, is_ready, "pg_isready is of another opinion: {}", before.reason);
                return (before.healthy, before.reason);
            }
        }
        panic!("the server never keeps a state")
    }
}

#[test]
fn is_not_ready_while_it_recovers_and_ready_then() {
    let Some(mut postgres) = Postgres::new() else { return };
    let held = postgres.kit.file("held", "");
    postgres.kit.file("data/recovery.signal", "");
    postgres.option(&format!("restore_command=while [ -e {} ]; do sleep 0.1; done; false", held.display()));
    let mut server = postgres.start();
    let target = format!("postgres://:{}", postgres.port);
    server.is_unhealthy_by(&target, "is not ready: the database system is starting up (57P03)");
    assert!(!postgres.look().0);
    std::fs::remove_file(held).unwrap();
    let reasons = server.reasons_until_ready(&target);
    assert_eq!(reasons.last(), Some(&format!("PostgreSQL at 127.0.0.1:{} is ready", postgres.port)));
    assert!(postgres.look().0);
}

#[test]
fn is_not_ready_as_a_standby_that_serves_nobody() {
    let Some(mut postgres) = Postgres::new() else { return };
    postgres.kit.file("data/standby.signal", "");
    postgres.option("hot_standby=off");
    postgres.option("restore_command=false");
    let server = postgres.start();
    let target = format!("postgres://:{}", postgres.port);
    server.is_unhealthy_by(&target, "is not ready: the database system is not accepting connections (57P03)");
    assert!(!postgres.look().0);
}

#[test]
fn is_ready_whether_it_trusts_asks_for_a_password_or_refuses_the_login() {
    let Some(postgres) = Postgres::new() else { return };
    let mut server = postgres.start();
    let port = postgres.port;
    server.reasons_until_ready(&format!("postgres://:{port}"));
    assert_eq!(healthy(&format!("postgres://:{port}")), format!("PostgreSQL at 127.0.0.1:{port} is ready"));
    let directory = postgres.kit.path("").display().to_string();
    healthy(&format!("postgres://{}:{port}", directory.trim_end_matches('/').replace('/', "%2F")));
    // Whoever comes with a role that exists, or is asked for a password, leaves no line in the log.
    healthy(&format!("postgres://app:secret@:{port}/shop"));
    let log = server.said();
    assert!(!log.contains("does not exist"), "{log}");
    let reason = healthy(&format!("postgres://stranger@:{port}/shop"));
    assert!(reason.ends_with("it rejected the login, role \"stranger\" does not exist (28000)"), "{reason}");
    assert!(!server.said().contains("could not receive data"), "{}", server.said());
}

/// A session that is let in and does nothing. The server may still count the
/// one before it.
fn session(port: u16) -> TcpStream {
    until("a session is let in", || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(b"\0\0\0\x17\0\x03\0\0user\0postgres\0\0").unwrap();
        let mut start = [0; 9];
        stream.read_exact(&mut start).unwrap();
        (&start == b"R\0\0\0\x08\0\0\0\0").then_some(stream)
    })
}

#[test]
fn follows_pg_isready_when_it_is_full_and_when_it_stops() {
    let Some(mut postgres) = Postgres::new() else { return };
    postgres.option("max_connections=1");
    postgres.option("superuser_reserved_connections=0");
    postgres.option("max_wal_senders=0");
    let mut server = postgres.start();
    server.reasons_until_ready(&format!("postgres://:{}", postgres.port));
    let session = session(postgres.port);
    let (is_ready, reason) = postgres.look();
    assert!(is_ready && reason.contains("sorry, too many clients already (53300)"), "{reason}");
    // It waits for the session to end, and lets nobody in any more.
    send(server.pid(), libc::SIGTERM);
    let why = "is not ready: the database system is shutting down (57P03)";
    server.is_unhealthy_by(&format!("postgres://:{}", postgres.port), why);
    assert!(!postgres.look().0);
    drop(session);
    server.is_unhealthy_by(&format!("postgres://:{}", postgres.port), "nothing listens there");
}
