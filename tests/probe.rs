//! Built-in probes against servers that behave, misbehave and mean harm.
//! All traffic stays on loopback.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "common/servers.rs"]
mod servers;
#[path = "common/skipped.rs"]
mod skipped;

use servers::{SHORT, healthy, hold, serve, serve_on, unhealthy, unhealthy_within};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// tcpmux: outside of the range that listeners get by chance, and long dead.
const UNUSED: u16 = 1;

/// Takes the request in, up to the end of its headers.
fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
        request.push(byte[0]);
    }
    String::from_utf8_lossy(&request).into_owned()
}

fn reply(stream: &mut TcpStream, bytes: &[u8]) {
    read_request(stream);
    let _ = stream.write_all(bytes);
}

/// Writes `bytes` again and again until the other side closes.
fn reply_for_ever(mut stream: TcpStream, start: &[u8], bytes: &[u8], pause: Duration) {
    reply(&mut stream, start);
    while stream.write_all(bytes).is_ok() {
        thread::sleep(pause);
    }
}

fn ok(mut stream: TcpStream) {
    reply(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"UP\"}");
}

/// Answers with the request as the body.
fn echo(mut stream: TcpStream) {
    let mut request = read_request(&mut stream);
    if request.contains("Content-Length: 4") {
        let mut body = [0; 4];
        stream.read_exact(&mut body).unwrap();
        request.push_str(&String::from_utf8_lossy(&body));
    }
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{request}", request.len());
}

#[test]
fn a_good_answer_is_healthy_and_the_reason_names_the_server() {
    let port = serve(ok);
    for host in ["", "127.0.0.1", "localhost"] {
        let reason = healthy(&format!("http://{host}:{port}/health"));
        assert_eq!(reason, format!("http://127.0.0.1:{port}/health answered 200 OK"));
    }
    assert_eq!(healthy(&format!("tcp://:{port}")), format!("127.0.0.1:{port} accepts connections"));
}

#[test]
fn a_server_on_ipv6_alone_is_found() {
    if TcpListener::bind("[::1]:0").is_err() {
        return skipped::skip("a server on IPv6", "this machine has no IPv6 on loopback");
    }
    let port = serve_on("[::1]:0", ok);
    for host in ["", "localhost", "[::1]"] {
        assert_eq!(
            healthy(&format!("http://{host}:{port}/")),
            format!("http://[::1]:{port}/ answered 200 OK")
        );
    }
}

#[test]
fn a_port_without_a_listener_is_unhealthy() {
    for target in [format!("tcp://:{UNUSED}"), format!("http://localhost:{UNUSED}/")] {
        let reason = unhealthy(&target);
        assert!(reason.starts_with(&format!("connection refused by 127.0.0.1:{UNUSED}")), "{reason}");
        assert!(reason.ends_with(": nothing listens there"), "{reason}");
    }
    let reason = unhealthy(&format!("tcp://127.0.0.1:{UNUSED}"));
    assert_eq!(reason, format!("connection refused by 127.0.0.1:{UNUSED}: nothing listens there"));
}

#[test]
fn the_status_decides_and_a_redirect_is_not_followed() {
    let port = serve(|mut stream| {
        let request = read_request(&mut stream);
        let status = request.split(['/', ' ']).nth(2).unwrap_or_default().to_owned();
        let _ =
            write!(stream, "HTTP/1.1 {status} Because\r\nLocation: /200\r\nContent-Length: 4\r\n\r\nbody");
    });
    for status in [200, 204, 302, 399] {
        healthy(&format!("http://:{port}/{status}"));
    }
    for status in [400, 401, 404, 500, 503] {
        assert_eq!(
            unhealthy(&format!("http://:{port}/{status}")),
            format!("http://127.0.0.1:{port}/{status} answered {status} Because, expected 200-399: body")
        );
    }
    healthy(&format!("http://:{port}/401 --status 200-299,401"));
    let reason = unhealthy(&format!("http://:{port}/302 --status 200-299,401"));
    assert!(reason.contains("answered 302 Because, expected 200-299,401"), "{reason}");
}

#[test]
fn the_body_must_contain_every_text() {
    let port = serve(ok);
    healthy(&format!("http://:{port}/ --contains '\"status\":\"UP\"' --contains status"));
    let reason = unhealthy(&format!("http://:{port}/ --contains status --contains DOWN"));
    assert!(reason.ends_with("but its body does not contain 'DOWN': {\"status\":\"UP\"}"), "{reason}");
}

#[test]
fn the_request_is_as_configured() {
    let port = serve(echo);
    let has = |words: &str, text: &str| {
        healthy(&format!("http://:{port}{words} --contains '{text}'"));
    };
    has("/a?b=c", "GET /a?b=c HTTP/1.1\r\n");
    has("/", &format!("Host: localhost:{port}\r\n"));
    has("/", "Accept: */*\r\n");
    has("/", concat!("User-Agent: hinit/", env!("CARGO_PKG_VERSION"), "\r\n"));
    has("/ --host-header web.example", "Host: web.example\r\n");
    has("/ --header 'Host: web.example'", "Host: web.example\r\n");
    has("/ --header 'user-agent: me' --header 'X-A: b'", "user-agent: me\r\nX-A: b\r\n");
    has("/ --basic-auth user:pass", "Authorization: Basic dXNlcjpwYXNz\r\n");
    has("/ --data ping", "POST / HTTP/1.1\r\n");
    has("/ --data ping", "\r\n\r\nping");
    has("/ --method OPTIONS", "OPTIONS / HTTP/1.1\r\n");
}

