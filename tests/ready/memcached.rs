//! memcached.

use crate::server::{Kit, free_port};
use crate::servers::{SHORT, unhealthy_within};
use std::net::TcpStream;

/// Also the limit of its descriptors: it needs some for itself.
const CONNECTIONS: usize = 64;

#[test]
fn is_ready_with_its_version_until_it_has_too_many_connections() {
    let Some(kit) = Kit::find("/usr/bin/memcached", "memcache") else { return };
    let (port, most) = (free_port().to_string(), CONNECTIONS.to_string());
    let mut server =
        kit.start(&["-l", "127.0.0.1", "-p", &port, "-U", "0", "-c", &most, "-o", "maxconns_fast"]);
    let target = format!("memcached://:{port}");
    let reasons = server.reasons_until_ready(&target);
    let ready = format!("memcached at 127.0.0.1:{port} is ready: version 1.");
    assert!(reasons.last().unwrap().starts_with(&ready), "{reasons:?}");
    assert!(
        reasons.iter().rev().skip(1).all(|reason| reason.ends_with("nothing listens there")),
        "{reasons:?}"
    );

    let port: u16 = port.parse().unwrap();
    let _held: Vec<_> = (0..CONNECTIONS).map(|_| TcpStream::connect(("127.0.0.1", port))).collect();
    server.is_unhealthy_by(&target, "is not ready: ERROR Too many open connections");
}

#[test]
fn is_unhealthy_at_the_deadline_when_it_lets_connections_wait() {
    let Some(kit) = Kit::find("/usr/bin/memcached", "memcache") else { return };
    let (port, most) = (free_port().to_string(), CONNECTIONS.to_string());
    let mut server =
        kit.start(&["-l", "127.0.0.1", "-p", &port, "-U", "0", "-c", &most, "-o", "no_maxconns_fast"]);
    server.reasons_until_ready(&format!("memcached://:{port}"));
    let number: u16 = port.parse().unwrap();
    let _held: Vec<_> = (0..CONNECTIONS).map(|_| TcpStream::connect(("127.0.0.1", number))).collect();
    let reason = unhealthy_within(&format!("memcached://:{port}"), SHORT);
    assert!(reason.ends_with("took the connection and did not answer within 300ms"), "{reason}");
}
