//! The request that a redirect leads to: pure.

use super::response::Answer;
use crate::plan::probe::target::{HttpUri, UrlError, without_credentials};
use crate::plan::probe::{Address, Endpoint, Host, Request};
use std::fmt;

/// The request that a redirect leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) request: Request,
    /// Whether it goes to the same host by its name, on whatever port.
    pub(crate) to_same_host: bool,
}

/// A redirect that cannot be followed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadRedirect {
    /// The `Location`, in ASCII.
    pub(crate) location: String,
    pub(crate) error: UrlError,
}

/// Where an answer to this request redirects to; none if it is no redirect. As
/// for curl and Go, one without a `Location` is none.
///
/// # Errors
/// It is a redirect that cannot be followed.
pub(crate) fn redirect(from: &Request, answer: &Answer) -> Result<Option<Redirect>, BadRedirect> {
    match answer.location() {
        Some(location) if is_redirect(answer.status) && !location.is_empty() => {
            follow(from, answer.status, &location).map(Some).map_err(|error| BadRedirect { location, error })
        }
        _ => Ok(None),
    }
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn follow(from: &Request, status: u16, location: &str) -> Result<Redirect, UrlError> {
    let mut redirect = if let Some(url) = absolute_url(from, location) {
        to_url(from, HttpUri::parse(&url)?)
    } else {
        let url = HttpUri::parse(&format!("http://h{}", resolve(&from.path, location)))?;
        Redirect { request: Request { path: url.path, ..from.clone() }, to_same_host: true }
    };
    let has_body = !matches!(from.method.as_str(), "GET" | "HEAD");
    // As browsers and curl do (RFC 9110, 15.4).
    if has_body && matches!(status, 301..=303) {
        redirect.request.method = "GET".into();
        redirect.request.body = None;
        redirect.request.remove_headers(&["Content-Type"]);
    }
    Ok(redirect)
}

impl fmt::Display for BadRedirect {
    /// Reads on from "a redirect".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = without_credentials(&self.location);
        match &self.error {
            UrlError::Scheme(_) => write!(f, "to '{url}', which is neither http:// nor https://"),
            UrlError::NoTls => {
                write!(f, "to '{url}', but hinit-slim does not support TLS; use hinit instead")
            }
            UrlError::NoHost => write!(f, "to '{url}', which has no host"),
            UrlError::Invalid(error) => write!(f, "to an invalid URL: {error}"),
        }
    }
}

fn absolute_url(from: &Request, location: &str) -> Option<String> {
    if location.starts_with("//") {
        return Some(format!("{}:{location}", if from.secure { "https" } else { "http" }));
    }
    let (scheme, _) = location.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_scheme.then(|| location.to_owned())
}

fn to_url(from: &Request, url: HttpUri) -> Redirect {
    let same_place = url.secure == from.secure && url.host_header.eq_ignore_ascii_case(&from.host_header);
    let is_named = host_of(&from.host_header).eq_ignore_ascii_case(&url.host);
    let to_same_host = same_place || is_named || same_host(&from.endpoint, &url.endpoint);
    let endpoint = match (&from.endpoint, url.endpoint) {
        (endpoint, _) if same_place => endpoint.clone(),
        // The name may be one that only the server knows: `--host-header`.
        (Endpoint::Port(address), Endpoint::Port(next)) if is_named => {
            Endpoint::Port(Address { host: address.host.clone(), port: next.port })
        }
        (_, endpoint) => endpoint,
    };
    let mut request = Request {
        endpoint,
        secure: url.secure,
        host: url.host,
        host_header: url.host_header,
        path: url.path,
        ..from.clone()
    };
    if !same_place {
        request.remove_headers(&["Authorization", "Cookie"]);
    }
    if let Some(credentials) = url.userinfo {
        request.add_credentials(&credentials);
    }
    Redirect { request, to_same_host }
}

/// `web.example:81` without its port, `[::1]` without its brackets.
fn host_of(host_header: &str) -> &str {
    match host_header.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host_header.split(':').next().unwrap_or(host_header),
    }
}

