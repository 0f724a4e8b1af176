//! A request as it is sent, and as messages show it.

use crate::plan::probe::{Endpoint, Host, Request};
use std::fmt::Write as _;
use std::net::SocketAddr;

const USER_AGENT: &str = concat!("hinit/", env!("CARGO_PKG_VERSION"));

impl Request {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.path, self.host_header);
        let length = self.body.as_ref().map(|body| body.len().to_string());
        let defaults = [
            ("User-Agent", Some(USER_AGENT)),
            ("Accept", Some("*/*")),
            ("Connection", Some("close")),
            ("Content-Length", length.as_deref()),
        ];
        let is_given = |name: &str| self.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
        let defaults = defaults
            .iter()
            .filter(|(name, _)| !is_given(name))
            .filter_map(|(name, value)| Some((*name, (*value)?)));
        let given = self.headers.iter().map(|header| (header.name.as_str(), header.value.as_str()));
        for (name, value) in defaults.chain(given).filter(|(_, value)| !value.is_empty()) {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text += "\r\n";
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }

    /// The URL, with the address that accepted the connection.
    pub(super) fn url_at(&self, remote: Option<SocketAddr>) -> String {
        match (&self.endpoint, remote) {
            (Endpoint::Port(address), Some(remote)) => match &address.host {
                Host::Here | Host::Ip(_) => self.url_of(&remote.to_string()),
                Host::Name(name) => {
                    format!("{} ({})", self.url_of(&format!("{name}:{}", remote.port())), remote.ip())
                }
            },
            _ => self.url(),
        }
    }

    /// The URL, much as it was written.
    pub(super) fn url(&self) -> String {
        match &self.endpoint {
            Endpoint::Port(_) => self.url_of(&self.host_header),
            Endpoint::Socket(path) => self.url_of(&path.display().to_string()),
        }
    }

    fn url_of(&self, authority: &str) -> String {
        let scheme = match &self.endpoint {
            Endpoint::Socket(_) => "http+unix",
            Endpoint::Port(_) if self.secure => "https",
            Endpoint::Port(_) => "http",
        };
        format!("{scheme}://{authority}{}", self.path)
    }
}
