//! What curl and wget have in common: an answer taken in bit by bit, so that
//! a body of any length needs no memory, and where it goes.

use crate::error::{self, Error};
use crate::plan::probe::target::HttpUri;
use crate::plan::probe::{Endpoint, Host, Request};
use crate::probe::http::{Answer, Exchange, Fault, Limits, normal_path};
use crate::probe::{Deadline, End, Failure, Kind, ProbeContext, look_up};
use crate::sys::alarm;
use std::fs::File;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// curl takes as much in headers, in bytes.
const LIMITS: Limits = Limits { headers: 300 * 1024, body: None };
/// Looking up a name knows no time limit, and gets this beyond it.
const GRACE: Duration = Duration::from_millis(200);

/// Who takes an answer.
pub(super) trait Reader {
    /// Its headers have come, from this address: whether its body is wanted.
    fn answer(&mut self, answer: &Answer, remote: Option<SocketAddr>) -> io::Result<bool>;
    /// The next part of its body.
    fn body(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// How an answer ended.
pub(super) enum Ending {
    /// All of it came, or all that was wanted.
    Whole,
    /// There was nobody to ask.
    NoConnection(Failure),
    /// It was no HTTP.
    Fault(Fault),
    /// It broke off before it began, in its headers or in its body.
    Cut { end: End, begun: bool, missing: Option<u64> },
    /// It could not be written down.
    Unwritable(io::Error),
}

/// The time that an answer has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// For the connection, TLS on it included.
    pub(super) connect: Deadline,
    /// For all of it.
    pub(super) total: Deadline,
    /// For every single part of it.
    pub(super) idle: Duration,
    /// Which addresses are asked.
    pub(super) family: Option<Family>,
}

/// Asks, and hands the answer over as it comes.
pub(super) fn fetch(request: &Request, limit: Limit, reader: &mut dyn Reader) -> Ending {
    let mut narrowed = request.clone();
    if let Some(Err(failure)) = limit.family.map(|family| family.narrow(&mut narrowed)) {
        return Ending::NoConnection(failure);
    }
    let request = &narrowed;
    let mut context = ProbeContext { deadline: limit.connect.sooner(limit.total), progress: &mut |_| {} };
    let mut exchange = match Exchange::start(request, LIMITS, &mut context) {
        Ok(exchange) => exchange,
        Err(failure) => return Ending::NoConnection(failure),
    };
    let mut answered = false;
    loop {
        exchange.set_deadline(limit.total.sooner(Deadline::after(limit.idle)));
        let more = exchange.receive(&mut context);
        match hand_over(&mut exchange, &mut answered, reader) {
            Ok(true) if more => {}
            Ok(true) => break,
            Ok(false) => return Ending::Whole,
            Err(error) => return Ending::Unwritable(error),
        }
    }
    let (begun, missing) = (exchange.has_begun(), exchange.missing());
    match exchange.into_parts() {
        (Err(fault), _) => Ending::Fault(fault),
        (Ok(_), None) => Ending::Whole,
        (Ok(_), Some(end)) => Ending::Cut { end, begun, missing },
    }
}

/// Whether there is more that is wanted.
fn hand_over(exchange: &mut Exchange, answered: &mut bool, reader: &mut dyn Reader) -> io::Result<bool> {
    let Some(answer) = exchange.answer() else { return Ok(true) };
    if !std::mem::replace(answered, true) && !reader.answer(answer, exchange.remote())? {
        return Ok(false);
    }
    let body = exchange.take_body();
    if !body.is_empty() {
        reader.body(&body)?;
    }
    Ok(true)
}

/// Ends this process when `limit` has long passed, if the name of the host has
/// to be looked up: the C library does that, and knows no limit.
pub(super) fn guard_lookup(request: &Request, limit: Duration, code: i32, message: String) {
    let Endpoint::Port(address) = &request.endpoint else { return };
    if matches!(address.host, Host::Name(_)) && limit < Duration::MAX {
        alarm::end_after(limit.saturating_add(GRACE), code, message);
    }
}

/// One family of addresses: `-4` and `-6`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    fn has(self, ip: IpAddr) -> bool {
        ip.is_ipv4() == (self == Self::V4)
    }

    /// Leaves the request this family alone; a name keeps its first address.
    fn narrow(self, request: &mut Request) -> Result<(), Failure> {
        let Endpoint::Port(address) = &mut request.endpoint else { return Ok(()) };
        let ip = match &address.host {
            Host::Here if self == Self::V4 => Some(Ipv4Addr::LOCALHOST.into()),
            Host::Here => Some(Ipv6Addr::LOCALHOST.into()),
            Host::Ip(ip) if !self.has(*ip) => {
                return Err(Failure::new(Kind::Connect, format!("{ip} is of the other family")));
            }
            Host::Ip(ip) => Some(*ip),
            Host::Name(name) => {
                look_up(name, address.port)?.iter().map(SocketAddr::ip).find(|ip| self.has(*ip))
            }
        };
        let ip = ip.ok_or_else(|| Failure::new(Kind::Lookup, "it has no address of that family"))?;
        address.host = Host::Ip(ip);
        Ok(())
    }
}

