//! The settings of a probe as a connection of rustls.

use super::crypto;
use super::verify::{NoVerification, TrustedRoots};
use crate::plan::probe::{ClientCertificate, Tls, Verification};
use crate::probe::failure::{Failure, Kind};
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ALL_VERSIONS, ClientConfig, ClientConnection, SignatureScheme};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where distributions keep their CA bundle: Debian, Alpine and distroless, Red
/// Hat, SUSE, and another one of Alpine and the BSDs.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// In bytes; the largest bundles have a quarter of it.
const LARGEST: u64 = 1024 * 1024;

/// Notes in `is_asked` that the server asks for a client certificate, of which there is none.
#[derive(Debug)]
struct NoClientCertificate {
    is_asked: Arc<AtomicBool>,
}

impl ResolvesClientCert for NoClientCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.is_asked.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// A connection to `host`, which the server has to prove to be. `lacks_certificate`
/// is set when it asks for a client certificate and there is none.
pub(super) fn connection(
    tls: &Tls,
    host: &str,
    protocols: &[&[u8]],
    lacks_certificate: &Arc<AtomicBool>,
) -> Result<ClientConnection, Failure> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| ca_failure(format!("'{host}' cannot be the name in a certificate")))?;
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::provider()))
        .with_protocol_versions(ALL_VERSIONS)
        .map_err(|error| ca_failure(format!("TLS cannot be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier(&tls.verification)?);
    let mut config = match &tls.client {
        Some(client) => {
            let (chain, key) = load(client)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| client_failure(format!("--key {}: {error}", client.key.display())))?
        }
        None => builder.with_client_cert_resolver(Arc::new(NoClientCertificate {
            is_asked: Arc::clone(lacks_certificate),
        })),
    };
    config.resumption = Resumption::disabled();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    ClientConnection::new(Arc::new(config), name)
        .map_err(|error| ca_failure(format!("TLS cannot be set up: {error}")))
}

fn ca_failure(reason: String) -> Failure {
    Failure::new(Kind::CaCertificates, reason)
}

fn client_failure(reason: String) -> Failure {
    Failure::new(Kind::ClientCertificate, reason)
}

fn verifier(verification: &Verification) -> Result<Arc<dyn ServerCertVerifier>, Failure> {
    let roots = match verification {
        Verification::Off => return Ok(Arc::new(NoVerification)),
        Verification::CaFile(file) => certificates(file)?,
        Verification::SystemCas => system_cas()?,
    };
    Ok(Arc::new(TrustedRoots::new(roots)))
}

fn system_cas() -> Result<Vec<CertificateDer<'static>>, Failure> {
    match BUNDLES.iter().find(|path| Path::new(path).exists()) {
        Some(path) => certificates(Path::new(path)),
        None => Err(ca_failure(
            "this image has no CA certificates; write --cacert FILE, or skip verification with --insecure"
                .into(),
        )),
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let text = read(file)?;
    let found = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(ca_failure(format!("{} contains no PEM certificate", file.display()))),
        Err(error) => Err(ca_failure(format!("{} is not a valid PEM file: {error}", file.display()))),
    }
}

fn load(
    client: &ClientCertificate,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Failure> {
    let file = client.key.display();
    let text = read(&client.key).map_err(|failure| client_failure(failure.reason))?;
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => client_failure(format!("{file} contains no unencrypted PEM key")),
        _ => client_failure(format!("{file} is not a valid PEM file: {error}")),
    })?;
    Ok((certificates(&client.cert).map_err(|failure| client_failure(failure.reason))?, key))
}

/// Reads a file of at most [`LARGEST`] bytes.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |why: String| ca_failure(format!("{} cannot be read: {why}", file.display()));
    let size = fs::metadata(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => unreadable("it does not exist".into()),
        _ => unreadable(error.to_string()),
    })?;
    if !size.is_file() || size.len() > LARGEST {
        return Err(unreadable("it is not a file of at most 1 MiB".into()));
    }
    fs::read(file).map_err(|error| unreadable(error.to_string()))
}
