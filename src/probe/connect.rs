//! A TCP connection to the first address that accepts it.

use super::context::ProbeContext;
use super::deadline::Deadline;
use super::failure::{Failure, Kind};
use crate::plan::probe::{Address, Host};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// A name can have any number of addresses; only these are tried.
const MAX_ADDRESSES: usize = 8;

type Failed = Vec<(SocketAddr, io::Error)>;

/// Connects. With several addresses, each but the last gets a share of the
/// time that is left, so that one that drops packets does not use up all of it.
/// What is left after that goes to those that timed out: a busy server may take
/// longer than its share.
pub(super) fn connect(
    address: &Address,
    context: &mut ProbeContext<'_>,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let candidates = candidates(address, context)?;
    let (mut remaining, mut failed) = (candidates.clone(), Failed::new());
    while !remaining.is_empty() {
        if let Some(connected) = try_each(&remaining, &mut failed, context) {
            return Ok(connected);
        }
        if context.deadline.left().is_none() {
            break;
        }
        let timed_out = |address: &SocketAddr| {
            failed.iter().any(|(other, error)| other == address && error.kind() == ErrorKind::TimedOut)
        };
        remaining.retain(timed_out);
    }
    Err(explain(&candidates, &failed, context.deadline))
}

/// The first of them that accepts; none if none does before the deadline.
fn try_each(
    addresses: &[SocketAddr],
    failed: &mut Failed,
    context: &mut ProbeContext<'_>,
) -> Option<(TcpStream, SocketAddr)> {
    for (index, address) in addresses.iter().enumerate() {
        let left = context.deadline.left()?;
        context.report(&[&address.to_string(), " has not accepted the connection"]);
        match try_one(*address, left / shares(addresses.len() - index)) {
            Ok(stream) => return Some((stream, *address)),
            Err(error) => {
                failed.retain(|(other, _)| other != address);
                failed.push((*address, error));
            }
        }
    }
    None
}

fn try_one(address: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
    reject_self(TcpStream::connect_timeout(&address, limit)?, address)
}

/// How many parts to divide the remaining time into. Half of that time may
/// never come: PID 1 kills a probe at half of the deadline that the probe knows.
fn shares(addresses: usize) -> u32 {
    if addresses > 1 { u32::try_from(2 * addresses).unwrap_or(u32::MAX) } else { 1 }
}

fn candidates(address: &Address, context: &mut ProbeContext<'_>) -> Result<Vec<SocketAddr>, Failure> {
    let at = |ip: IpAddr| SocketAddr::new(ip, address.port);
    match &address.host {
        Host::Here => Ok(vec![at(Ipv4Addr::LOCALHOST.into()), at(Ipv6Addr::LOCALHOST.into())]),
        Host::Ip(ip) => Ok(vec![at(*ip)]),
        Host::Name(name) => {
            context.report(&["the name ", name, " has not been resolved"]);
            look_up(name, address.port)
        }
    }
}

/// The addresses of a name, by the C library's resolver.
pub(crate) fn look_up(name: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let unknown = |reason| Failure::new(Kind::Lookup, reason);
    let found = (name, port).to_socket_addrs().map_err(|error| {
        unknown(format!("the name {name} cannot be resolved: {}", error.to_string().replace('\n', " ")))
    })?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if addresses.len() < MAX_ADDRESSES && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(unknown(format!("the name {name} has no address"))) } else { Ok(addresses) }
}

/// Rejects a connection to itself. The kernel makes one if nobody listens on
/// the port and it picks that same port for hinit's end.
fn reject_self(stream: TcpStream, peer: SocketAddr) -> io::Result<TcpStream> {
    // peer_addr() fails if the connection was reset at once.
    if stream.local_addr()? == peer { Err(ErrorKind::ConnectionRefused.into()) } else { Ok(stream) }
}

fn explain(candidates: &[SocketAddr], failed: &Failed, deadline: Deadline) -> Failure {
    // [::1] is not worth naming on a machine without IPv6.
    let relevant: Vec<_> = failed.iter().filter(|(_, error)| !is_absent_family(error)).collect();
    let relevant = if relevant.is_empty() { failed.iter().collect() } else { relevant };
    let tried: Vec<_> = relevant.iter().map(|(address, _)| address).collect();
    // The deadline may have passed before the first of them.
    let tried = if tried.is_empty() { candidates.iter().collect() } else { tried };
    let list = tried.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let all =
        |kind: ErrorKind| !relevant.is_empty() && relevant.iter().all(|(_, error)| error.kind() == kind);
    if all(ErrorKind::ConnectionRefused) {
        return Failure::new(Kind::Connect, format!("connection refused by {list}: nothing listens there"));
    }
    if relevant.is_empty() || all(ErrorKind::TimedOut) {
        return Failure::new(Kind::TimedOut, format!("no connection to {list} within {deadline}"));
    }
    let each = relevant.iter().map(|(address, error)| format!("{address}: {error}"));
    Failure::new(Kind::Connect, format!("cannot connect to {}", each.collect::<Vec<_>>().join(", ")))
}

fn is_absent_family(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT | libc::ENETUNREACH))
}

#[allow(clippy::print_stdout)]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_address_that_there_was_no_time_to_try() {
        let address = Address { host: Host::Ip(Ipv4Addr::LOCALHOST.into()), port: 80 };
        let mut context = ProbeContext { deadline: Deadline::after(Duration::ZERO), progress: &mut |_| {} };
        let failure = connect(&address, &mut context).unwrap_err();
        assert_eq!(failure.reason, "no connection to 127.0.0.1:80 within 0s");
    }

    #[test]
    fn a_connection_that_met_itself_is_no_listener() {
        // The kernel walks through its range of ports, so one of these
        // connections starts at the port it is meant for.
        let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
        let port: u16 = range.split_whitespace().next().unwrap().parse().unwrap();
        let to_itself = (0..200_000).find_map(|_| {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
            (stream.local_addr().ok() == stream.peer_addr().ok()).then_some(stream)
        });
        let Some(stream) = to_itself else {
            return crate::skipped::skip("a connection to itself", "none came about in 200,000");
        };
        assert_eq!(
            reject_self(stream, (Ipv4Addr::LOCALHOST, port).into()).unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );
    }
}
