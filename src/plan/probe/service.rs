//! Servers that report in their own protocol whether they are ready.

use super::endpoint::Endpoint;
use std::fmt;

/// A server that must report in its own protocol that it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its protocol.
    pub protocol: Protocol,
    /// What to connect to.
    pub endpoint: Endpoint,
    /// The user to log in as; never empty.
    pub user: Option<String>,
    /// Sent to Redis only: without it a protected Redis reports that it
    /// listens, but not whether it has loaded its data. Never empty.
    pub password: Option<String>,
    /// The path of the URL; never empty.
    pub database: Option<String>,
}

/// The protocol of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// And what is compatible, such as PgBouncer.
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
    /// The protocol of a URL's scheme in lower case. The name of a driver after
    /// a plus is ignored (`postgresql+asyncpg`, as SQLAlchemy writes it).
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

    /// The port if the URL has none.
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
    /// As its authors spell it.
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
