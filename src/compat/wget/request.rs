//! From wget's options and a URL to a request.

use super::options::Options;
use crate::compat::values::parse_url;
use crate::plan::probe::http::token;
use crate::plan::probe::target::UrlError;
use crate::plan::probe::{ClientCertificate, Header, Request, Tls, Verification};
use std::path::PathBuf;

const USER_AGENT: &str = concat!("Wget/1.21 hinit/", env!("CARGO_PKG_VERSION"));
const FORM_CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// The request for `url`, or why there is none.
pub(super) fn request(options: &Options, url: &str) -> Result<Request, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let mut uri = parse_url(scheme, rest).map_err(|error| url_error(&error))?;
    let userinfo = uri.userinfo.take();
    let mut request = Request::get(uri);
    request.tls = tls(options);
    let method = options.method.as_deref().unwrap_or(if options.spider { "HEAD" } else { "GET" });
    request.method = token(method).map_err(|error| format!("--method: {error}"))?;
    for text in &options.headers {
        request.headers.push(Header::parse(text).map_err(|error| format!("--header: {error}"))?);
    }
    request.take_host_from_headers();
    request.add_missing("User-Agent", options.agent.as_deref().unwrap_or(USER_AGENT));
    if let Some(body) = &options.body {
        request.body = Some(body.clone());
        request.add_missing("Content-Type", FORM_CONTENT_TYPE);
    } else if ["POST", "PUT", "PATCH"].contains(&request.method.as_str()) {
        // Sends `Content-Length: 0`, which some servers require.
        request.body = Some(Vec::new());
    }
    let from_options =
        options.user.as_ref().map(|user| format!("{user}:{}", options.password.as_deref().unwrap_or("")));
    if let Some(credentials) = from_options.or(userinfo) {
        request.add_credentials(&credentials);
    }
    Ok(request)
}

/// The message of GNU wget. Its exit code is 1 for each.
pub(super) fn url_error(error: &UrlError) -> String {
    match error {
        UrlError::Scheme(scheme) => format!("Unsupported scheme '{scheme}'"),
        UrlError::NoTls => "HTTPS support not compiled in".into(),
        UrlError::NoHost => "Invalid host name".into(),
        UrlError::Invalid(error) => error.to_string(),
    }
}

fn tls(options: &Options) -> Tls {
    let file = |name: &Option<String>| name.as_ref().map(PathBuf::from);
    let verification = match file(&options.ca_certificate) {
        _ if options.insecure => Verification::Off,
        Some(file) => Verification::CaFile(file),
        None => Verification::SystemCas,
    };
    let client = file(&options.certificate)
        .map(|cert| ClientCertificate { key: file(&options.key).unwrap_or_else(|| cert.clone()), cert });
    Tls { verification, client }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(options: &Options, url: &str) -> Request {
        request(options, url).unwrap()
    }

    #[test]
    fn sends_what_the_options_say() {
        let spider = Options { spider: true, ..Options::default() };
        assert_eq!(built(&spider, "0.0.0.0:8123/ping").method, "HEAD");
        assert_eq!(built(&spider, "0.0.0.0:8123/ping").host_header, "0.0.0.0:8123");
        let post = Options {
            method: Some("POST".into()),
            body: Some(b"a=b".to_vec()),
            user: Some("me".into()),
            headers: vec!["X-A:b".into()],
            ..Options::default()
        };
        let request = built(&post, "http://u:p@h/x");
        assert_eq!((request.method.as_str(), request.body.as_deref()), ("POST", Some(b"a=b".as_slice())));
        assert!(request.headers.contains(&Header { name: "X-A".into(), value: "b".into() }));
        assert!(
            request.headers.contains(&Header { name: "Authorization".into(), value: "Basic bWU6".into() })
        );
    }

    #[test]
    fn rejects_invalid_urls() {
        for (url, message) in [
            ("", "Invalid host name"),
            ("http://:80/", "Invalid host name"),
            ("ftp://h/", "Unsupported scheme"),
            ("http://h:x/", "not a port"),
        ] {
            let error = request(&Options::default(), url).unwrap_err();
            assert!(error.contains(message), "{url}: {error}");
        }
    }
}
