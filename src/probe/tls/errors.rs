//! TLS errors as sentences that say what to do.

use super::verify::is_ca_used_as_server;
use crate::probe::failure::Kind;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};
use std::io::{self, ErrorKind};

const REQUIRES_CERTIFICATE: &str = "requires a client certificate; write --cert FILE and --key FILE";

/// What the server has done before an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// It has spoken TLS.
    pub(super) is_tls: bool,
    /// It has asked for a client certificate, and there is none.
    pub(super) lacks_certificate: bool,
}

/// What failed, and why, in words that follow the server's name.
pub(super) fn explain(error: &io::Error, progress: Progress) -> (Kind, String) {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(why)) => (Kind::Certificate, certificate(why)),
        Some(Error::InvalidMessage(why)) => (Kind::Handshake, invalid_message(why, progress)),
        Some(Error::AlertReceived(alert)) => (Kind::Handshake, rejected(*alert, progress)),
        Some(why) => (Kind::Handshake, format!("violated the TLS protocol: {why}")),
        None => (Kind::Handshake, connection(error)),
    }
}

fn certificate(why: &CertificateError) -> String {
    match why {
        _ if *why == CertificateError::UnknownIssuer || is_ca_used_as_server(why) => {
            "has a certificate that is self-signed or from an unknown issuer; trust it with --cacert FILE, or \
             skip verification with --insecure"
                .into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("has a certificate that has expired: {why}")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("has a certificate that is not valid yet, or the clock here is wrong: {why}")
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<&str> = presented.iter().map(|name| name_of(name)).collect();
            let names = if names.is_empty() { "no name".into() } else { names.join(", ") };
            format!(
                "has a certificate for {names}, not for {}; write that name as the host, or skip verification with --insecure",
                expected.to_str()
            )
        }
        _ => format!("has a certificate that is not valid: {why}"),
    }
}

/// The name in `DnsName("example.org")` or `IpAddress(127.0.0.1)`.
fn name_of(name: &str) -> &str {
    let inside = name.split_once('(').and_then(|(_, inside)| inside.strip_suffix(')'));
    inside.unwrap_or(name).trim_matches('"')
}

fn invalid_message(why: &InvalidMessage, progress: Progress) -> String {
    match why {
        InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion if !progress.is_tls => {
            "does not speak TLS; write http:// if it speaks HTTP".into()
        }
        // Nothing else in a handshake is that long.
        InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge => {
            "has a chain of certificates that is longer than the 64 KiB that hinit reads".into()
        }
        _ => format!("violated the TLS protocol: {}", Error::InvalidMessage(*why)),
    }
}

/// TLS 1.3 has an alert for a missing client certificate. Before that servers
/// use one of these.
fn rejected(alert: AlertDescription, progress: Progress) -> String {
    use AlertDescription::{
        AccessDenied, BadCertificate, CertificateRequired, CertificateUnknown, HandshakeFailure,
        NoCertificate,
    };
    match alert {
        CertificateRequired => REQUIRES_CERTIFICATE.into(),
        AccessDenied | BadCertificate | CertificateUnknown | HandshakeFailure | NoCertificate
            if progress.lacks_certificate =>
        {
            REQUIRES_CERTIFICATE.into()
        }
        _ => format!("rejected the TLS connection: {}", Error::AlertReceived(alert)),
    }
}

fn connection(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "closed the connection in the TLS handshake".into(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            "reset the connection in the TLS handshake".into()
        }
        _ => format!("broke the connection in the TLS handshake: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn names_lose_their_type() {
        assert_eq!(name_of("DnsName(\"example.org\")"), "example.org");
        assert_eq!(name_of("IpAddress(127.0.0.1)"), "127.0.0.1");
        assert_eq!(name_of("something"), "something");
    }
}
