//! From curl's words to a request: pure.

use super::options::Options;
use crate::compat::web;
use crate::plan::probe::http::token;
use crate::plan::probe::target::HttpUri;
use crate::plan::probe::{ClientCertificate, Endpoint, Header, Request, Tls, Verification};
use std::path::PathBuf;

/// curl's codes for a URL that it does not understand, and for a protocol.
const MALFORMED: i32 = 3;
const UNSUPPORTED: i32 = 1;
/// Some servers answer by who asks, so this begins as curl's own does.
const AGENT: &str = concat!("curl/8.0.0 hinit/", env!("CARGO_PKG_VERSION"));
const FORM: &str = "application/x-www-form-urlencoded";

/// Why there is no request: curl's code, and its message without the code.
pub(super) type Refusal = (i32, String);

/// The request for one URL.
pub(super) fn request(options: &Options, url: &str) -> Result<Request, Refusal> {
    let mut uri = parse(options, url)?;
    let userinfo = uri.userinfo.take();
    let mut request = Request::get(uri);
    request.tls = tls(options);
    // Like curl, which sends no line that is no header.
    for text in options.headers.iter().filter(|text| text.contains([':', ';'])) {
        let header = Header::parse(text).map_err(|error| (super::USAGE, format!("option -H: {error}")))?;
        replace(&mut request, header);
    }
    request.take_host_from_headers();
    request.add_missing("User-Agent", AGENT);
    if let Some(credentials) = options.user.as_ref().or(userinfo.as_ref()) {
        let both = if credentials.contains(':') { credentials.clone() } else { format!("{credentials}:") };
        request.add_credentials(&both);
    }
    add_data(&mut request, options)?;
    request.method = method(options)?;
    if let Some(path) = &options.unix_socket {
        request.endpoint = Endpoint::Socket(PathBuf::from(path));
    }
    Ok(request)
}

fn parse(options: &Options, url: &str) -> Result<HttpUri, Refusal> {
    if url.trim().is_empty() {
        return Err(malformed());
    }
    let (scheme, rest) = split_scheme(url);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    if path.contains(['{', '[']) && !options.globoff {
        return Err((
            MALFORMED,
            "hinit expands no {} and [] in a URL; write -g to take them as they are".into(),
        ));
    }
    match web::parse_url(scheme, rest) {
        Some(Err(_)) if cfg!(not(feature = "tls")) && scheme.eq_ignore_ascii_case("https") => {
            Err((UNSUPPORTED, "Protocol \"https\" not supported by hinit-slim".into()))
        }
        Some(uri) => uri.map_err(|_| malformed()),
        None => Err((UNSUPPORTED, format!("Protocol \"{scheme}\" not supported"))),
    }
}

fn malformed() -> Refusal {
    (MALFORMED, "URL using bad/illegal format or missing URL".to_owned())
}

/// curl takes one to three slashes behind `http:`.
fn split_scheme(url: &str) -> (&str, &str) {
    let is_http = |scheme: &str| ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    match url.split_once(":/") {
        Some((scheme, rest)) if is_http(scheme) => {
            let more = rest.bytes().take(2).take_while(|byte| *byte == b'/').count();
            (scheme, &rest[more..])
        }
        _ => url.split_once("://").unwrap_or(("http", url)),
    }
}

fn tls(options: &Options) -> Tls {
    let file = |name: &Option<String>| name.as_ref().map(PathBuf::from);
    let environment = || std::env::var_os("SSL_CERT_FILE").filter(|file| !file.is_empty()).map(PathBuf::from);
    let verification = match file(&options.cacert).or_else(environment) {
        _ if options.insecure => Verification::Off,
        Some(file) => Verification::CaFile(file),
        None => Verification::SystemCas,
    };
    let client = file(&options.cert)
        .map(|cert| ClientCertificate { key: file(&options.key).unwrap_or_else(|| cert.clone()), cert });
    Tls { verification, client }
}

/// A later header of the same name is one more, as curl has it; but `-A` and
/// `-H 'User-Agent: x'` are one and the same.
fn replace(request: &mut Request, header: Header) {
    if header.name.eq_ignore_ascii_case("user-agent") {
        request.headers.retain(|other| !other.name.eq_ignore_ascii_case("user-agent"));
    }
    request.headers.push(header);
}

