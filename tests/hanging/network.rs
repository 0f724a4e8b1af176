//! Every protocol, and each phase that it has.

use crate::Row;
use crate::common::TempDir;
use crate::server::{
    Count, FullPort, FullSocket, Script, dripping, holding, listen_alone, serve, serve_tcp, serve_unix,
};

/// A name, the target before and after its port, and a good answer's beginning.
type Kind = (&'static str, &'static str, &'static str, &'static [u8]);

const PLAIN: [Kind; 9] = [
    ("http", "http://127.0.0.1:", "/ --contains STARTED", b"HTTP/1.1 20"),
    ("tcp", "tcp://127.0.0.1:", " --send 'PING\\r\\n' --expect UP", b"U"),
    ("grpc", "grpc://127.0.0.1:", "/app", GRPC_SETTINGS),
    ("postgres", "postgres://127.0.0.1:", "/", b"R\0\0\0\x08\0\0\0\0S\0\0\x1f\xff"),
    ("redis", "redis://127.0.0.1:", "/", b"-LOAD"),
    ("mysql", "mysql://127.0.0.1:", "/", b"\xf0\x07\0\0\x0a8.0"),
    ("memcached", "memcached://127.0.0.1:", "/", b"VERSION 1"),
    ("amqp", "amqp://127.0.0.1:", "/", b"\x01\0\0\0\0\x20\0\0\x0a"),
    ("mongodb", "mongodb://127.0.0.1:", "/", b"\0\x3f\0\0\x09\0\0\0\x01\0\0\0"),
];

/// Before and after the path, its slashes as `%2F` where it is in a host's place.
const SOCKETS: [(Kind, bool); 3] = [
    (("http+unix", "http+unix://", "/", b"HTTP/1.1 20"), true),
    (("unix", "unix://", " --expect UP", b"U"), false),
    (("redis on a socket", "redis://", "", b"-LOAD"), true),
];

const GRPC_SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
const GRPC_HALF_A_FRAME: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\x40\x01\x04\0\0\0\x01\x88";
const MYSQL_GREETING: &[u8] = b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\
    \0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0";
const GRPC_PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0pingpong";

const NOT_CONNECTED: &str = "has not accepted the connection";
const SILENT: &str = "accepted the connection but has not answered";
const UNFINISHED: &str = "has sent only a part of its answer";
const NO_END: &str = "answered 200 OK, but its body has not ended";

