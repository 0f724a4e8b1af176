//! Whether the process that answers a check is the app (docs/design.md, section 7).
//!
//! Off PID 1 the port of a check may be held by somebody else: a server that an
//! earlier run has left behind, or another program of the machine. As PID 1 this
//! code is not used.

use crate::plan::probe::{Builtin, Host};
use crate::sys::listeners::{self, Listener};
use crate::sys::{Pid, descendants, procfs};
use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The port of a check, and whose it must be.
#[derive(Debug, Clone)]
pub(super) struct OwnListener {
    /// In the order in which a probe tries them.
    addresses: Vec<SocketAddr>,
    /// Its descendants are the app. Its own sockets are the app's too: those of a
    /// socket activation (`LISTEN_FDS`).
    root: Pid,
}

/// A process outside the app that has the app's port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForeignListener {
    address: SocketAddr,
    holder: String,
}

impl OwnListener {
    /// None if the target is not a TCP port of this machine's loopback interface.
    pub(super) fn of(target: &Builtin, root: Pid) -> Option<Self> {
        let address = target.address()?;
        let ips = loopback(&address.host);
        let addresses: Vec<_> = ips.into_iter().map(|ip| SocketAddr::new(ip, address.port)).collect();
        (!addresses.is_empty()).then_some(Self { addresses, root })
    }

    /// Who has the port, if it is not the app. None as well if /proc cannot tell: then
    /// the probe is trusted.
    pub(super) fn foreign(&self) -> Option<ForeignListener> {
        let all = listeners::all().ok()?;
        let reached = |address| Some((address, listeners::reached_by(address, &all)));
        let mut found = self.addresses.iter().filter_map(|address| reached(*address));
        let (address, reached) = found.find(|(_, reached)| !reached.is_empty())?;
        let own = descendants::of(self.root);
        let is_foreign = self.is_foreign(&reached, &own)?;
        is_foreign.then(|| ForeignListener { address, holder: holder(&reached, &own) })
    }

    /// None if the descriptors of one of the app's processes must not be read.
    fn is_foreign(&self, reached: &[Listener], own: &[Pid]) -> Option<bool> {
        let mut is_unreadable = false;
        for pid in own.iter().chain([&self.root]) {
            match holds(*pid, reached) {
                Ok(true) => return Some(false),
                // It has ended.
                Ok(false) | Err(ErrorKind::NotFound) => {}
                Err(_) => is_unreadable = true,
            }
        }
        (!is_unreadable).then_some(true)
    }
}

/// What the connection of a probe to this host may reach, if that is loopback. An
/// unspecified address is taken for the loopback one.
fn loopback(host: &Host) -> Vec<IpAddr> {
    let (v4, v6): (IpAddr, IpAddr) = (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into());
    match host {
        Host::Here => vec![v4, v6],
        Host::Ip(ip) if ip.to_canonical().is_loopback() => vec![*ip],
        Host::Ip(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => vec![v4],
        Host::Ip(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => vec![v6],
        Host::Ip(_) | Host::Name(_) => vec![],
    }
}

fn holds(pid: Pid, reached: &[Listener]) -> Result<bool, ErrorKind> {
    let sockets = listeners::sockets(pid).map_err(|error| match error.raw_os_error() {
        Some(libc::ESRCH) => ErrorKind::NotFound,
        _ => error.kind(),
    })?;
    Ok(reached.iter().any(|listener| sockets.contains(&listener.inode)))
}

/// The process that has one of these, or its user where its descriptors must not be
/// read.
fn holder(reached: &[Listener], own: &[Pid]) -> String {
    let mut others = procfs::pids().filter(|pid| !own.contains(pid));
    let found = others.find(|pid| holds(*pid, reached) == Ok(true));
    let user =
        || reached.first().map_or_else(String::new, |listener| format!("a process of uid {}", listener.user));
    found.map_or_else(user, procfs::describe)
}

impl ForeignListener {
    /// For the start of the app.
    pub(crate) fn before_the_start(&self) -> String {
        format!(
            "{self} before the app is started, so an answer there does not count as the app's; stop it, or \
             write --any-listener if the app is not the one to listen"
        )
    }

    /// Why a check fails that got the right answer.
    pub(super) fn reason(&self) -> String {
        format!("the answer is not the app's: {self}; stop it, or write --any-listener")
    }
}

impl fmt::Display for ForeignListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} listens on {}", self.holder, self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::probe::{Probe, Target};
    use crate::sys::process::own_pid;
    use std::net::TcpListener;

    fn own_listener(target: &str, root: Pid) -> Option<OwnListener> {
        let probe = Probe::from_text(target, &|_| None).unwrap();
        let Target::Builtin(target) = probe.target else { return None };
        OwnListener::of(&target, root)
    }

    #[test]
    fn only_ports_of_the_loopback_interface_have_an_owner_to_look_for() {
        for target in [
            "http://:80/",
            "http://localhost:80/",
            "tcp://127.0.0.1:80",
            "tcp://127.8.8.8:80",
            "tcp://[::1]:80",
            "tcp://0.0.0.0:80",
            "grpc://:80",
            "redis://localhost",
            "postgres://app@[::1]/db",
        ] {
            assert!(own_listener(target, 1).is_some(), "{target}");
        }
        for target in [
            "http://example.invalid/",
            "tcp://192.0.2.1:80",
            "unix:///run/app.sock",
            "http+unix://%2Frun%2Fapp.sock/",
            "file:///ready",
            "exec:true",
        ] {
            assert!(own_listener(target, 1).is_none(), "{target}");
        }
    }

    #[test]
    fn a_socket_of_hinit_itself_is_the_app_s() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = format!("tcp://:{}", socket.local_addr().unwrap().port());
        assert_eq!(own_listener(&target, own_pid()).unwrap().foreign(), None);
    }

    #[test]
    fn a_socket_of_another_process_is_named() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let mut root = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let listener = own_listener(&format!("tcp://:{}", address.port()), root.id().cast_signed()).unwrap();
        let foreign = listener.foreign();
        root.kill().unwrap();
        root.wait().unwrap();
        let shown = foreign.unwrap().to_string();
        assert!(shown.starts_with(&format!("pid {} (", own_pid())), "{shown}");
        assert!(shown.ends_with(&format!(") listens on {address}")), "{shown}");
    }

    #[test]
    fn a_port_on_which_nobody_listens_is_nobody_s() {
        // tcpmux.
        assert_eq!(own_listener("tcp://:1", own_pid()).unwrap().foreign(), None);
    }
}
