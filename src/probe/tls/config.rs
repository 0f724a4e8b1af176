//! From the words of a probe to a connection of rustls.

use super::crypto;
use super::verify::{Everyone, Known};
use crate::plan::probe::{Identity, Tls, Trust};
use crate::probe::failure::{Failure, Kind};
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ALL_VERSIONS, ClientConfig, ClientConnection};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// Where distributions keep what they believe: Debian, Alpine and distroless,
/// Red Hat, SUSE, and what the BSDs and Alpine have besides.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// In bytes; the largest bundles have a quarter of it.
const LARGEST: u64 = 1024 * 1024;

/// A connection that will be to `host` and nobody else.
pub(super) fn connection(tls: &Tls, host: &str, protocols: &[&[u8]]) -> Result<ClientConnection, Failure> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| setup(format!("'{host}' cannot be the name in a certificate")))?;
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::provider()))
        .with_protocol_versions(ALL_VERSIONS)
        .map_err(|error| setup(format!("TLS cannot be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier(&tls.trust)?);
    let mut config = match &tls.identity {
        Some(identity) => {
            let (chain, key) = load(identity)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| own(format!("--key {}: {error}", identity.key.display())))?
        }
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    ClientConnection::new(Arc::new(config), name)
        .map_err(|error| setup(format!("TLS cannot be set up: {error}")))
}

fn setup(reason: String) -> Failure {
    Failure::new(Kind::Trust, reason)
}

fn own(reason: String) -> Failure {
    Failure::new(Kind::Identity, reason)
}

fn verifier(trust: &Trust) -> Result<Arc<dyn ServerCertVerifier>, Failure> {
    let believed = match trust {
        Trust::Everyone => return Ok(Arc::new(Everyone)),
        Trust::File(file) => certificates(file)?,
        Trust::System => system()?,
    };
    Ok(Arc::new(Known::new(believed)))
}

fn system() -> Result<Vec<CertificateDer<'static>>, Failure> {
    match BUNDLES.iter().find(|path| Path::new(path).exists()) {
        Some(path) => certificates(Path::new(path)),
        None => Err(setup(
            "this image has no certificates to believe; write --cacert FILE, or --insecure to believe anyone"
                .into(),
        )),
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let text = read(file)?;
    let found = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(setup(format!("{} has no certificate in PEM in it", file.display()))),
        Err(error) => Err(setup(format!("{} is no PEM file: {error}", file.display()))),
    }
}

fn load(identity: &Identity) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Failure> {
    let shown = identity.key.display();
    let text = read(&identity.key).map_err(|failure| own(failure.reason))?;
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => own(format!("{shown} has no key in PEM in it that is not encrypted")),
        _ => own(format!("{shown} is no PEM file: {error}")),
    })?;
    Ok((certificates(&identity.cert).map_err(|failure| own(failure.reason))?, key))
}

/// A file that somebody made huge is as bad as none.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let shown = file.display();
    let refuse = |why: String| setup(format!("{shown} cannot be read: {why}"));
    let size = fs::metadata(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => refuse("it does not exist".into()),
        _ => refuse(error.to_string()),
    })?;
    if !size.is_file() || size.len() > LARGEST {
        return Err(refuse("it is no file of at most 1 MiB".into()));
    }
    fs::read(file).map_err(|error| refuse(error.to_string()))
}
