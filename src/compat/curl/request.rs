//! From curl's options and a URL to a request.

use super::exit_code::{CurlError, FAILED_INIT, UNSUPPORTED_PROTOCOL, URL_MALFORMAT};
use super::options::Options;
use crate::compat::values::parse_url;
use crate::plan::probe::http::token;
use crate::plan::probe::target::{HttpUri, UrlError};
use crate::plan::probe::{ClientCertificate, Endpoint, Header, Request, Tls, Verification};
use std::path::PathBuf;

/// Begins as curl's own: some servers check it.
const USER_AGENT: &str = concat!("curl/8.0.0 hinit/", env!("CARGO_PKG_VERSION"));
const FORM_CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// The request for one URL.
pub(super) fn request(options: &Options, url: &str) -> Result<Request, CurlError> {
    let mut uri = target(options, url)?;
    let userinfo = uri.userinfo.take();
    let mut request = Request::get(uri);
    request.tls = tls(options);
    // curl ignores a -H without a colon or semicolon.
    for text in options.headers.iter().filter(|text| text.contains([':', ';'])) {
        let header = Header::parse(text);
        let header = header.map_err(|error| CurlError::new(FAILED_INIT, format!("option -H: {error}")))?;
        add_header(&mut request, header);
    }
    request.take_host_from_headers();
    request.add_missing("User-Agent", USER_AGENT);
    if let Some(credentials) = options.user.as_ref().or(userinfo.as_ref()) {
        let separator = if credentials.contains(':') { "" } else { ":" };
        request.add_credentials(&format!("{credentials}{separator}"));
    }
    add_data(&mut request, options)?;
    request.method = method(options)?;
    if let Some(path) = &options.unix_socket {
        request.endpoint = Endpoint::Socket(PathBuf::from(path));
    }
    Ok(request)
}

fn target(options: &Options, url: &str) -> Result<HttpUri, CurlError> {
    if url.trim().is_empty() {
        return Err(malformed());
    }
    let (scheme, rest) = split_scheme(url);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    if path.contains(['{', '[']) && !options.globoff {
        let message = "hinit does not expand {} and [] in URLs; use -g to pass them literally";
        return Err(CurlError::new(URL_MALFORMAT, message));
    }
    parse_url(scheme, rest).map_err(|error| match error {
        UrlError::Scheme(scheme) => unsupported(format!("Protocol \"{scheme}\" not supported")),
        UrlError::NoTls => no_tls(),
        UrlError::NoHost | UrlError::Invalid(_) => malformed(),
    })
}

/// The error of a redirect that cannot be followed.
pub(super) fn redirect_error(error: &UrlError) -> CurlError {
    let unparsable = |why: &str| format!("The redirect target URL could not be parsed: {why}");
    match error {
        UrlError::Scheme(_) => unsupported(unparsable("Unsupported URL scheme")),
        UrlError::NoTls => no_tls(),
        UrlError::NoHost => CurlError::new(URL_MALFORMAT, unparsable("No host part in the URL")),
        UrlError::Invalid(error) => CurlError::new(URL_MALFORMAT, unparsable(&error.to_string())),
    }
}

fn no_tls() -> CurlError {
    unsupported("Protocol \"https\" not supported by hinit-slim".into())
}

fn malformed() -> CurlError {
    CurlError::new(URL_MALFORMAT, "URL using bad/illegal format or missing URL")
}

fn unsupported(message: String) -> CurlError {
    CurlError::new(UNSUPPORTED_PROTOCOL, message)
}

/// curl accepts one to three slashes after `http:`.
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

/// Like curl, sends a repeated header twice, except for User-Agent: the last of
/// `-A x` and `-H 'User-Agent: x'` counts.
fn add_header(request: &mut Request, header: Header) {
    if header.name.eq_ignore_ascii_case("user-agent") {
        request.headers.retain(|other| !other.name.eq_ignore_ascii_case("user-agent"));
    }
    request.headers.push(header);
}

fn add_data(request: &mut Request, options: &Options) -> Result<(), CurlError> {
    let Some(data) = &options.data else { return Ok(()) };
    if options.get {
        if data.iter().any(|byte| *byte <= b' ') {
            return Err(malformed());
        }
        request.path.push(if request.path.contains('?') { '&' } else { '?' });
        request.path.push_str(&String::from_utf8_lossy(data));
    } else {
        request.body = Some(data.clone());
        request.add_missing("Content-Type", FORM_CONTENT_TYPE);
    }
    Ok(())
}

fn method(options: &Options) -> Result<String, CurlError> {
    let default = match options {
        Options { head: true, .. } => "HEAD",
        Options { data: Some(_), get: false, .. } => "POST",
        _ => "GET",
    };
    let method = token(options.method.as_deref().unwrap_or(default));
    method.map_err(|error| CurlError::new(FAILED_INIT, format!("option -X: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(options: &Options, url: &str) -> Request {
        request(options, url).unwrap()
    }

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        request.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }

    #[test]
    fn accepts_urls_as_people_write_them() {
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
            let request = built(&Options::default(), url);
            assert_eq!((request.host_header.as_str(), request.path.as_str()), (host, path), "{url}");
        }
    }

    #[test]
    fn rejects_invalid_urls_with_curls_codes() {
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
            let found = request(&Options::default(), url).err().map_or(0, |error| error.code);
            assert_eq!(found, code, "{url}");
        }
    }

    #[test]
    fn sends_what_the_options_say() {
        let options = Options {
            headers: ["Host: web", "X-A: b", "Accept:"].map(String::from).to_vec(),
            user: Some("me".into()),
            data: Some(b"a=b".to_vec()),
            ..Options::default()
        };
        let request = built(&options, "http://u:p@h/");
        assert_eq!((request.method.as_str(), request.host_header.as_str()), ("POST", "web"));
        assert_eq!(header(&request, "Authorization"), Some("Basic bWU6"));
        assert_eq!(header(&request, "Content-Type"), Some(FORM_CONTENT_TYPE));
        assert_eq!(header(&request, "Accept"), Some(""));
        assert!(header(&request, "User-Agent").unwrap().starts_with("curl/"));

        let request = built(&Options { get: true, user: None, ..options }, "http://u:p@h/x?c");
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/x?c&a=b"));
        assert_eq!((request.body.as_deref(), header(&request, "Authorization")), (None, Some("Basic dTpw")));
    }

    #[test]
    fn ignores_invalid_headers_and_rejects_an_invalid_query() {
        let options = Options { headers: vec![String::new(), "no colon".into()], ..Options::default() };
        assert_eq!(built(&options, "http://h/").headers, built(&Options::default(), "http://h/").headers);
        let options = Options { get: true, data: Some(b"a b".to_vec()), ..Options::default() };
        assert_eq!(request(&options, "http://h/").map_err(|error| error.code), Err(URL_MALFORMAT));
    }

    #[test]
    fn a_unix_socket_replaces_the_host() {
        let options = Options { unix_socket: Some("/run/a.sock".into()), head: true, ..Options::default() };
        let request = built(&options, "http://docker/info");
        assert_eq!(request.endpoint, Endpoint::Socket("/run/a.sock".into()));
        assert_eq!((request.host_header.as_str(), request.method.as_str()), ("docker", "HEAD"));
    }
}
