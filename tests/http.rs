//! Checks of an HTTP answer: its body, its redirects, a unix socket.
//! All traffic stays on loopback.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/servers.rs"]
mod servers;

use servers::{SHORT, healthy, hold, serve, unhealthy, unhealthy_within};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixListener;
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
    let reason = healthy(&format!("http://localhost:{port}/out --follow"));
    assert!(
        reason.ends_with("answered 302 Found, a redirect to another host (192.0.2.1), which is not followed"),
        "{reason}"
    );
    unhealthy(&format!("http://localhost:{port}/out --follow --status 200"));
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
