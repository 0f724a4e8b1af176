//! HTTP transfers for curl and wget. A body is passed on piece by piece, so its
//! length does not matter to memory. Proxies are ignored, compressed bodies are
//! not decoded.

use crate::plan::probe::{Endpoint, Host, Request};
use crate::probe::http::{Answer, Exchange, Fault, Limits};
use crate::probe::{Deadline, End, Failure, Kind, ProbeContext, look_up};
use crate::sys::alarm;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// In bytes: curl's limit of the headers, and none of the body.
const MAX_HEADERS: usize = 300 * 1024;
const LIMITS: Limits = Limits { kept_headers: MAX_HEADERS, headers: MAX_HEADERS, body: None };
/// The name lookup is ended this long after its timeout.
const LOOKUP_GRACE: Duration = Duration::from_millis(200);

/// Receives a response while it arrives.
pub(super) trait ResponseHandler {
    /// The headers are complete. Returns whether the body is wanted.
    fn headers(&mut self, response: &Answer, remote: Option<SocketAddr>) -> io::Result<bool>;
    /// The next piece of the body.
    fn body(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// How a transfer ended.
pub(super) enum TransferEnd {
    /// Everything that was wanted has arrived.
    Complete,
    /// The connection failed.
    NotConnected(Failure),
    /// The response is not valid HTTP.
    Malformed(Fault),
    /// The connection ended or timed out before the response was complete.
    Interrupted { end: End, begun: bool, missing: Option<u64> },
    /// The output could not be written.
    WriteFailed(io::Error),
}

/// The time limits of a transfer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// Of the connection, including the TLS handshake.
    pub(super) connect: Deadline,
    /// Of the whole transfer.
    pub(super) total: Deadline,
    /// Of every single read.
    pub(super) idle: Duration,
}

/// Sends the request and passes the response to `handler`.
pub(super) fn fetch(
    request: &Request,
    timeouts: Timeouts,
    family: Option<AddressFamily>,
    handler: &mut dyn ResponseHandler,
) -> TransferEnd {
    let mut request = request.clone();
    if let Some(Err(failure)) = family.map(|family| family.restrict(&mut request)) {
        return TransferEnd::NotConnected(failure);
    }
    let mut context =
        ProbeContext { deadline: timeouts.connect.sooner(timeouts.total), progress: &mut |_| {} };
    let mut exchange = match Exchange::start(&request, LIMITS, &mut context) {
        Ok(exchange) => exchange,
        Err(failure) => return TransferEnd::NotConnected(failure),
    };
    let mut has_headers = false;
    loop {
        exchange.set_deadline(timeouts.total.sooner(Deadline::after(timeouts.idle)));
        let more = exchange.receive(&mut context);
        match hand_over(&mut exchange, &mut has_headers, handler) {
            Ok(true) if more => {}
            Ok(true) => break,
            Ok(false) => return TransferEnd::Complete,
            Err(error) => return TransferEnd::WriteFailed(error),
        }
    }
    let (begun, missing) = (exchange.has_begun(), exchange.missing());
    match exchange.into_parts() {
        (Err(fault), _) => TransferEnd::Malformed(fault),
        (Ok(_), None) => TransferEnd::Complete,
        (Ok(_), Some(end)) => TransferEnd::Interrupted { end, begun, missing },
    }
}

/// Passes on what has arrived. Returns whether more is wanted.
fn hand_over(
    exchange: &mut Exchange,
    has_headers: &mut bool,
    handler: &mut dyn ResponseHandler,
) -> io::Result<bool> {
    let Some(response) = exchange.answer() else { return Ok(true) };
    if !std::mem::replace(has_headers, true) && !handler.headers(response, exchange.remote())? {
        return Ok(false);
    }
    let body = exchange.take_body();
    if !body.is_empty() {
        handler.body(&body)?;
    }
    Ok(true)
}

/// Makes a name lookup that exceeds `timeout` end the process with this code
/// and message: the C library's lookup takes no timeout.
pub(super) fn exit_on_lookup_timeout(request: &Request, timeout: Duration, code: i32, message: String) {
    let Endpoint::Port(address) = &request.endpoint else { return };
    if matches!(address.host, Host::Name(_)) && timeout < Duration::MAX {
        alarm::end_after(timeout.saturating_add(LOOKUP_GRACE), code, message);
    }
}

/// The only kind of address to connect to: `-4` and `-6`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressFamily {
    V4,
    V6,
}

impl AddressFamily {
    fn contains(self, ip: IpAddr) -> bool {
        ip.is_ipv4() == (self == Self::V4)
    }

    /// Replaces the host by an address of this family. Of a name, the first
    /// such address is used.
    fn restrict(self, request: &mut Request) -> Result<(), Failure> {
        let Endpoint::Port(address) = &mut request.endpoint else { return Ok(()) };
        let ip = match &address.host {
            Host::Here if self == Self::V4 => Some(Ipv4Addr::LOCALHOST.into()),
            Host::Here => Some(Ipv6Addr::LOCALHOST.into()),
            Host::Ip(ip) if !self.contains(*ip) => {
                let reason = format!("{ip} is not of the requested address family");
                return Err(Failure::new(Kind::Connect, reason));
            }
            Host::Ip(ip) => Some(*ip),
            Host::Name(name) => {
                look_up(name, address.port)?.iter().map(SocketAddr::ip).find(|ip| self.contains(*ip))
            }
        };
        let ip = ip
            .ok_or_else(|| Failure::new(Kind::Lookup, "it has no address of the requested address family"))?;
        address.host = Host::Ip(ip);
        Ok(())
    }
}

/// What to append to a connection error where curl and wget would have used a
/// proxy, which hinit does not.
pub(super) fn proxy_hint(secure: bool) -> String {
    let names = if secure { ["https_proxy", "HTTPS_PROXY"] } else { ["http_proxy", "all_proxy"] };
    let is_set = |name: &&&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let name = names.iter().find(is_set);
    name.map_or_else(String::new, |name| format!(" ({name} is set, but hinit ignores proxies)"))
}
