//! Probes of servers behind TLS: honest ones, wrong ones and hostile ones.
//! All traffic stays on loopback.
#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "common/servers.rs"]
mod servers;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion, version};
use servers::{SHORT, healthy, hold, serve, unhealthy, unhealthy_within};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

fn file(name: &str) -> String {
    format!("{}/tests/certs/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn certificates(name: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(file(name)).unwrap().map(Result::unwrap).collect()
}

/// What kind of server it is.
struct Server {
    name: &'static str,
    requires_client: bool,
    versions: &'static [&'static SupportedProtocolVersion],
}

const HONEST: Server = Server { name: "localhost", requires_client: false, versions: rustls::ALL_VERSIONS };

const EACH: [&[&SupportedProtocolVersion]; 2] = [&[&version::TLS12], &[&version::TLS13]];

impl Server {
    fn config(&self) -> ServerConfig {
        self.config_with(certificates(&format!("{}.pem", self.name)))
    }

    fn config_with(&self, chain: Vec<CertificateDer<'static>>) -> ServerConfig {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions)
            .unwrap();
        let builder = if self.requires_client {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates("ca.pem"));
            builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap(),
            )
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::from_pem_file(file(&format!("{}.key", self.name))).unwrap();
        builder.with_single_cert(chain, key).unwrap()
    }

    /// Serves until the test ends.
    fn start(&self) -> u16 {
        self.start_with(certificates(&format!("{}.pem", self.name)))
    }

    fn start_with(&self, chain: Vec<CertificateDer<'static>>) -> u16 {
        let config = Arc::new(self.config_with(chain));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                thread::spawn(move || answer(StreamOwned::new(connection, stream)));
            }
        });
        port
    }
}

fn answer(mut stream: StreamOwned<ServerConnection, TcpStream>) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
        request.push(byte[0]);
    }
    let close = request.starts_with(b"GET /close ");
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello");
    // Otherwise without a close_notify alert, as many servers do.
    if close {
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
    // What is unread here would reset the connection, and an alert with it.
    let _ = stream.sock.shutdown(Shutdown::Write);
    hold(stream.into_parts().1);
}

fn url(port: u16, rest: &str) -> String {
    format!("https://localhost:{port}/{rest}")
}

#[test]
fn a_server_with_a_trusted_certificate_is_healthy() {
    for versions in EACH {
        let port = Server { versions, ..HONEST }.start();
        let ca = file("ca.pem");
        for host in ["localhost", "127.0.0.1", ""] {
            let target = format!("https://{host}:{port}/x --cacert {ca} --contains hello");
            assert_eq!(healthy(&target), format!("https://127.0.0.1:{port}/x answered 200 OK"));
        }
        healthy(&url(port, &format!("close --cacert {ca}")));
    }
}

#[test]
fn a_self_signed_certificate_can_be_trusted_itself() {
    let port = Server { name: "selfsigned", ..HONEST }.start();
    healthy(&url(port, &format!(" --cacert {}", file("selfsigned.pem"))));
    let reason = unhealthy(&url(port, &format!(" --cacert {}", file("ca.pem"))));
    assert!(reason.contains("self-signed or from an unknown issuer; trust it with --cacert"), "{reason}");
}

#[test]
fn a_certificate_that_is_not_trusted_is_explained() {
    let ca = file("ca.pem");
    let table = [
        ("expired", ca.as_str(), "has expired"),
        ("other", &ca, "has a certificate for other.example, not for localhost"),
        ("localhost", &file("selfsigned.pem"), "self-signed or from an unknown issuer"),
    ];
    for (name, ca, why) in table {
        let port = Server { name, ..HONEST }.start();
        let reason = unhealthy(&url(port, &format!(" --cacert {ca}")));
        assert!(reason.starts_with(&format!("https://127.0.0.1:{port}/ has a certificate ")), "{reason}");
        assert!(reason.contains(why), "{reason}");
        healthy(&url(port, " --insecure"));
    }
}

#[test]
fn a_trusted_certificate_is_valid_for_its_own_names_only() {
    let port = Server { name: "selfsigned", ..HONEST }.start();
    let reason = unhealthy(&format!("https://127.0.0.2:{port}/ --cacert {}", file("selfsigned.pem")));
    assert!(reason.contains("connection refused") || reason.contains("not for 127.0.0.2"), "{reason}");
}

#[test]
fn a_client_certificate_is_sent_where_one_is_required() {
    for versions in EACH {
        let port = Server { requires_client: true, versions, ..HONEST }.start();
        let ca = file("ca.pem");
        let (cert, key) = (file("client.pem"), file("client.key"));
        healthy(&url(port, &format!(" --cacert {ca} --cert {cert} --key {key}")));
        let reason = unhealthy(&url(port, &format!(" --cacert {ca}")));
        assert!(
            reason.ends_with("requires a client certificate; write --cert FILE and --key FILE"),
            "{reason}"
        );
    }
}