/// What HTTP has besides.
const HTTP: [(&str, Script, &str); 8] = [
    ("half a header", holding(b"HTTP/1.1 200 OK\r\nContent-Le"), UNFINISHED),
    ("headers for ever", dripping(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"), UNFINISHED),
    ("early hints only", holding(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), UNFINISHED),
    ("interim answers for ever", dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), UNFINISHED),
    ("half a body", holding(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nUP"), NO_END),
    ("a dripped body", dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), NO_END),
    (
        "dripped chunks",
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        NO_END,
    ),
    ("a close that never comes", holding(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall is well"), NO_END),
];

/// What other protocols have besides.
const MORE: [(&str, &str, Script); 4] = [
    ("grpc, half a frame", "grpc://127.0.0.1:", holding(GRPC_HALF_A_FRAME)),
    ("grpc, pings for ever", "grpc://127.0.0.1:", dripping(GRPC_SETTINGS, GRPC_PING)),
    ("mysql, a login that is not answered", "mysql://127.0.0.1:", holding(MYSQL_GREETING)),
    ("postgres, one byte", "postgres://127.0.0.1:", holding(b"R")),
];

pub fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = PLAIN.iter().map(full).collect();
    rows.extend(PLAIN.iter().flat_map(|kind| answering(kind, plain)));
    rows.extend(SOCKETS.iter().flat_map(|(kind, in_host)| on_socket(kind, *in_host)));
    for (name, script, phase) in HTTP {
        rows.push(plain(&format!("http, {name}"), &PLAIN[0], script, phase));
    }
    for (name, start, script) in MORE {
        rows.push(plain(name, &(name, start, "/", b""), script, UNFINISHED));
    }
    rows.extend(at_other_addresses());
    #[cfg(feature = "tls")]
    rows.extend(secure::rows());
    rows
}

fn full(kind: &Kind) -> Row {
    let (name, start, rest, _) = kind;
    let server = FullPort::new();
    let check = format!("{start}{}{rest}", server.port());
    Row::new(format!("{name}, a full backlog"), check, NOT_CONNECTED, server.reached())
}

/// The phases that every protocol has once there is a connection.
fn answering(kind: &Kind, row: fn(&str, &Kind, Script, &str) -> Row) -> [Row; 3] {
    let (name, .., beginning) = *kind;
    [
        row(&format!("{name}, silence"), kind, holding(b""), SILENT),
        row(&format!("{name}, half an answer"), kind, holding(beginning), UNFINISHED),
        row(&format!("{name}, a dripped answer"), kind, dripping(beginning, drop_of(name)), UNFINISHED),
    ]
}

/// Something that never makes a whole answer.
fn drop_of(name: &str) -> &'static [u8] {
    if name.starts_with("grpc") { GRPC_SETTINGS } else { b"x" }
}

fn plain(name: &str, (_, start, rest, _): &Kind, script: Script, phase: &str) -> Row {
    let count = Count::default();
    let counted = count.clone();
    let address = serve_tcp("127.0.0.1:0", move |stream| script.play(stream, &counted));
    Row::new(name, format!("{start}{}{rest}", address.port()), phase, count.reached())
}

fn on_socket((name, start, rest, beginning): &Kind, in_host: bool) -> Vec<Row> {
    let scripts = [
        ("silence", holding(b""), SILENT),
        ("half an answer", holding(beginning), UNFINISHED),
        ("a dripped answer", dripping(beginning, b"x"), UNFINISHED),
    ];
    // Kept for as long as the probes look there.
    let directory: &'static TempDir = Box::leak(Box::new(TempDir::in_short_path("hang")));
    let check = |file: &str| {
        let path = directory.path().join(file);
        let shown = path.display().to_string();
        let shown = if in_host { shown.replace('/', "%2F") } else { shown };
        (path, format!("{start}{shown}{rest}"))
    };
    let (path, target) = check("full");
    let full = FullSocket::new(&path);
    let full = Row::new(format!("{name}, a full backlog"), target, NOT_CONNECTED, full.reached());
    let answering = scripts.into_iter().enumerate().map(|(index, (phase_name, script, phase))| {
        let (path, target) = check(&index.to_string());
        let count = Count::default();
        let counted = count.clone();
        serve_unix(&path, move |stream| script.play(stream, &counted));
        Row::new(format!("{name}, {phase_name}"), target, phase, count.reached())
    });
    answering.chain([full]).collect()
}

/// By its name, and where there is IPv6 alone.
fn at_other_addresses() -> Vec<Row> {
    let hosts =
        [("localhost", "127.0.0.1:0"), ("localhost", "[::1]:0"), ("", "[::1]:0"), ("[::1]", "[::1]:0")];
    let mut rows = Vec::new();
    for (host, address) in hosts {
        if std::net::TcpListener::bind(address).is_err() {
            crate::common::skip(address, "this machine has no IPv6 on loopback");
            continue;
        }
        let (count, listener) = (Count::default(), listen_alone(address));
        let (check, counted) =
            (format!("http://{host}:{}/", listener.local_addr().unwrap().port()), count.clone());
        serve(listener, move |stream| holding(b"").play(stream, &counted));
        rows.push(Row::new(
            format!("http, silence of '{host}' on {address}"),
            check,
            SILENT,
            count.reached(),
        ));
    }
    rows
}

#[cfg(feature = "tls")]
mod secure {
    use super::{Count, GRPC_SETTINGS, HTTP, Kind, Row, Script};
    use super::{answering, dripping, full, holding, plain, serve_tcp};
    use rustls::crypto::ring;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};
    use std::sync::Arc;

    const SECURE: [Kind; 2] = [
        ("https", "https://127.0.0.1:", "/ --insecure --contains STARTED", b"HTTP/1.1 20"),
        ("grpcs", "grpcs://127.0.0.1:", "/app --insecure", GRPC_SETTINGS),
    ];
    const HALF_A_RECORD: &[u8] = b"\x16\x03\x03\x3f\xff\x02\0\x3f\xf0";
    const NO_HANDSHAKE: &str = "has not finished the TLS handshake";

    pub fn rows() -> Vec<Row> {
        let mut rows: Vec<Row> = SECURE.iter().map(full).collect();
        let handshakes = [
            ("no handshake", holding(b"")),
            ("half a record", holding(HALF_A_RECORD)),
            ("a dripped record", dripping(HALF_A_RECORD, b"\0")),
        ];
        for kind in &SECURE {
            let named = |(name, script)| plain(&format!("{}, {name}", kind.0), kind, script, NO_HANDSHAKE);
            rows.extend(handshakes.into_iter().map(named));
            rows.extend(answering(kind, row));
        }
        let in_http = |(name, script, phase)| row(&format!("https, {name}"), &SECURE[0], script, phase);
        rows.extend(HTTP.into_iter().map(in_http));
        rows
    }

    fn config() -> ServerConfig {
        let file = |name: &str| format!("{}/tests/certs/{name}", env!("CARGO_MANIFEST_DIR"));
        let chain =
            CertificateDer::pem_file_iter(file("localhost.pem")).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(file("localhost.key")).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config
    }

    /// The script begins when the handshake is done.
    fn row(name: &str, (_, start, rest, _): &Kind, script: Script, phase: &str) -> Row {
        let (config, count) = (Arc::new(config()), Count::default());
        let counted = count.clone();
        let address = serve_tcp("127.0.0.1:0", move |mut stream| {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            while connection.is_handshaking() {
                if connection.complete_io(&mut stream).is_err() {
                    return;
                }
            }
            script.play(StreamOwned::new(connection, stream), &counted);
        });
        Row::new(name, format!("{start}{}{rest}", address.port()), phase, count.reached())
    }
}
