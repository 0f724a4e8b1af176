//! curl and wget: redirects that cannot be followed. All traffic stays on loopback.

use crate::common::{As, Output};
use crate::{Names, hinit_and_the_original, start};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

/// A `Location`, and the exit codes of curl and wget.
const TABLE: [(&str, i32, i32); 9] = [
    ("foo://h/", 1, 1),
    ("mailto:a@b", 1, 1),
    ("http+unix://%2Fa/x", 1, 1),
    ("//", 3, 1),
    ("http://", 3, 1),
    ("http://?x", 3, 1),
    ("http://:80/x", 3, 1),
    ("http://127.0.0.1:x/", 3, 1),
    ("http://127.0.0.1:99999/", 3, 1),
];

fn read_path(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
        request.push(byte[0]);
    }
    String::from_utf8_lossy(&request).split(' ').nth(1).unwrap_or_default().to_owned()
}

/// Redirects to the location of this number in the table, or to none.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let location = match read_path(&mut stream).trim_start_matches('/') {
                "" => String::new(),
                "empty" => "Location:\r\n".to_owned(),
                "https" => "Location: https://127.0.0.1:1/x\r\n".to_owned(),
                "no-host" => "Location: http:///x\r\n".to_owned(),
                number => format!("Location: {}\r\n", TABLE[number.parse::<usize>().unwrap()].0),
            };
            let _ = write!(
                stream,
                "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n{location}\r\n"
            );
        }
    });
    port
}

fn curl(program: &Path, args: &[&str], port: u16, path: &str) -> Output {
    let url = format!("http://127.0.0.1:{port}/{path}");
    start(program, As::Process, [&["-fsSL", "--noproxy", "*"], args, &[&url]].concat()).output()
}

fn wget(program: &Path, args: &[&str], port: u16, path: &str) -> Output {
    let url = format!("http://127.0.0.1:{port}/{path}");
    start(program, As::Process, [&["--no-proxy", "--tries=1", "-O", "/dev/null"], args, &[&url]].concat())
        .output()
}

#[test]
fn curl_fails_at_a_redirect_that_cannot_be_followed() {
    let port = serve();
    hinit_and_the_original("curl", |program| {
        for (index, (location, code, _)) in TABLE.into_iter().enumerate() {
            let output = curl(program, &[], port, &index.to_string());
            assert_eq!(output.code, code, "{location}: {}", output.stderr);
            assert!(output.stderr.starts_with(&format!("curl: ({code}) ")), "{location}: {}", output.stderr);
            let not_followed = start(
                program,
                As::Process,
                ["-fsS", "--noproxy", "*"].into_iter().chain([
                    "-w",
                    "%{redirect_url}",
                    format!("http://127.0.0.1:{port}/{index}").as_str(),
                ]),
            );
            let output = not_followed.output();
            assert_eq!((output.code, output.stdout.as_str()), (0, location));
        }
        for path in ["", "empty"] {
            assert_eq!(curl(program, &[], port, path).code, 0, "'{path}'");
        }
    });
}

#[test]
fn wget_fails_at_a_redirect_that_cannot_be_followed() {
    let port = serve();
    hinit_and_the_original("wget", |program| {
        for (index, (location, _, code)) in TABLE.into_iter().enumerate() {
            for flags in [&["-nv"][..], &["-nv", "--spider"], &["-nv", "--max-redirect=0"]] {
                let output = wget(program, flags, port, &index.to_string());
                assert_eq!(output.code, code, "{location}: {}", output.stderr);
                assert!(output.stderr.contains(location), "{location}: {}", output.stderr);
            }
        }
        for path in ["", "empty"] {
            assert_eq!(wget(program, &["-q"], port, path).code, 8, "'{path}'");
        }
    });
}

/// As a curl or wget that was built without TLS.
#[test]
fn https_is_followed_only_with_tls() {
    let (port, names) = (serve(), Names::new());
    let (curl_code, wget_code) = if cfg!(feature = "tls") { (7, 4) } else { (1, 1) };
    assert_eq!(curl(&names.path("curl"), &[], port, "https").code, curl_code);
    assert_eq!(wget(&names.path("wget"), &["-q"], port, "https").code, wget_code);
}

/// The original curl takes the path for the host.
#[test]
fn a_redirect_without_a_host_goes_nowhere() {
    let (port, names) = (serve(), Names::new());
    let output = curl(&names.path("curl"), &[], port, "no-host");
    assert_eq!(output.code, 3, "{}", output.stderr);
    let output = wget(&names.path("wget"), &["-nv"], port, "no-host");
    assert_eq!((output.code, output.stderr.as_str()), (1, "http:///x: Invalid host name.\n"));
}