/// As OpenSSL and Go do it in TLS 1.2. The probe still has to be told what it lacks.
#[test]
fn a_client_certificate_is_asked_for_whatever_alert_rejects_its_absence() {
    for alert in [40, 42, 46, 49] {
        let port = servers::serve_with(move |mut stream| {
            let versions = EACH[0];
            let config = Server { requires_client: true, versions, ..HONEST }.config();
            let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
            // The hello, and the answer to it that ends with the request for a certificate.
            let _ = connection.read_tls(&mut stream);
            let _ = connection.process_new_packets();
            while connection.wants_write() {
                let _ = connection.write_tls(&mut stream);
            }
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, alert]);
            hold(stream);
        });
        let reason = unhealthy(&url(port, " --insecure"));
        assert!(
            reason.ends_with("requires a client certificate; write --cert FILE and --key FILE"),
            "{reason}"
        );
        let (cert, key) = (file("client.pem"), file("client.key"));
        let reason = unhealthy(&url(port, &format!(" --insecure --cert {cert} --key {key}")));
        assert!(reason.contains("rejected the TLS connection: "), "{reason}");
    }
}

#[test]
fn a_huge_chain_of_certificates_is_named() {
    for versions in EACH {
        let server = Server { versions, ..HONEST };
        let own = certificates("localhost.pem");
        let length: usize = own.iter().map(|certificate| certificate.len()).sum();
        let chain = own.iter().cycle().take(own.len() * (70_000 / length + 1)).cloned().collect();
        let port = server.start_with(chain);
        let reason = unhealthy(&url(port, " --insecure"));
        let why = "has a chain of certificates that is longer than the 64 KiB that hinit reads";
        assert!(reason.ends_with(why), "{reason}");
    }
}

#[test]
fn invalid_files_are_named() {
    let port = HONEST.start();
    let ca = file("ca.pem");
    let table = [
        ("--cacert /nonexistent.pem", "/nonexistent.pem cannot be read: it does not exist"),
        ("--cacert /proc/self", "it is not a file"),
        (&format!("--cacert {}", file("client.key")), "contains no PEM certificate"),
        (&format!("--insecure --cert {ca}"), "ca.pem contains no unencrypted PEM key"),
        (&format!("--insecure --cert {ca} --key {}", file("client.key")), "--key"),
    ];
    for (words, why) in table {
        let reason = unhealthy(&url(port, &format!(" {words}")));
        assert!(reason.contains(why), "{words}: {reason}");
    }
}

#[test]
fn a_server_without_tls_and_one_with_broken_tls_have_different_reasons() {
    let http = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        hold(stream);
    });
    let reason = unhealthy(&url(http, " --insecure"));
    assert!(reason.ends_with("does not speak TLS; write http:// if it speaks HTTP"), "{reason}");

    let alert = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"\x15\x03\x03\0\x02\x02\x28");
        hold(stream);
    });
    let reason = unhealthy(&url(alert, " --insecure"));
    assert!(reason.contains("rejected the TLS connection"), "{reason}");

    let garbage = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"\x16\x03\x03\0\x05\x02\0\0\x01\xff");
        hold(stream);
    });
    let reason = unhealthy(&url(garbage, " --insecure"));
    assert!(reason.contains("violated the TLS protocol: "), "{reason}");

    let gone = serve(drop);
    let reason = unhealthy(&url(gone, " --insecure"));
    assert!(reason.ends_with("the connection in the TLS handshake"), "{reason}");
}

#[test]
fn the_deadline_covers_the_handshake() {
    let silent = serve(hold);
    // A record that never ends, a byte at a time.
    let dripping = serve(|mut stream| {
        let _ = stream.write_all(b"\x16\x03\x03\x3f\xff\x02\0\x3f\xf0");
        while stream.write_all(&[0]).is_ok() {
            thread::sleep(std::time::Duration::from_millis(20));
        }
    });
    for port in [silent, dripping] {
        let reason = unhealthy_within(&url(port, " --insecure"), SHORT);
        assert!(reason.ends_with("had not finished the TLS handshake after 300ms"), "{reason}");
    }
}

#[test]
fn a_redirect_from_http_to_https_is_followed() {
    let secure = HONEST.start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let head = format!("HTTP/1.1 301 Moved\r\nLocation: https://localhost:{secure}/x\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
        }
    });
    let reason = healthy(&format!("http://localhost:{port}/ --follow --cacert {}", file("ca.pem")));
    assert_eq!(reason, format!("https://127.0.0.1:{secure}/x answered 200 OK"));
}