#[test]
fn a_head_request_waits_for_no_body() {
    let port = serve(|mut stream| {
        reply(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        hold(stream);
    });
    healthy(&format!("http://:{port}/ --method HEAD"));
}

#[test]
fn early_hints_are_not_the_answer() {
    let port = serve(|mut stream| {
        let hints =
            b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        reply(&mut stream, hints);
    });
    healthy(&format!("http://:{port}/"));
}

#[test]
fn a_server_that_accepts_and_does_not_answer_is_unhealthy_at_the_deadline() {
    let port = serve(hold);
    let reason = unhealthy_within(&format!("http://:{port}/"), SHORT);
    assert!(reason.ends_with("accepted the connection but did not answer within 300ms"), "{reason}");
}

#[test]
fn a_stopped_app_whose_kernel_still_accepts_is_unhealthy_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let reason = unhealthy_within(&format!("http://:{port}/"), SHORT);
    assert!(reason.ends_with("did not answer within 300ms"), "{reason}");
}

#[test]
fn no_slow_server_stretches_the_deadline() {
    const PAUSE: Duration = Duration::from_millis(20);
    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let status = serve(|stream| reply_for_ever(stream, b"HTTP/1.1 200 ", b"x", PAUSE));
    let headers = serve(|stream| reply_for_ever(stream, b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", PAUSE));
    let body = serve(|stream| reply_for_ever(stream, b"HTTP/1.1 200 OK\r\n\r\n", b"x", PAUSE));
    let chunks = serve(|stream| reply_for_ever(stream, CHUNKED, b"1\r\nx\r\n", PAUSE));
    let interim = serve(|stream| reply_for_ever(stream, b"", b"HTTP/1.1 100 Continue\r\n\r\n", PAUSE));
    for port in [status, headers, interim] {
        let reason = unhealthy_within(&format!("http://:{port}/"), SHORT);
        assert!(reason.ends_with("had not finished its headers after 300ms"), "{reason}");
    }
    for port in [body, chunks] {
        let reason = unhealthy_within(&format!("http://:{port}/ --contains UP"), SHORT);
        assert!(reason.ends_with("but its body had not ended after 300ms"), "{reason}");
    }
}

#[test]
fn endless_answers_are_cut_off() {
    const NONE: Duration = Duration::ZERO;
    let body = serve(|stream| reply_for_ever(stream, b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 4096], NONE));
    healthy(&format!("http://:{body}/"));
    let reason = unhealthy(&format!("http://:{body}/ --contains UP"));
    assert!(reason.contains("does not contain 'UP' in its first 10 KiB: xxx"), "{reason}");

    let headers = serve(|stream| reply_for_ever(stream, b"HTTP/1.1 200 OK\r\nA: ", &[b'x'; 4096], NONE));
    let interim = serve(|stream| reply_for_ever(stream, b"", b"HTTP/1.1 102 x\r\n\r\n", NONE));
    for port in [headers, interim] {
        let reason = unhealthy(&format!("http://:{port}/"));
        assert!(reason.ends_with("sent more headers than hinit reads"), "{reason}");
    }
}

#[test]
fn what_is_not_http_fails_at_once_and_is_quoted_escaped() {
    let garbage = serve(|mut stream| {
        reply(&mut stream, b"\x1b[31mHi\0\r\n");
        hold(stream);
    });
    let reason = unhealthy(&format!("http://:{garbage}/"));
    assert!(reason.ends_with("did not answer in HTTP/1: '\\u{1b}[31mHi\\u{0}\\r\\n'"), "{reason}");

    let tls = serve(|mut stream| {
        reply(&mut stream, b"\x15\x03\x01\0\x02\x02\x46");
        hold(stream);
    });
    assert!(unhealthy(&format!("http://:{tls}/")).ends_with("answered in TLS, not in HTTP"));

    let zeros = serve(|stream| reply_for_ever(stream, b"HTTP/1.1 200 OK\r\n", &[0; 512], Duration::ZERO));
    assert!(unhealthy(&format!("http://:{zeros}/")).contains("did not answer in HTTP/1"));
}

#[test]
fn an_early_end_is_unhealthy_and_the_reason_says_where() {
    let at_once = serve(drop);
    let reason = unhealthy(&format!("http://:{at_once}/"));
    assert!(reason.contains("the connection without an answer"), "{reason}");

    let after_request = serve(|mut stream| reply(&mut stream, b""));
    let reason = unhealthy(&format!("http://:{after_request}/"));
    assert!(reason.ends_with("closed the connection without an answer"), "{reason}");

    let in_headers = serve(|mut stream| reply(&mut stream, b"HTTP/1.1 200 OK\r\nA"));
    let reason = unhealthy(&format!("http://:{in_headers}/"));
    assert!(reason.ends_with("closed the connection in the middle of its headers"), "{reason}");

    let in_body = serve(|mut stream| reply(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nOK"));
    let reason = unhealthy(&format!("http://:{in_body}/ --contains UP"));
    assert!(reason.ends_with("200 OK, but closed the connection in the middle of its body"), "{reason}");
}

#[test]
fn a_huge_quoted_body_is_bounded_and_printable() {
    let port = serve(|mut stream| {
        let body = "\u{7}".repeat(5000);
        let head = format!("HTTP/1.1 500 {}\r\nContent-Length: {}\r\n\r\n", "p".repeat(3000), body.len());
        reply(&mut stream, (head + &body).as_bytes());
    });
    let reason = unhealthy(&format!("http://:{port}/"));
    assert!(reason.contains("answered 500 ppp"), "{reason}");
}
