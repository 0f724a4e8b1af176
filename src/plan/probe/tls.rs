//! The TLS settings of a probe.

use std::path::PathBuf;

/// The TLS settings of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// How the server's certificate is verified.
    pub verification: Verification,
    /// `--cert` and `--key`: what hinit sends if the server asks for a certificate.
    pub client: Option<ClientCertificate>,
}

/// How the server's certificate is verified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Verification {
    /// `--insecure`: not at all.
    Off,
    /// Against the certificates in this PEM file: `--cacert`, or the variable
    /// `SSL_CERT_FILE`, which OpenSSL and Go use too.
    CaFile(PathBuf),
    /// Against the system's CA bundle.
    #[default]
    SystemCas,
}

/// A client certificate: PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate and its intermediates.
    pub cert: PathBuf,
    /// Its private key; may be the same file.
    pub key: PathBuf,
}