fn same_host(one: &Endpoint, other: &Endpoint) -> bool {
    let (Endpoint::Port(one), Endpoint::Port(other)) = (one, other) else { return false };
    match (&one.host, &other.host) {
        (Host::Name(one), Host::Name(other)) => one.eq_ignore_ascii_case(other),
        (Host::Here, Host::Ip(ip)) | (Host::Ip(ip), Host::Here) => ip.is_loopback(),
        (one, other) => one == other,
    }
}

/// A relative reference, resolved (RFC 3986, 5.2).
fn resolve(base: &str, reference: &str) -> String {
    let reference = reference.split('#').next().unwrap_or(reference);
    let path = base.split('?').next().unwrap_or(base);
    if reference.is_empty() {
        return base.to_owned();
    }
    if reference.starts_with('?') {
        return format!("{path}{reference}");
    }
    let (directory, _) = path.rsplit_once('/').unwrap_or(("", path));
    let whole =
        if reference.starts_with('/') { reference.to_owned() } else { format!("{directory}/{reference}") };
    normal_path(&whole)
}

/// A path with its query, without `.` and `..`.
pub(crate) fn normal_path(whole: &str) -> String {
    let (path, query) = whole.find('?').map_or((whole, ""), |at| whole.split_at(at));
    without_dots(path) + query
}

/// `/a/./b/../c` is `/a/c`.
fn without_dots(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    let mut rest = path.split('/').skip(1).peekable();
    while let Some(step) = rest.next() {
        match step {
            "." | ".." => {
                if step == ".." {
                    steps.pop();
                }
                if rest.peek().is_none() {
                    steps.push("");
                }
            }
            _ => steps.push(step),
        }
    }
    format!("/{}", steps.join("/"))
}

