//! TCP sockets that listen, and the processes that hold them: proc_net(5), and the
//! links in /proc/PID/fd.

use super::Pid;
use super::procfs::text;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A TCP socket that listens in this network namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listener {
    /// What it is bound to.
    pub address: SocketAddr,
    /// The user that made it.
    pub user: u32,
    /// The socket's number, by which a process refers to it.
    pub inode: u64,
}

/// All of them.
///
/// # Errors
/// There is no /proc.
pub(crate) fn all() -> io::Result<Vec<Listener>> {
    let mut table = text("/proc/net/tcp")?;
    // It is missing without IPv6.
    table.push_str(&text("/proc/net/tcp6").unwrap_or_default());
    Ok(table.lines().filter_map(parse).collect())
}

/// A line of `/proc/net/tcp` or `tcp6`; none for its head, and for a socket that does
/// not listen.
fn parse(line: &str) -> Option<Listener> {
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, local, _, LISTEN, _, _, _, user, _, inode, ..] = fields[..] else { return None };
    let (ip, port) = local.split_once(':')?;
    let address = SocketAddr::new(parse_ip(ip)?, u16::from_str_radix(port, 16).ok()?);
    Some(Listener { address, user: user.parse().ok()?, inode: inode.parse().ok()? })
}

/// Words of 32 bits in hexadecimal, each in the byte order of the machine.
fn parse_ip(text: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let word = u32::from_str_radix(text.get(at..at + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    if text.len() == 8 {
        return word(0).map(|bytes| Ipv4Addr::from(bytes).into());
    }
    let words = [word(0)?, word(8)?, word(16)?, word(24)?];
    let bytes: [u8; 16] = words.concat().try_into().ok()?;
    Some(Ipv6Addr::from(bytes).into())
}

/// Those of `all` that a connection to `address` reaches: the kernel prefers a socket
/// that is bound to the very address, then one of the same family. There are several
/// with SO_REUSEPORT.
pub(crate) fn reached_by(address: SocketAddr, all: &[Listener]) -> Vec<Listener> {
    let any4: IpAddr = Ipv4Addr::UNSPECIFIED.into();
    let any6: IpAddr = Ipv6Addr::UNSPECIFIED.into();
    let bound_to = |ip: IpAddr| -> Vec<Listener> {
        let is_it = |listener: &&Listener| {
            listener.address.port() == address.port() && listener.address.ip().to_canonical() == ip
        };
        all.iter().filter(is_it).copied().collect()
    };
    let ip = address.ip().to_canonical();
    let tiers = if ip.is_ipv4() { &[ip, any4, any6][..] } else { &[ip, any6] };
    tiers.iter().map(|ip| bound_to(*ip)).find(|found| !found.is_empty()).unwrap_or_default()
}

/// The inodes of a process's sockets.
///
/// # Errors
/// There is no such process, or its descriptors must not be read (ptrace(2)).
pub(crate) fn sockets(pid: Pid) -> io::Result<Vec<u64>> {
    let mut is_empty = true;
    let mut inodes = Vec::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fd"))? {
        is_empty = false;
        // One that has been closed meanwhile.
        let Ok(link) = fs::read_link(entry?.path()) else { continue };
        inodes.extend(link.to_str().and_then(inode));
    }
    if is_empty && has_threads(pid) {
        return Err(io::Error::other("its first thread has ended, and has no descriptors any more"));
    }
    Ok(inodes)
}

/// `socket:[4711]`.
fn inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

fn has_threads(pid: Pid) -> bool {
    fs::read_dir(format!("/proc/{pid}/task")).is_ok_and(|threads| threads.count() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// Of a machine with little-endian words.
    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0
   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 20 4
   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0  0  0 99 1
   0: xx:0050 00000000:0000 0A 0:0 00:0 0  0  0 99 1";

    #[test]
    #[cfg(target_endian = "little")]
    fn parses_the_lines_of_sockets_that_listen() {
        let found: Vec<_> = TABLE.lines().filter_map(parse).collect();
        let address = |text: &str| text.parse().unwrap();
        assert_eq!(
            found,
            [
                Listener { address: address("127.0.0.1:8080"), user: 1000, inode: 4711 },
                Listener { address: address("[::1]:80"), user: 0, inode: 99 },
            ]
        );
    }

    #[test]
    fn chooses_the_listener_that_the_kernel_would() {
        let bound = |inode, text: &str| Listener { address: text.parse().unwrap(), user: 0, inode };
        let all = [
            bound(1, "0.0.0.0:80"),
            bound(2, "[::]:80"),
            bound(3, "127.0.0.1:80"),
            bound(4, "127.0.0.1:81"),
            bound(5, "[::]:82"),
            bound(6, "[::ffff:127.0.0.1]:83"),
            bound(7, "0.0.0.0:83"),
        ];
        for (address, inodes) in [
            ("127.0.0.1:80", &[3][..]),
            ("127.0.0.2:80", &[1]),
            ("[::1]:80", &[2]),
            ("127.0.0.1:82", &[5]),
            ("127.0.0.1:83", &[6]),
            ("[::1]:83", &[]),
            ("127.0.0.1:84", &[]),
        ] {
            let found = reached_by(address.parse().unwrap(), &all);
            assert_eq!(found.iter().map(|listener| listener.inode).collect::<Vec<_>>(), inodes, "{address}");
        }
    }

    #[test]
    fn finds_a_listener_of_this_process() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(socket) = TcpListener::bind(address) else { continue };
            let address = socket.local_addr().unwrap();
            let found = reached_by(address, &all().unwrap());
            let [listener] = found[..] else { panic!("{found:?}") };
            assert_eq!(listener.address, address);
            assert!(sockets(super::super::process::own_pid()).unwrap().contains(&listener.inode));
        }
    }
}
