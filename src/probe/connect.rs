//! A TCP connection to the first address that takes it.

use super::Look;
use super::deadline::Deadline;
use super::failure::{Failure, Kind};
use crate::plan::probe::{Address, Host};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Names can have any number of addresses; no more are tried.
const MOST_ADDRESSES: usize = 8;

/// Connects. Where a host has several addresses each but the last gets a share
/// of the time that is left, so that one that swallows packets does not keep
/// hinit from the others. Whatever is left after these goes to those that were
/// slow: a busy server may take longer than its share.
pub(super) fn connect(address: &Address, look: &mut Look<'_>) -> Result<(TcpStream, SocketAddr), Failure> {
    let candidates = candidates(address, look)?;
    let deadline = look.deadline;
    let (mut due, mut failures) = (candidates.clone(), Vec::new());
    while !due.is_empty() {
        let mut slow = Vec::new();
        for (index, candidate) in due.iter().enumerate() {
            let Some(left) = deadline.left() else { return Err(explain(&candidates, &failures, deadline)) };
            look.note(&[&candidate.to_string(), " has not taken the connection"]);
            let error = match try_one(*candidate, left / shares(due.len() - index)) {
                Ok(stream) => return Ok((stream, *candidate)),
                Err(error) => error,
            };
            if error.kind() == ErrorKind::TimedOut {
                slow.push(*candidate);
            }
            failures.retain(|(address, _)| address != candidate);
            failures.push((*candidate, error));
        }
        due = slow;
    }
    Err(explain(&candidates, &failures, deadline))
}

fn try_one(address: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
    refuse_self(TcpStream::connect_timeout(&address, limit)?, address)
}

/// Into so many parts the time that is left is cut, with so many addresses
/// left. Half of it may never come: PID 1 kills a probe at half of the
/// deadline that the probe knows.
fn shares(addresses: usize) -> u32 {
    if addresses > 1 { u32::try_from(2 * addresses).unwrap_or(u32::MAX) } else { 1 }
}

fn candidates(address: &Address, look: &mut Look<'_>) -> Result<Vec<SocketAddr>, Failure> {
    let at = |ip: IpAddr| SocketAddr::new(ip, address.port);
    match &address.host {
        Host::Here => Ok(vec![at(Ipv4Addr::LOCALHOST.into()), at(Ipv6Addr::LOCALHOST.into())]),
        Host::Ip(ip) => Ok(vec![at(*ip)]),
        Host::Name(name) => {
            look.note(&["the name ", name, " has not been looked up"]);
            look_up(name, address.port)
        }
    }
}

pub(crate) fn look_up(name: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let unknown = |reason| Failure::new(Kind::Lookup, reason);
    let found = (name, port).to_socket_addrs().map_err(|error| {
        unknown(format!("the name {name} cannot be looked up: {}", error.to_string().replace('\n', " ")))
    })?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if addresses.len() < MOST_ADDRESSES && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(unknown(format!("the name {name} has no address"))) } else { Ok(addresses) }
}

/// A connection to a port that nobody listens on can meet itself, if the
/// kernel picks that very port as its own end: that is no listener.
fn refuse_self(stream: TcpStream, peer: SocketAddr) -> io::Result<TcpStream> {
    // The peer's address is not asked for: a connection that was reset at once
    // has none any more.
    if stream.local_addr()? == peer { Err(ErrorKind::ConnectionRefused.into()) } else { Ok(stream) }
}

fn explain(candidates: &[SocketAddr], failures: &[(SocketAddr, io::Error)], deadline: Deadline) -> Failure {
    // A machine without IPv6 has no [::1] to talk about.
    let meant: Vec<_> = failures.iter().filter(|(_, error)| !is_absent_family(error)).collect();
    let meant = if meant.is_empty() { failures.iter().collect() } else { meant };
    let tried: Vec<_> = meant.iter().map(|(address, _)| address).collect();
    // The time may have been over before the first of them.
    let tried = if tried.is_empty() { candidates.iter().collect() } else { tried };
    let list = tried.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let all = |kind: ErrorKind| !meant.is_empty() && meant.iter().all(|(_, error)| error.kind() == kind);
    if all(ErrorKind::ConnectionRefused) {
        return Failure::new(Kind::Connect, format!("connection refused by {list}: nothing listens there"));
    }
    if meant.is_empty() || all(ErrorKind::TimedOut) {
        return Failure::new(Kind::TimedOut, format!("no connection to {list} within {deadline}"));
    }
    let each = meant.iter().map(|(address, error)| format!("{address}: {error}"));
    Failure::new(Kind::Connect, format!("cannot connect to {}", each.collect::<Vec<_>>().join(", ")))
}

fn is_absent_family(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT | libc::ENETUNREACH))
}

#[cfg(test)]
#[allow(clippy::print_stdout)]
mod tests {
    use super::*;

    #[test]
    fn names_the_address_that_there_was_no_time_to_try() {
        let address = Address { host: Host::Ip(Ipv4Addr::LOCALHOST.into()), port: 80 };
        let mut look = Look { deadline: Deadline::after(Duration::ZERO), note: &mut |_| {} };
        let failure = connect(&address, &mut look).unwrap_err();
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
            assert!(std::env::var_os("CI").is_none(), "no connection met itself");
            println!("skipped: no connection met itself, so this kernel may prevent it");
            return;
        };
        assert_eq!(
            refuse_self(stream, (Ipv4Addr::LOCALHOST, port).into()).unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );
    }
}
