//! Redis.

use crate::server::{EACH, Kit, Server, fill, free_port};
use crate::servers::{healthy, unhealthy};
use std::io::{Read, Write};
use std::net::TcpStream;

struct Redis {
    kit: Kit,
    port: u16,
}

impl Redis {
    fn new() -> Option<Self> {
        Some(Self { kit: Kit::find("/usr/bin/redis-server", "redis")?, port: free_port() })
    }

    fn start(&self, options: &[&str]) -> Server {
        let port = self.port.to_string();
        let socket = self.kit.path("redis.sock").display().to_string();
        let fixed = ["--port", &port, "--bind", "127.0.0.1", "--unixsocket", &socket, "--save", ""];
        let words: Vec<&str> = fixed.iter().chain(options).copied().collect();
        self.kit.start(&words)
    }

    fn target(&self) -> String {
        format!("redis://:{}", self.port)
    }

    /// Tells it something, which it has to take.
    fn tell(&self, command: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
        let mut answer = [0; 3];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"+OK", "{command}");
    }
}

#[test]
fn is_not_ready_while_it_loads_its_data_and_ready_then() {
    let Some(redis) = Redis::new() else { return };
    let mut server = redis.start(&["--enable-debug-command", "yes"]);
    server.reasons_until_ready(&redis.target());
    redis.tell("DEBUG POPULATE 20000");
    redis.tell("SAVE");
    server.stop(libc::SIGTERM);

    let slowly = ["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"];
    let mut server = redis.start(&slowly);
    server.is_unhealthy_by(&redis.target(), "is not ready: LOADING Redis is loading the dataset in memory");
    redis.tell("CONFIG SET key-load-delay 0");
    let reasons = server.reasons_until_ready(&redis.target());
    assert_eq!(reasons.last(), Some(&format!("Redis at 127.0.0.1:{} is ready", redis.port)));
    let socket = redis.kit.path("redis.sock").display().to_string();
    assert_eq!(
        healthy(&format!("redis://{}", socket.replace('/', "%2F"))),
        format!("Redis at {socket} is ready")
    );
}

#[test]
fn is_ready_when_it_wants_a_password_and_is_told_it_only_if_that_is_known() {
    let Some(redis) = Redis::new() else { return };
    let mut server = redis.start(&["--requirepass", "secret"]);
    let reasons = server.reasons_until_ready(&redis.target());
    let ready = format!("Redis at 127.0.0.1:{} is ready", redis.port);
    assert_eq!(reasons.last(), Some(&format!("{ready}: it requires a password")));
    assert_eq!(healthy(&format!("redis://:secret@:{}/0", redis.port)), ready);
    assert_eq!(healthy(&format!("redis://default:secret@:{}/0", redis.port)), ready);
    let reason = unhealthy(&format!("redis://:wrong@:{}/0", redis.port));
    assert!(reason.contains("is not ready: WRONGPASS"), "{reason}");
}

#[test]
fn a_password_that_nobody_asked_for_is_no_failure() {
    let Some(redis) = Redis::new() else { return };
    let mut server = redis.start(&[]);
    server.reasons_until_ready(&format!("redis://:secret@:{}", redis.port));
}

#[test]
fn is_not_ready_as_a_replica_without_its_master() {
    let Some(redis) = Redis::new() else { return };
    // tcpmux: long dead, so that nobody listens there.
    let server = redis.start(&["--replicaof", "127.0.0.1", "1", "--replica-serve-stale-data", "no"]);
    server.is_unhealthy_by(&redis.target(), "is not ready: MASTERDOWN");
}

#[test]
fn is_not_ready_when_it_has_too_many_clients() {
    let Some(redis) = Redis::new() else { return };
    let mut server = redis.start(&["--maxclients", "1"]);
    server.reasons_until_ready(&redis.target());
    let (_held, reason) = fill(redis.port, &redis.target(), EACH);
    assert!(reason.ends_with("is not ready: ERR max number of clients reached"), "{reason}");
}
