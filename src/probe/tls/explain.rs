//! What went wrong in TLS, in words that say what to do.

use super::verify::is_root_that_serves;
use crate::probe::failure::Kind;
use rustls::{AlertDescription, CertificateError, Error};
use std::io::{self, ErrorKind};

/// What failed, and the sentence that goes on from the server's name.
pub(in crate::probe) fn explain(error: &io::Error) -> (Kind, String) {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(why)) => (Kind::Certificate, certificate(why)),
        Some(why) => (Kind::Handshake, handshake(why)),
        None => (Kind::Handshake, connection(error)),
    }
}

fn certificate(why: &CertificateError) -> String {
    match why {
        _ if *why == CertificateError::UnknownIssuer || is_root_that_serves(why) => {
            "has a certificate that is self-signed or from an unknown issuer; believe it with --cacert FILE, or \
             anyone with --insecure"
                .into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("has a certificate that is out of date: {why}")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("has a certificate that is not valid yet, or the clock here is wrong: {why}")
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            let names = if names.is_empty() { "no name at all".into() } else { names.join(", ") };
            format!(
                "has a certificate for {names}, not for {}; write that name as the host, or --insecure",
                expected.to_str()
            )
        }
        _ => format!("has a certificate that is not believed: {why}"),
    }
}

/// Each is shown as `DnsName("example.org")` or `IpAddress(127.0.0.1)`.
fn bare(name: &str) -> &str {
    let inside = name.split_once('(').and_then(|(_, inside)| inside.strip_suffix(')'));
    inside.unwrap_or(name).trim_matches('"')
}

fn handshake(why: &Error) -> String {
    match why {
        Error::InvalidMessage(_) => "does not speak TLS there; write http:// if it speaks HTTP".into(),
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "wants a client certificate; write --cert FILE and --key FILE".into()
        }
        Error::AlertReceived(_) => format!("refuses TLS as hinit speaks it: {why}"),
        _ => format!("failed in TLS: {why}"),
    }
}

fn connection(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "closed the connection in the TLS handshake".into(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            "reset the connection in the TLS handshake".into()
        }
        _ => format!("broke off in the TLS handshake: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn names_are_shown_as_they_are_written() {
        assert_eq!(bare("DnsName(\"example.org\")"), "example.org");
        assert_eq!(bare("IpAddress(127.0.0.1)"), "127.0.0.1");
        assert_eq!(bare("something"), "something");
    }
}
