//! MariaDB.

use crate::server::{EACH, Kit, fill, free_port};
use crate::servers::healthy;

/// The least that MariaDB takes; one more is kept for an administrator.
const CONNECTIONS: usize = 10;

#[test]
fn is_ready_once_it_greets_until_it_has_too_many_connections() {
    let Some(kit) = Kit::find("/usr/sbin/mariadbd", "mysql") else { return };
    let data = format!("--datadir={}", kit.path("data").display());
    kit.run(
        "/usr/bin/mariadb-install-db",
        &["--no-defaults", &data, "--auth-root-authentication-method=normal", "--skip-test-db"],
    );
    let port = free_port();
    let socket = kit.path("db.sock").display().to_string();
    let mut server = kit.start(&[
        "--no-defaults",
        &data,
        &format!("--port={port}"),
        &format!("--socket={socket}"),
        &format!("--pid-file={}", kit.path("db.pid").display()),
        "--bind-address=127.0.0.1",
        &format!("--max-connections={CONNECTIONS}"),
    ]);
    let target = format!("mysql://:{port}");
    let reasons = server.reasons_until_ready(&target);
    let ready = format!("MySQL at 127.0.0.1:{port} is ready: version ");
    assert!(reasons.last().unwrap().starts_with(&ready), "{reasons:?}");
    assert!(reasons.last().unwrap().contains("-MariaDB"), "{reasons:?}");
    assert!(
        reasons.iter().rev().skip(1).all(|reason| reason.ends_with("nothing listens there")),
        "{reasons:?}"
    );
    healthy(&format!("mariadb://app:secret@%2F{}", socket.trim_start_matches('/').replace('/', "%2F")));

    // A login that is denied is no failure of the handshake, which would block the host in the end.
    assert!(!server.said().contains("closed normally without authentication"), "{}", server.said());

    let (_held, reason) = fill(port, &target, EACH);
    assert!(reason.ends_with("is not ready: Too many connections (1040)"), "{reason}");
}
