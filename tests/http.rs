//! Checks of an HTTP answer: its body, its redirects, a unix socket.
//! All traffic stays on loopback.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/servers.rs"]
mod servers;

use servers::{SHORT, healthy, hold, serve, unhealthy, unhealthy_within};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::{Mutex, mpsc};
use std::thread;

/// The requested path.
fn path_of(stream: &mut impl Read) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
        request.push(byte[0]);
    }
    String::from_utf8_lossy(&request).split(' ').nth(1).unwrap_or_default().to_owned()
}

fn answer(stream: &mut impl Write, status: &str, header: &str, body: &str) {
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{header}\r\n{body}");
}

/// A Spring application: `/down` is its answer while its database is down.
fn app(mut stream: TcpStream) {
    match path_of(&mut stream).as_str() {
        "/down" => answer(&mut stream, "503 Service Unavailable", "", r#"{"status":"DOWN"}"#),
        "/text" => answer(&mut stream, "200 OK", "", "all\nis well"),
        "/long" => {
            let body = format!(r#"{{"filler":"{}","status":"UP"}}"#, "x".repeat(20_000));
            answer(&mut stream, "200 OK", "", &body);
        }
        _ => answer(&mut stream, "200 OK", "", r#"{"status":"UP","checks":[{"name":"db","ok":true}],"n":1}"#),
    }
}

#[test]
fn a_pattern_must_match_somewhere_in_the_body() {
    let port = serve(app);
    healthy(&format!(r#"http://:{port}/ --match '"status":\s*"(UP|OK)"' --match '^.'"#));
    healthy(&format!(r"http://:{port}/text --match '(?m)^is \w+$'"));
    let reason = unhealthy(&format!("http://:{port}/text --match 'ill$'"));
    assert!(
        reason.ends_with("answered 200 OK, but its body does not match 'ill$': all\\nis well"),
        "{reason}"
    );
}

#[test]
fn a_json_value_must_be_there() {
    let port = serve(app);
    healthy(&format!("http://:{port}/ --json status=UP --json checks[0].ok=true --json .n=1"));
    healthy(&format!("http://:{port}/long --json status=UP"));
    let table = [
        ("/ --json status=DOWN", "but its body has \"UP\" at 'status', expected DOWN"),
        ("/ --json checks[1].ok=true", "but its body has nothing at 'checks.1.ok'"),
        ("/text --json status=UP", "but its body is not JSON"),
        ("/down --json status=DOWN", "answered 503 Service Unavailable, expected 200-399"),
    ];
    for (words, why) in table {
        let reason = unhealthy(&format!("http://:{port}{words}"));
        assert!(reason.contains(why), "{words}: {reason}");
    }
}

#[test]
fn a_json_check_does_not_raise_the_limit_of_other_checks() {
    let port = serve(app);
    let reason = unhealthy(&format!("http://:{port}/long --json status=UP --contains UP"));
    assert!(reason.contains("but its body does not contain 'UP' in its first 10 KiB"), "{reason}");
    healthy(&format!("http://:{port}/long --json status=UP --not --match UP"));
}

#[test]
fn a_byte_order_mark_before_json_is_ignored() {
    let port = serve(|mut stream| {
        path_of(&mut stream);
        answer(&mut stream, "200 OK", "", "\u{feff}{\"status\":\"UP\"}");
    });
    healthy(&format!("http://:{port}/ --json status=UP"));
}

#[test]
fn what_must_not_be_there_needs_an_answer_all_the_same() {
    let port = serve(app);
    healthy(&format!("http://:{port}/ --not --contains red --not --match 'r.d' --not --json status=DOWN"));
    healthy(&format!("http://:{port}/ --not --json nothing=here"));
    let table = [
        (format!("http://:{port}/ --not --contains UP"), "but its body does contain 'UP'"),
        (format!("http://:{port}/ --not --match U."), "but its body does match 'U.'"),
        (format!("http://:{port}/ --not --json status=UP"), "but its body does have 'status=UP'"),
        (format!("http://:{port}/down --not --contains UP"), "answered 503"),
        (format!("http://:{port}/text --not --json status=DOWN"), "but its body is not JSON"),
        ("http://:1/ --not --contains UP".into(), "nothing listens there"),
    ];
    for (words, why) in table {
        let reason = unhealthy(&words);
        assert!(reason.contains(why), "{words}: {reason}");
    }
}

fn redirects(mut stream: TcpStream) {
    let port = stream.local_addr().unwrap().port();
    let path = path_of(&mut stream);
    let location = match path.as_str() {
        "/a" => "/b".to_owned(),
        "/b" => format!("http://127.0.0.1:{port}/c/d"),
        "/c/d" => "../ok".to_owned(),
        "/bad" => "fault".to_owned(),
        "/loop" => "/loop".to_owned(),
        "/out" => "http://192.0.2.1/".to_owned(),
        "/fault" => return answer(&mut stream, "500 Broken", "", "no"),
        _ => return answer(&mut stream, "200 OK", "", &path),
    };
    answer(&mut stream, "302 Found", &format!("Location: {location}\r\n"), "moved");
}

#[test]
fn a_redirect_to_the_same_host_is_followed_on_request() {
    let port = serve(redirects);
    let reason = healthy(&format!("http://localhost:{port}/a --follow --contains ok"));
    assert_eq!(reason, format!("http://127.0.0.1:{port}/ok answered 200 OK"));
    let reason = healthy(&format!("http://localhost:{port}/bad"));
    assert_eq!(reason, format!("http://127.0.0.1:{port}/bad answered 302 Found"));
    let reason = unhealthy(&format!("http://localhost:{port}/bad --follow"));
    assert_eq!(reason, format!("http://127.0.0.1:{port}/fault answered 500 Broken, expected 200-399: no"));
}

#[test]
fn a_redirect_to_another_host_is_never_followed() {
    let port = serve(redirects);
    let reason = unhealthy(&format!("http://localhost:{port}/out --follow"));
    assert!(
        reason.ends_with("answered 302 Found, a redirect to another host (192.0.2.1), which is not followed"),
        "{reason}"
    );
    healthy(&format!("http://localhost:{port}/out"));
}

/// Redirects to what the path says, as far as a URL allows.
fn redirects_to_its_path(mut stream: TcpStream) {
    let location = path_of(&mut stream)[1..].replace("%20", " ");
    match location.as_str() {
        "none" => answer(&mut stream, "302 Found", "", "moved"),
        _ => answer(&mut stream, "302 Found", &format!("Location: {location}\r\n"), "moved"),
    }
}

#[test]
fn a_redirect_that_cannot_be_followed_is_unhealthy() {
    let port = serve(redirects_to_its_path);
    let table = [
        ("ftp://h/x", "to 'ftp://h/x', which is neither http:// nor https://"),
        ("mailto:a@b", "to 'mailto:a@b', which is neither http:// nor https://"),
        ("http:///x", "to 'http:///x', which has no host"),
        ("http://:80/x", "to 'http://:80/x', which has no host"),
        ("//", "to '//', which has no host"),
        (
            "http://h:x/",
            "to an invalid URL: 'http://h:x/': 'x' is not a port; write a number from 1 to 65535",
        ),
        ("http://192.0.2.1/", "to another host (192.0.2.1), which is not followed"),
    ];
    for (location, why) in table {
        let reason = unhealthy(&format!("http://:{port}/{location} --follow"));
        let answered = format!("http://127.0.0.1:{port}/{location} answered 302 Found, a redirect {why}");
        assert_eq!(reason, answered);
        healthy(&format!("http://:{port}/{location}"));
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn a_redirect_to_tls_is_unhealthy_without_it() {
    let port = serve(redirects_to_its_path);
    let reason = unhealthy(&format!("http://:{port}/https://localhost/x --follow"));
    let why = "a redirect to 'https://localhost/x', but hinit-slim does not support TLS; use hinit instead";
    assert!(reason.ends_with(why), "{reason}");
}

#[test]
fn a_redirect_without_a_location_is_judged_by_its_status() {
    let port = serve(redirects_to_its_path);
    for path in ["none", "%20"] {
        let reason = healthy(&format!("http://:{port}/{path} --follow"));
        assert!(reason.ends_with("answered 302 Found"), "{reason}");
        unhealthy(&format!("http://:{port}/{path} --follow --status 200"));
    }
}

/// 30 KB of cache tags before the headers that matter, as Magento and Drupal send them.
fn tagged(mut stream: TcpStream) {
    let tags = format!("X-Magento-Tags: {}\r\nX-Drupal-Cache-Tags: {0}\r\n", "cat_p_1234 ".repeat(1400));
    match path_of(&mut stream).as_str() {
        "/moved" => answer(&mut stream, "302 Found", &format!("{tags}Location: /\r\n"), "moved"),
        "/down" => answer(&mut stream, "503 Service Unavailable", &tags, "no database"),
        _ => {
            let _ = write!(stream, "HTTP/1.1 200 OK\r\n{tags}Content-Length: 8\r\n{tags}\r\nall well");
        }
    }
    hold(stream);
}

#[test]
fn an_app_with_long_headers_is_judged_by_its_status_and_body() {
    let port = serve(tagged);
    healthy(&format!("http://:{port}/ --match '^all well$'"));
    healthy(&format!("http://:{port}/moved --follow --match '^all well$'"));
    let reason = unhealthy(&format!("http://:{port}/down"));
    assert!(reason.ends_with("answered 503 Service Unavailable, expected 200-399: no database"), "{reason}");
}

#[test]
fn the_verdict_waits_for_no_more_than_the_checks_need() {
    let events = serve(|mut stream| {
        path_of(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\ndata: up\n");
        hold(stream);
    });
    healthy(&format!("http://:{events}/"));
    healthy(&format!("http://:{events}/ --contains up --contains data"));
    unhealthy(&format!("http://:{events}/ --status 404"));
    for check in ["--contains down", "--contains up --not --contains down", "--match up"] {
        let reason = unhealthy_within(&format!("http://:{events}/ {check}"), SHORT);
        assert!(reason.ends_with("answered 200 OK, but its body had not ended after 300ms"), "{reason}");
    }
}

#[test]
fn how_a_body_ends_that_nobody_needs_does_not_change_the_verdict() {
    let port = serve(|mut stream| {
        let path = path_of(&mut stream);
        let rest = match path.as_str() {
            "/cut" => "Content-Length: 100\r\n\r\nup",
            "/chunks" => "Transfer-Encoding: chunked\r\n\r\n2\r\nup\r\nzz\r\n",
            _ => "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        };
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n{rest}");
    });
    for path in ["cut", "chunks", "no-chunks"] {
        healthy(&format!("http://:{port}/{path}"));
        unhealthy(&format!("http://:{port}/{path} --match up"));
    }
    healthy(&format!("http://:{port}/cut --contains up"));
    let reason = unhealthy(&format!("http://:{port}/chunks --contains down"));
    assert!(reason.ends_with("answered 200 OK, but sent a body with invalid chunks"), "{reason}");
}

/// Sends a body of 800 KB, of which nobody needs anything, and then waits until the client has
/// closed. Reports the first error.
fn send_large_body(stream: &mut TcpStream) -> io::Result<()> {
    let (path, part) = (path_of(stream), [b'x'; 4000]);
    let (status, framing) = match path.as_str() {
        "/503" => ("503 Service Unavailable", "Content-Length: 800000"),
        "/moved" => ("302 Found", "Location: /200\r\nContent-Length: 800000"),
        "/closes" => ("200 OK", "Connection: close"),
        _ => ("200 OK", "Content-Length: 800000"),
    };
    write!(stream, "HTTP/1.1 {status}\r\n{framing}\r\n\r\nup")?;
    stream.write_all(&part[2..])?;
    (1..200).try_for_each(|_| stream.write_all(&part))?;
    if path == "/closes" {
        stream.shutdown(Shutdown::Write)?;
    }
    io::copy(stream, &mut io::sink()).map(drop)
}

#[test]
fn an_app_logs_no_broken_pipe_because_of_a_health_check() {
    let (sender, receiver) = mpsc::channel();
    let sender: &'static Mutex<_> = Box::leak(Box::new(Mutex::new(sender)));
    let port = servers::serve_with(move |mut stream| {
        let result = send_large_body(&mut stream).map_err(|error| error.to_string());
        sender.lock().unwrap().send(result).unwrap();
    });
    let table = [
        ("/200", true, 1),
        ("/closes", true, 1),
        ("/503", false, 1),
        ("/200 --contains up", true, 1),
        ("/200 --contains down", false, 1),
        ("/moved --follow", true, 2),
    ];
    for (target, is_healthy, requests) in table {
        let verdict = servers::look(&format!("http://:{port}{target}"), servers::GENEROUS);
        assert_eq!(verdict.healthy, is_healthy, "{target}: {}", verdict.reason);
        for _ in 0..requests {
            assert_eq!(receiver.recv_timeout(servers::GENEROUS), Ok(Ok(())), "{target}");
        }
    }
}

#[test]
fn redirects_are_not_followed_endlessly() {
    let port = serve(redirects);
    let reason = unhealthy(&format!("http://localhost:{port}/loop --follow"));
    assert!(reason.contains("redirects endlessly: no answer after 10 redirects"), "{reason}");
}

#[test]
fn one_deadline_covers_all_redirects() {
    let slow = serve(|mut stream| {
        path_of(&mut stream);
        thread::sleep(SHORT / 2);
        answer(&mut stream, "302 Found", "Location: /on\r\n", "");
    });
    let stuck = serve(|mut stream| match path_of(&mut stream).as_str() {
        "/" => answer(&mut stream, "302 Found", "Location: /on\r\n", ""),
        _ => hold(stream),
    });
    for port in [slow, stuck] {
        let reason = unhealthy_within(&format!("http://:{port}/ --follow"), SHORT);
        // In which phase depends on the machine.
        assert!(reason.ends_with(" 300ms") && !reason.contains("redirects endlessly"), "{reason}");
    }
}

#[test]
fn an_app_on_a_unix_socket_is_probed_as_any_other() {
    let directory = std::env::temp_dir().join(format!("hinit-http-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("app.sock");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let path = path_of(&mut stream);
            answer(&mut stream, "200 OK", "", &path);
        }
    });
    let encoded = path.display().to_string().replace('/', "%2F");
    let reason = healthy(&format!("http+unix://{encoded}/health?x --contains '/health?x'"));
    assert_eq!(reason, format!("http+unix://{}/health?x answered 200 OK", path.display()));
    std::fs::remove_dir_all(&directory).unwrap();
    let reason = unhealthy(&format!("http+unix://{encoded}/"));
    assert_eq!(reason, format!("there is no {}", path.display()));
}
