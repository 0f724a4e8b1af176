//! A server that gives every request the same response, over HTTP or TLS,
//! whichever the client uses. On loopback only.

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, LazyLock};
use std::thread;

/// Contains what the commands of the corpus search for.
const BODY: &str = r#"{"status":"green","healthy": true,"success": true,"title":"Sign in to your account","is":"UP"}
"#;

/// The response of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response {
    Status(u16),
    /// 405 for HEAD, 200 for other methods.
    NoHead,
    /// Nothing listens on the port.
    Refused,
    /// The request is read, but there is no response.
    Hang,
    /// 200, compressed even if not requested.
    Compressed,
}

pub const RESPONSES: [Response; 9] = [
    Response::Status(200),
    Response::Status(204),
    Response::Status(302),
    Response::Status(401),
    Response::Status(404),
    Response::Status(500),
    Response::NoHead,
    Response::Refused,
    Response::Hang,
];

static TLS: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| {
    let file = |name: &str| format!("{}/tests/certs/{name}", env!("CARGO_MANIFEST_DIR"));
    let chain = CertificateDer::pem_file_iter(file("selfsigned.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(file("selfsigned.key")).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(builder.with_single_cert(chain, key).unwrap())
});

/// Starts a server and returns its port. It runs until the test ends.
pub fn start(response: Response) -> u16 {
    if response == Response::Refused {
        // tcpmux: outside the ephemeral range, and unused.
        return 1;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream, response));
        }
    });
    port
}

fn serve(stream: TcpStream, response: Response) {
    let mut first = [0];
    if stream.peek(&mut first).is_ok_and(|count| count == 1) && first[0] == 0x16 {
        let connection = ServerConnection::new(Arc::clone(&TLS)).unwrap();
        let mut secure = StreamOwned::new(connection, stream);
        reply(&mut secure, response);
        secure.conn.send_close_notify();
        let _ = secure.flush();
        close(&secure.sock);
    } else {
        let mut stream = stream;
        reply(&mut stream, response);
        close(&stream);
    }
}

/// Reads to the end: unread data would reset the connection and cut off the
/// response.
fn close(mut stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    while stream.read(&mut [0; 512]).is_ok_and(|count| count > 0) {}
}

fn reply(stream: &mut (impl Read + Write), response: Response) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            _ => return,
        }
    }
    let head = request.starts_with(b"HEAD ");
    let status = match response {
        Response::Status(302) if request.windows(7).any(|window| window == b" /moved") => 200,
        Response::Status(status) => status,
        Response::Compressed => 200,
        Response::NoHead => {
            if head {
                405
            } else {
                200
            }
        }
        Response::Refused | Response::Hang => {
            while stream.read(&mut [0; 512]).is_ok_and(|count| count > 0) {}
            return;
        }
    };
    let location = if status == 302 { "Location: /moved\r\n" } else { "" };
    let location = if response == Response::Compressed { "Content-Encoding: gzip\r\n" } else { location };
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
