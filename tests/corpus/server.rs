//! A server that answers every request alike, in HTTP or, if it is asked so,
//! in TLS. On loopback only.

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, LazyLock};
use std::thread;

/// What the checks of the corpus look for, all in one.
const BODY: &str = r#"{"status":"green","healthy": true,"success": true,"title":"Sign in to your account","is":"UP"}
"#;

/// How a server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Status(u16),
    /// 405 to HEAD, 200 to the rest.
    NoHead,
    /// Nobody listens.
    Refused,
    /// The request is read and never answered.
    Hang,
    /// 200, compressed whether that was asked for or not.
    Coded,
}

pub const ANSWERS: [Answer; 9] = [
    Answer::Status(200),
    Answer::Status(204),
    Answer::Status(302),
    Answer::Status(401),
    Answer::Status(404),
    Answer::Status(500),
    Answer::NoHead,
    Answer::Refused,
    Answer::Hang,
];

static TLS: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| {
    let file = |name: &str| format!("{}/tests/certs/{name}", env!("CARGO_MANIFEST_DIR"));
    let chain = CertificateDer::pem_file_iter(file("selfsigned.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(file("selfsigned.key")).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(builder.with_single_cert(chain, key).unwrap())
});

/// The port of a server that answers so, for as long as the test runs.
pub fn start(answer: Answer) -> u16 {
    if answer == Answer::Refused {
        // tcpmux: outside of the range that listeners get by chance, and long dead.
        return 1;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream, answer));
        }
    });
    port
}

fn serve(stream: TcpStream, answer: Answer) {
    let mut first = [0];
    if stream.peek(&mut first).is_ok_and(|count| count == 1) && first[0] == 0x16 {
        let connection = ServerConnection::new(Arc::clone(&TLS)).unwrap();
        let mut secure = StreamOwned::new(connection, stream);
        reply(&mut secure, answer);
        secure.conn.send_close_notify();
        let _ = secure.flush();
        close(&secure.sock);
    } else {
        let mut stream = stream;
        reply(&mut stream, answer);
        close(&stream);
    }
}

/// What is unread here would reset the connection, and cut off the answer.
fn close(mut stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    while stream.read(&mut [0; 512]).is_ok_and(|count| count > 0) {}
}

fn reply(stream: &mut (impl Read + Write), answer: Answer) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            _ => return,
        }
    }
    let head = request.starts_with(b"HEAD ");
    let status = match answer {
        Answer::Status(302) if request.windows(7).any(|window| window == b" /moved") => 200,
        Answer::Status(status) => status,
        Answer::Coded => 200,
        Answer::NoHead => {
            if head {
                405
            } else {
                200
            }
        }
        Answer::Refused | Answer::Hang => {
            while stream.read(&mut [0; 512]).is_ok_and(|count| count > 0) {}
            return;
        }
    };
    let location = if status == 302 { "Location: /moved\r\n" } else { "" };
    let location = if answer == Answer::Coded { "Content-Encoding: gzip\r\n" } else { location };
    let body = if status == 204 { "" } else { BODY };
    let length = if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let start =
        format!("HTTP/1.1 {status} {}\r\n{location}{length}Connection: close\r\n\r\n", phrase(status));
    let _ = stream.write_all((start + if head { "" } else { body }).as_bytes());
    let _ = stream.flush();
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "Internal Server Error",
    }
}
