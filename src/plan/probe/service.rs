//! Servers whose own protocol says when they are ready.

use super::Endpoint;
use std::fmt;
use std::path::PathBuf;

/// A server that must be ready by what its own protocol says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// What it speaks.
    pub protocol: Protocol,
    /// What to connect to.
    pub endpoint: Endpoint,
    /// As whom; never empty.
    pub user: Option<String>,
    /// Only Redis is told it, which says without one whether it listens, but
    /// not whether it has loaded its data. Never empty.
    pub password: Option<String>,
    /// The path of the URL; never empty.
    pub database: Option<String>,
}

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// And what speaks it too, such as PgBouncer.
    Postgres,
    /// And Valkey.
    Redis,
    /// And MariaDB.
    Mysql,
    /// The text protocol.
    Memcached,
    /// AMQP 0-9-1, as RabbitMQ speaks it.
    Amqp,
    /// A mongod or a mongos.
    Mongodb,
}

impl Protocol {
    /// The protocol of a URL's scheme in lower case. A driver's name after a
    /// plus is of no interest (`postgresql+asyncpg`, as SQLAlchemy has it).
    pub(super) fn of_scheme(scheme: &str) -> Option<Self> {
        let (name, driver) = scheme.split_once('+').unwrap_or((scheme, ""));
        match name {
            "postgres" | "postgresql" => Some(Self::Postgres),
            // Rails has its own name for it.
            "mysql" | "mysql2" | "mariadb" => Some(Self::Mysql),
            _ if !driver.is_empty() => None,
            "redis" | "valkey" => Some(Self::Redis),
            "memcached" | "memcache" => Some(Self::Memcached),
            "amqp" => Some(Self::Amqp),
            "mongodb" => Some(Self::Mongodb),
            _ => None,
        }
    }

    /// The port of a URL without one.
    pub(super) fn default_port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::Redis => 6379,
            Self::Mysql => 3306,
            Self::Memcached => 11211,
            Self::Amqp => 5672,
            Self::Mongodb => 27017,
        }
    }
}

impl fmt::Display for Protocol {
    /// As its makers write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Redis => "Redis",
            Self::Mysql => "MySQL",
            Self::Memcached => "memcached",
            Self::Amqp => "AMQP",
            Self::Mongodb => "MongoDB",
        })
    }
}

/// Where a server's socket is. libpq is given a directory, and finds the
/// socket of the port in it.
pub(super) fn socket_path(protocol: Protocol, path: PathBuf, port: u16) -> PathBuf {
    if protocol == Protocol::Postgres { path.join(format!(".s.PGSQL.{port}")) } else { path }
}
