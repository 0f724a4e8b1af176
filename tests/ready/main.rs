//! The ready checks against the real PostgreSQL, Redis, MariaDB, memcached and
//! RabbitMQ of Debian's packages: while they start, when they serve, and when
//! they refuse. Each is started by hand, on loopback alone, with its data in a
//! directory of the test. (Debian has no MongoDB: its answers are scripted in
//! the unit tests, after the wire protocol's documentation.)
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/servers.rs"]
mod servers;

mod mariadb;
mod memcached;
mod postgres;
mod rabbitmq;
mod redis;
mod server;
