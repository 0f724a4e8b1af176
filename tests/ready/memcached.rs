//! memcached.

use crate::server::{EACH, Kit, fill, free_port};
use crate::servers::SHORT;

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

    let (_held, reason) = fill(port.parse().unwrap(), &target, EACH);
    assert!(reason.ends_with("is not ready: ERROR Too many open connections"), "{reason}");
}

#[test]
fn is_unhealthy_at_the_deadline_when_it_lets_connections_wait() {
    let Some(kit) = Kit::find("/usr/bin/memcached", "memcache") else { return };
    let (port, most) = (free_port().to_string(), CONNECTIONS.to_string());
    let mut server =
        kit.start(&["-l", "127.0.0.1", "-p", &port, "-U", "0", "-c", &most, "-o", "no_maxconns_fast"]);
    server.reasons_until_ready(&format!("memcached://:{port}"));
    let (_held, reason) = fill(port.parse().unwrap(), &format!("memcached://127.0.0.1:{port}"), SHORT);
    // It makes its backlog smaller too, so that the kernel may not even take the connection.
    assert!(reason.ends_with("within 300ms"), "{reason}");
}