fn add_data(request: &mut Request, options: &Options) -> Result<(), Refusal> {
    let Some(data) = &options.data else { return Ok(()) };
    if options.get {
        if data.iter().any(|byte| *byte <= b' ') {
            return Err(malformed());
        }
        let sign = if request.path.contains('?') { '&' } else { '?' };
        request.path.push(sign);
        request.path.push_str(&String::from_utf8_lossy(data));
    } else {
        request.body = Some(data.clone());
        request.add_missing("Content-Type", FORM);
    }
    Ok(())
}

fn method(options: &Options) -> Result<String, Refusal> {
    let usual = match options {
        Options { head: true, .. } => "HEAD",
        Options { data: Some(_), get: false, .. } => "POST",
        _ => "GET",
    };
    let written = options.method.as_deref().unwrap_or(usual);
    token(written).map_err(|error| (super::USAGE, format!("option -X: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(options: &Options, url: &str) -> Request {
        request(options, url).unwrap()
    }

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        request.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }

    #[test]
    fn takes_urls_as_people_write_them() {
        let table = [
            ("localhost", "localhost", "/"),
            ("127.0.0.1:82", "127.0.0.1:82", "/"),
            ("localhost:9200/_cluster/health?x=y#z", "localhost:9200", "/_cluster/health?x=y"),
            ("HTTP://Host/", "Host", "/"),
            ("[::1]:81", "[::1]:81", "/"),
            ("http://u:p@h?q", "h", "/?q"),
            ("http:/h/v1/x", "h", "/v1/x"),
            ("http:///h/x", "h", "/x"),
            ("http://h/a/./b/../c?d=/../e", "h", "/a/c?d=/../e"),
        ];
        for (url, host, path) in table {
            let request = ask(&Options::default(), url);
            assert_eq!((request.host_header.as_str(), request.path.as_str()), (host, path), "{url}");
        }
    }

    #[test]
    fn gives_curl_s_code_for_a_url_that_is_none() {
        let table = [
            ("", 3),
            ("http://h:99999/", 3),
            ("http://h/a b", 3),
            ("http://h/{a,b}", 3),
            ("ftp://h/", 1),
            ("http://", 3),
            ("http://:8080/", 3),
            ("http://h:8080/", 0),
        ];
        for (url, code) in table {
            let refused = request(&Options::default(), url).err().map_or(0, |(code, _)| code);
            assert_eq!(refused, code, "{url}");
        }
    }

    #[test]
    fn sends_what_was_asked_for() {
        let options = Options {
            headers: ["Host: web", "X-A: b", "Accept:"].map(String::from).to_vec(),
            user: Some("me".into()),
            data: Some(b"a=b".to_vec()),
            ..Options::default()
        };
        let request = ask(&options, "http://u:p@h/");
        assert_eq!((request.method.as_str(), request.host_header.as_str()), ("POST", "web"));
        assert_eq!(header(&request, "Authorization"), Some("Basic bWU6"));
        assert_eq!(header(&request, "Content-Type"), Some(FORM));
        assert_eq!(header(&request, "Accept"), Some(""));
        assert!(header(&request, "User-Agent").unwrap().starts_with("curl/"));

        let request = ask(&Options { get: true, user: None, ..options }, "http://u:p@h/x?c");
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/x?c&a=b"));
        assert_eq!((request.body.as_deref(), header(&request, "Authorization")), (None, Some("Basic dTpw")));
    }

    #[test]
    fn sends_no_line_that_is_no_header_and_no_url_that_is_none() {
        let options = Options { headers: vec![String::new(), "no colon".into()], ..Options::default() };
        assert_eq!(ask(&options, "http://h/").headers, ask(&Options::default(), "http://h/").headers);
        let options = Options { get: true, data: Some(b"a b".to_vec()), ..Options::default() };
        assert_eq!(request(&options, "http://h/").map_err(|(code, _)| code), Err(3));
    }

    #[test]
    fn a_socket_takes_the_place_of_the_host() {
        let options = Options { unix_socket: Some("/run/a.sock".into()), head: true, ..Options::default() };
        let request = ask(&options, "http://docker/info");
        assert_eq!(request.endpoint, Endpoint::Socket("/run/a.sock".into()));
        assert_eq!((request.host_header.as_str(), request.method.as_str()), ("docker", "HEAD"));
    }
}