/// What to add to the news that nobody took the connection: curl and wget
/// would have gone by a proxy, hinit never does.
pub(super) fn proxy_hint(secure: bool) -> String {
    let names = if secure { ["https_proxy", "HTTPS_PROXY"] } else { ["http_proxy", "all_proxy"] };
    let is_set = |name: &&&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let name = names.iter().find(is_set);
    name.map_or_else(String::new, |name| format!(" ({name} is set, but hinit goes by no proxy)"))
}

/// Reads a URL as curl and wget do: without a scheme it is http, and a host
/// there must be.
pub(super) fn parse_url(scheme: &str, rest: &str) -> Option<error::Result<HttpUri>> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let mut uri = match HttpUri::parse(&format!("{scheme}://{rest}"))? {
        Ok(_) if host.is_empty() || host.starts_with(':') => {
            return Some(Err(Error::new("Invalid host name")));
        }
        Ok(uri) => uri,
        wrong => return Some(wrong),
    };
    uri.path = normal_path(&uri.path);
    Some(Ok(uri))
}

/// Reads `5` and `0.5`; none if it is no number of seconds. Floating point
/// would be 15 KB.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let nanos = format!("{part:0<9}").get(..9)?.parse().ok()?;
    let whole = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    Some(Duration::new(whole, nanos))
}

/// Where a body goes. Nothing is made before there is something to write.
#[derive(Debug)]
pub(super) enum Output {
    /// `-o /dev/null`, which an image made from scratch does not have.
    Nothing,
    Stdout,
    File(String, Option<File>),
}

impl Output {
    pub(super) fn to(name: &str) -> Self {
        match name {
            "-" => Self::Stdout,
            "/dev/null" => Self::Nothing,
            _ => Self::File(name.to_owned(), None),
        }
    }

    /// What wget calls it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Nothing => "/dev/null",
            Self::Stdout => "-",
            Self::File(name, _) => name,
        }
    }

    /// Makes the file, if it is one.
    pub(super) fn open(&mut self) -> io::Result<()> {
        if let Self::File(name, file @ None) = self {
            *file = Some(File::create(Path::new(name))?);
        }
        Ok(())
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.open()?;
        match self {
            Self::Nothing | Self::File(_, None) => Ok(()),
            Self::Stdout => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()),
            Self::File(_, Some(file)) => file.write_all(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds_with_their_fractions() {
        let table = [
            ("5", Some(5_000)),
            ("0.5", Some(500)),
            (".25", Some(250)),
            ("1.", Some(1_000)),
            ("0.0019999999999", Some(1)),
            ("0", Some(0)),
            ("", None),
            (".", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("x", None),
            ("1.x", None),
            ("99999999999999999999", None),
        ];
        for (text, millis) in table {
            assert_eq!(seconds(text).map(|time| time.as_millis()), millis, "{text}");
        }
    }
}
