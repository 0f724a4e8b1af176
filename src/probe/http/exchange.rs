//! A request on its way, and its answer as it comes in.

use super::response::{Answer, Fault, Limits, Response};
use crate::plan::probe::{Endpoint, Host, Request};
use crate::probe::failure::Failure;
use crate::probe::wire::{End, Wire};
use crate::probe::{Deadline, Look};
use std::fmt::Write as _;
use std::net::SocketAddr;

/// One request and its answer.
pub(crate) struct Exchange {
    wire: Wire,
    response: Response,
    received: Vec<u8>,
    end: Option<End>,
}

impl Exchange {
    /// Connects and sends the request.
    pub(crate) fn start(request: &Request, limits: Limits, look: &mut Look<'_>) -> Result<Self, Failure> {
        let mut wire = Wire::open(&request.endpoint, look)?;
        wire.call_peer(request.url(&request.authority(wire.remote())));
        if request.secure {
            wire = wire.secure(&request.tls, &request.host, &[b"http/1.1"], look)?;
        }
        wire.send(&request.bytes(), look);
        Ok(Self { wire, response: Response::to(&request.method, limits), received: Vec::new(), end: None })
    }

    /// The time that the answer has from here on.
    pub(crate) fn extend(&mut self, deadline: Deadline) {
        self.wire.extend(deadline);
    }

    /// Takes more of the answer in, if there is more to come.
    pub(crate) fn more(&mut self, look: &mut Look<'_>) -> bool {
        if self.response.is_complete() || self.end.is_some() {
            return false;
        }
        self.received.clear();
        match self.wire.receive(&mut self.received, look) {
            Ok(()) => self.feed(),
            Err(end) => {
                if matches!(end, End::Closed) {
                    self.response.close();
                }
                if !self.response.is_complete() {
                    self.end = Some(end);
                }
            }
        }
        true
    }

    fn feed(&mut self) {
        let had_answer = self.response.answer().is_some();
        self.response.feed(&self.received);
        let is_news = !had_answer && !self.response.is_complete();
        if let (Some(answer), true) = (self.response.answer(), is_news) {
            self.wire.await_now(format!("answered {}, but its body has not ended", answer.status_text()));
        }
    }

    /// The URL that was asked in fact: with the address that took the connection.
    pub(crate) fn url(&self) -> &str {
        self.wire.peer()
    }

    pub(crate) fn remote(&self) -> Option<SocketAddr> {
        self.wire.remote()
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.response.has_begun()
    }

    /// The answer as far as it has come; none until its headers have ended.
    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.response.answer()
    }

    /// What came of the body since the last call: who takes it bit by bit
    /// needs room for no more.
    pub(crate) fn take_body(&mut self) -> Vec<u8> {
        self.response.take_body()
    }

    /// How much of the body is still to come, if the headers say it.
    pub(crate) fn missing(&self) -> Option<u64> {
        self.response.missing()
    }

    /// The answer, and why there is no more of it; none if it is complete.
    pub(crate) fn into_parts(self) -> (Result<Option<Answer>, Fault>, Option<End>) {
        (self.response.into_answer(), self.end)
    }
}

impl Request {
    fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.path, self.host_header);
        let length = self.body.as_ref().map(|body| body.len().to_string());
        let own = [
            ("User-Agent", Some(concat!("hinit/", env!("CARGO_PKG_VERSION")))),
            ("Accept", Some("*/*")),
            ("Connection", Some("close")),
            ("Content-Length", length.as_deref()),
        ];
        let is_given = |name: &str| self.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
        let own = own
            .iter()
            .filter(|(name, _)| !is_given(name))
            .filter_map(|(name, value)| Some((*name, (*value)?)));
        let given = self.headers.iter().map(|header| (header.name.as_str(), header.value.as_str()));
        for (name, value) in own.chain(given).filter(|(_, value)| !value.is_empty()) {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text += "\r\n";
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }

    /// Host and port as written, and the address that took the connection.
    fn authority(&self, remote: Option<SocketAddr>) -> (String, String) {
        match (&self.endpoint, remote) {
            (Endpoint::Port(address), Some(remote)) => match &address.host {
                Host::Here | Host::Ip(_) => (remote.to_string(), String::new()),
                Host::Name(name) => (format!("{name}:{}", remote.port()), format!(" ({})", remote.ip())),
            },
            (Endpoint::Port(_), None) => (self.host_header.clone(), String::new()),
            (Endpoint::Socket(path), _) => (path.display().to_string(), String::new()),
        }
    }

    fn url(&self, (authority, address): &(String, String)) -> String {
        let scheme = match &self.endpoint {
            Endpoint::Socket(_) => "http+unix",
            Endpoint::Port(_) if self.secure => "https",
            Endpoint::Port(_) => "http",
        };
        format!("{scheme}://{authority}{}{address}", self.path)
    }

    /// The URL as it was written, more or less.
    pub(super) fn shown(&self) -> String {
        self.url(&self.authority(None))
    }
}