impl Request {
    fn remove_headers(&mut self, names: &[&str]) {
        self.headers.retain(|header| !names.iter().any(|name| header.name.eq_ignore_ascii_case(name)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::probe::{Builtin, Probe, Target};

    fn request(text: &str) -> Request {
        match Probe::from_text(text, &|_| None).unwrap().target {
            Target::Builtin(Builtin::Http(http)) => http.request,
            other => panic!("{other:?}"),
        }
    }

    fn led(text: &str, location: &str) -> Redirect {
        answered(&request(text), 302, location).unwrap().unwrap()
    }

    fn answered(from: &Request, status: u16, location: &str) -> Result<Option<Redirect>, BadRedirect> {
        redirect(from, &Answer::to_redirect(status, location.as_bytes()))
    }

    #[test]
    fn resolves_a_reference_as_a_browser_does() {
        let table = [
            ("/login", "/login"),
            ("login", "/a/login"),
            ("../x", "/x"),
            ("../../../x/.", "/x/"),
            ("./", "/a/"),
            ("..", "/"),
            ("?q=1", "/a/b?q=1"),
            ("#top", "/a/b?c=/d"),
            ("/x?y=../z#t", "/x?y=../z"),
            ("caf\u{e9}", "/a/caf%C3%A9"),
            ("/log in?next=a b", "/log%20in?next=a%20b"),
        ];
        for (location, path) in table {
            let led = led("http://h/a/b?c=/d", location);
            assert_eq!((led.request.path.as_str(), led.to_same_host), (path, true), "{location}");
        }
    }

    #[test]
    fn tells_the_same_host_from_another() {
        let table = [
            ("http://:8080/", "http://localhost:8080/x", true),
            ("http://:8080/", "http://127.0.0.1:8080/x", true),
            ("http://:8080/", "//localhost:9090/x", true),
            ("http://127.0.0.1/", "http://localhost/", true),
            ("http://web/", "HTTP://WEB:81/", true),
            ("http://:80/ --host-header web.example", "http://web.example/x", true),
            ("http+unix://%2Fa/", "http://localhost/x", true),
            ("http+unix://%2Fa/", "http://other/x", false),
            ("http://web/", "http://web.evil/", false),
            ("http://:8080/", "http://192.0.2.1/", false),
            ("http://web/", "http://evil@other/", false),
        ];
        for (text, location, same) in table {
            assert_eq!(led(text, location).to_same_host, same, "{text} to {location}");
        }
    }

    #[test]
    fn asks_a_virtual_host_where_it_was_asked() {
        let request = led("http://:8080/ --host-header web.example", "http://web.example/x").request;
        assert_eq!(request.endpoint, Endpoint::Port(Address { host: Host::Here, port: 8080 }));
        assert_eq!(request.host_header, "web.example");
        let request = led("http://:8080/ --host-header web.example", "http://web.example:81/x").request;
        assert_eq!(request.endpoint, Endpoint::Port(Address { host: Host::Here, port: 81 }));
        let request = led("http+unix://%2Fa/", "http://localhost/x").request;
        assert_eq!((request.endpoint, request.path.as_str()), (Endpoint::Socket("/a".into()), "/x"));
    }

    #[test]
    fn takes_no_credentials_to_another_place() {
        let target = "http://u:p@h/ --header 'Cookie: a'";
        assert_eq!(led(target, "/x").request.headers.len(), 2);
        assert_eq!(led(target, "http://h:81/").request.headers.len(), 0);
        assert_eq!(led(target, "http://v:w@other/").request.headers[0].value, "Basic djp3");
    }

    #[test]
    fn asks_again_without_the_body_where_browsers_do() {
        let from = request("http://h/ --data x --method POST");
        for (status, method, length) in [(301, "GET", None), (303, "GET", None), (307, "POST", Some(1))] {
            let next = answered(&from, status, "/x").unwrap().unwrap().request;
            assert_eq!(
                (next.method.as_str(), next.body.map(|body| body.len())),
                (method, length),
                "{status}"
            );
        }
    }

    #[test]
    fn is_no_redirect_without_its_status_and_a_location() {
        let from = request("http://h/");
        for (status, location) in [(304, "/x"), (200, "/x"), (300, "ftp://h/"), (302, ""), (302, " ")] {
            assert_eq!(answered(&from, status, location), Ok(None), "{status} {location}");
        }
    }

    #[test]
    fn a_redirect_that_cannot_be_followed_says_why() {
        let from = request("http://h/");
        let table = [
            ("ftp://h/", "to 'ftp://h/', which is neither http:// nor https://"),
            ("mailto:a@b", "to 'mailto:a@b', which is neither http:// nor https://"),
            ("http+unix://%2Fa/", "to 'http+unix://%2Fa/', which is neither http:// nor https://"),
            (
                "http://h:x/",
                "to an invalid URL: 'http://h:x/': 'x' is not a port; write a number from 1 to 65535",
            ),
            ("http://a b/", "to an invalid URL: 'http://a%20b/': 'a%20b' is not a host"),
            ("//", "to '//', which has no host"),
            ("http://", "to 'http://', which has no host"),
            ("http:///x", "to 'http:///x', which has no host"),
            ("http:/x", "to 'http:/x', which has no host"),
            ("http://:80/x", "to 'http://:80/x', which has no host"),
            ("http://?x", "to 'http://?x', which has no host"),
            ("http://u:p@/x", "to 'http:///x', which has no host"),
        ];
        for (location, why) in table {
            let bad = answered(&from, 302, location).unwrap_err().to_string();
            assert!(bad.starts_with(why), "{location}: {bad}");
        }
        let secure = answered(&from, 302, "https://h/x");
        if cfg!(feature = "tls") {
            assert!(secure.unwrap().unwrap().request.secure);
        } else {
            assert_eq!(secure.unwrap_err().error, UrlError::NoTls);
        }
    }

    #[test]
    fn a_location_may_be_in_any_encoding() {
        let from = request("http://h/");
        let next = redirect(&from, &Answer::to_redirect(302, b"/d\xe9j\xe0 vu")).unwrap().unwrap();
        assert_eq!(next.request.path, "/d%E9j%E0%20vu");
    }
}
