//! RabbitMQ.

use crate::server::{Kit, free_port};

#[test]
fn is_ready_once_it_has_booted() {
    let Some(kit) = Kit::find("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq") else { return };
    let (port, names, distribution) = (free_port(), free_port().to_string(), free_port());
    // Its own name server: the one it would start stays for ever, on every address.
    let epmd = kit.start_command(kit.command("/usr/bin/epmd", &["-address", "127.0.0.1", "-port", &names]));
    let mut command = kit.command(kit.program(), &[]);
    command
        .env("ERL_EPMD_PORT", &names)
        .env("RABBITMQ_NODENAME", "hinit@localhost")
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", port.to_string())
        .env("RABBITMQ_DIST_PORT", distribution.to_string())
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
        .env("RABBITMQ_MNESIA_BASE", kit.path("mnesia"))
        .env("RABBITMQ_LOG_BASE", kit.path("logs"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", kit.file("plugins", "[]."))
        .env("RABBITMQ_LOGS", "-");
    let mut server = kit.start_command(command);
    let reasons = server.reasons_until_ready(&format!("amqp://:{port}"));
    assert_eq!(reasons.last(), Some(&format!("AMQP at 127.0.0.1:{port} is ready")));
    assert!(
        reasons.iter().rev().skip(1).all(|reason| reason.ends_with("nothing listens there")),
        "{reasons:?}"
    );
    server.stop(libc::SIGTERM);
    drop(epmd);
}
