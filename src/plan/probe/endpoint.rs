//! What a probe connects to.

use std::net::IpAddr;
use std::path::PathBuf;

/// What to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A port of a host.
    Port(Address),
    /// A unix(7) stream socket by its path.
    Socket(PathBuf),
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The host.
    pub host: Host,
    /// 1 to 65535.
    pub port: u16,
}

/// A host as written in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// None, or `localhost`: this container, 127.0.0.1 first and then `::1`.
    Here,
    /// An address.
    Ip(IpAddr),
    /// A name to resolve.
    Name(String),
}
