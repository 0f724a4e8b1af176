//! One URL: asked, followed, tried again, written down, and told of.

use super::options::{Options, Voice};
use crate::compat::web::{self, Ending, Limit, Output, Reader};
use crate::plan::probe::http::token;
use crate::plan::probe::{ClientCertificate, Header, Request, Tls, Verification};
use crate::probe::http::{Answer, redirect};
use crate::probe::{Deadline, Failure, Kind};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

/// GNU wget's exit codes.
const GENERIC: i32 = 1;
const FILE: i32 = 3;
const NETWORK: i32 = 4;
const CERTIFICATE: i32 = 5;
const CREDENTIALS: i32 = 6;
const PROTOCOL: i32 = 7;
const SERVER: i32 = 8;

const AGENT: &str = concat!("Wget/1.21 hinit/", env!("CARGO_PKG_VERSION"));
const FORM: &str = "application/x-www-form-urlencoded";

/// Opens `-O`, which all URLs share and which is made even if none is there.
pub(super) fn open(options: &Options) -> Result<Option<Output>, i32> {
    let Some(name) = options.output.as_ref().filter(|_| !options.spider) else { return Ok(None) };
    let mut output = Output::to(name);
    match output.open() {
        Ok(()) => Ok(Some(output)),
        Err(error) => {
            tell(&format!("{name}: {}", plain(&error)));
            Err(GENERIC)
        }
    }
}

/// Asks for `url` and gives wget's exit code.
pub(super) fn run(options: &Options, url: &str, output: Option<&mut Output>) -> i32 {
    let mut own = Output::Nothing;
    let named = output.is_some() || options.spider;
    let mut transfer = match request(options, url) {
        Ok(asked) => {
            if !named {
                if let Some(directory) = &options.directory {
                    // What is wrong with it shows when the file is made.
                    let _ = std::fs::create_dir_all(directory);
                }
                own = Output::File(free_name(options.directory.as_deref(), &asked.path), None);
            }
            Transfer::new(options, asked, output.unwrap_or(&mut own))
        }
        Err(why) => {
            tell(&format!("{url}: {why}."));
            return GENERIC;
        }
    };
    let mut tries = 0;
    loop {
        match transfer.once() {
            Verdict::Done(code) => return code,
            Verdict::Again(code) => {
                tries += 1;
                if tries == options.tries || transfer.written > 0 {
                    return code;
                }
                thread::sleep(options.wait_retry.min(Duration::from_secs(tries.into())));
                transfer.say(Voice::Verbose, "Retrying.\n");
            }
        }
    }
}

fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The time, as wget writes it.
fn now() -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string().replace('T', " ");
    now.trim_end_matches('Z').to_owned()
}

/// An error without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// What a try came to.
enum Verdict {
    Done(i32),
    /// It may go better another time.
    Again(i32),
}

struct Transfer<'a> {
    options: &'a Options,
    request: Request,
    output: &'a mut Output,
    redirects: u32,
    status: u16,
    reason: String,
    written: u64,
    /// Whether the answer said how long it is.
    told_length: bool,
    next: Option<Request>,
}

impl<'a> Transfer<'a> {
    fn new(options: &'a Options, request: Request, output: &'a mut Output) -> Self {
        Self {
            options,
            request,
            output,
            redirects: 0,
            status: 0,
            reason: String::new(),
            written: 0,
            told_length: false,
            next: None,
        }
    }

    fn say(&self, least: Voice, text: &str) {
        if self.options.voice >= least {
            tell(text);
        }
    }

    /// One try, with the redirects that it meets.
    fn once(&mut self) -> Verdict {
        loop {
            self.announce();
            let timeout = self.options.connect_timeout;
            web::guard_lookup(&self.request, timeout, NETWORK, String::new());
            let connect = Deadline::after(timeout);
            let limit = Limit {
                connect,
                total: Deadline::after(Duration::MAX),
                idle: self.options.read_timeout,
                family: self.options.family,
            };
            let asked = self.request.clone();
            let ending = web::fetch(&asked, limit, self);
            match self.next.take() {
                Some(_) if self.redirects >= self.options.most_redirects => {
                    self.say(
                        Voice::Short,
                        &format!("{} redirections exceeded.", self.options.most_redirects),
                    );
                    return Verdict::Done(SERVER);
                }
                Some(next) => {
                    self.redirects += 1;
                    self.request = next;
                }
                None if self.wants_get(&ending) => {
                    self.request.method = "GET".into();
                    return Verdict::Again(NETWORK);
                }
                None => return self.verdict(&ending),
            }
        }
    }

    fn announce(&self) {
        if self.options.spider {
            self.say(Voice::Verbose, "Spider mode enabled. Check if remote file exists.");
        }
        self.say(Voice::Verbose, &format!("--{}--  {}", now(), self.url()));
        if self.options.voice == Voice::Verbose {
            let _ = write!(io::stderr(), "Connecting to {}... ", self.request.host_header);
        }
    }

    fn url(&self) -> String {
        let scheme = if self.request.secure { "https" } else { "http" };
        format!("{scheme}://{}{}", self.request.host_header, self.request.path)
    }

    /// As GNU wget: a server may know no HEAD, but not by 405. The next try,
    /// if there is one, asks by GET.
    fn wants_get(&self, ending: &Ending) -> bool {
        let refused = matches!(self.status, 500 | 501) && self.request.method == "HEAD";
        refused && self.options.spider && matches!(ending, Ending::Whole)
    }

    fn verdict(&mut self, ending: &Ending) -> Verdict {
        match ending {
            Ending::Whole => Verdict::Done(self.whole()),
            Ending::NoConnection(failure) => self.no_connection(failure),
            Ending::Fault(fault) => {
                self.say(Voice::Short, &format!("{} {fault}", self.url()));
                Verdict::Done(PROTOCOL)
            }
            Ending::Unwritable(error) => {
                tell(&format!("Cannot write: {}", plain(error)));
                Verdict::Done(FILE)
            }
            Ending::Cut { begun, .. } => {
                let what = if *begun { "Connection closed or timed out." } else { "No data received." };
                self.say(Voice::Verbose, what);
                Verdict::Again(NETWORK)
            }
        }
    }

    fn no_connection(&self, failure: &Failure) -> Verdict {
        let hint = web::proxy_hint(self.request.secure);
        let (first, rest) = failure.reason.split_at_checked(1).unwrap_or_default();
        self.say(Voice::Verbose, &format!("failed: {}{rest}{hint}.", first.to_ascii_uppercase()));
        match failure.kind {
            Kind::Lookup => {
                let host = &self.request.host;
                self.say(Voice::Short, &format!("wget: unable to resolve host address '{host}'{hint}"));
                Verdict::Done(NETWORK)
            }
            Kind::Connect if !self.options.retry_refused => Verdict::Done(NETWORK),
            Kind::Connect | Kind::TimedOut => Verdict::Again(NETWORK),
            Kind::Certificate | Kind::CaCertificates | Kind::ClientCertificate => {
                self.say(Voice::Short, &format!("ERROR: {}", failure.reason));
                Verdict::Done(CERTIFICATE)
            }
            Kind::Handshake => {
                self.say(Voice::Short, "Unable to establish SSL connection.");
                Verdict::Done(NETWORK)
            }
        }
    }

    /// The code of a whole answer.
    fn whole(&mut self) -> i32 {
        match self.status {
            401 => {
                self.say(Voice::Verbose, "\nUsername/Password Authentication Failed.");
                CREDENTIALS
            }
            200..300 => self.success(),
            _ if self.options.spider => {
                let broken = "Remote file does not exist -- broken link!!!";
                self.say(Voice::Short, &format!("{}:\n{broken}", self.url()));
                SERVER
            }
            status => {
                self.say(Voice::Short, &format!("{}:\nERROR {status}: {}.", self.url(), self.reason));
                SERVER
            }
        }
    }

    fn success(&mut self) -> i32 {
        if self.options.spider {
            match self.options.voice {
                Voice::Verbose => tell("Remote file exists.\n"),
                Voice::Short => {
                    tell(&format!("{} URL: {} {} {}", now(), self.url(), self.status, self.reason));
                }
                Voice::Quiet => {}
            }
            return 0;
        }
        // A 204 makes no file, as in GNU wget.
        let made = if self.status == 204 { Ok(()) } else { self.output.open() };
        match made {
            Ok(()) => {
                self.tell_saved();
                0
            }
            Err(error) => {
                tell(&format!("Cannot write: {}", plain(&error)));
                FILE
            }
        }
    }

    fn tell_saved(&self) {
        let (name, written) = (self.output.name(), self.written);
        let of = if self.told_length { format!("/{written}") } else { String::new() };
        let text = match self.options.voice {
            Voice::Verbose => format!("{} - '{name}' saved [{written}{of}]\n", now()),
            _ => format!("{} URL:{} [{written}{of}] -> \"{name}\" [1]", now(), self.url()),
        };
        self.say(Voice::Short, &text);
    }

    fn tell_headers(&self, answer: &Answer) {
        let voice = Voice::Verbose;
        self.say(voice, "connected.");
        if !self.options.server_response {
            let status = format!("{} {}", answer.status, answer.phrase);
            return self.say(voice, &format!("HTTP request sent, awaiting response... {status}"));
        }
        self.say(voice, "HTTP request sent, awaiting response... ");
        let head = String::from_utf8_lossy(&answer.heads[answer.head_start..]).into_owned();
        for line in head.lines().filter(|line| !line.is_empty()) {
            tell(&format!("  {line}"));
        }
    }
}

impl Reader for Transfer<'_> {
    fn answer(&mut self, answer: &Answer, _: Option<SocketAddr>) -> io::Result<bool> {
        self.tell_headers(answer);
        self.status = answer.status;
        self.told_length = answer.field("content-length").is_some();
        self.reason.clone_from(&answer.phrase);
        let location = answer.field("location");
        if let Some(next) = location.and_then(|location| redirect(&self.request, answer.status, location)) {
            let location = location.unwrap_or_default();
            self.say(Voice::Verbose, &format!("Location: {location} [following]"));
            self.next = Some(next.request);
            return Ok(false);
        }
        let good = (200..300).contains(&answer.status);
        Ok(!self.options.spider && (good || (self.options.content_on_error && answer.status != 401)))
    }

    fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.output.write(bytes)
    }
}

fn request(options: &Options, url: &str) -> Result<Request, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let mut uri = match web::parse_url(scheme, rest) {
        Some(uri) if !rest.is_empty() => uri.map_err(|error| error.to_string())?,
        Some(_) => return Err("Invalid host name".into()),
        None => return Err(format!("Unsupported scheme '{scheme}'")),
    };
    let userinfo = uri.userinfo.take();
    let mut request = Request::get(uri);
    request.tls = tls(options);
    let method = options.method.as_deref().unwrap_or(if options.spider { "HEAD" } else { "GET" });
    request.method = token(method).map_err(|error| format!("--method: {error}"))?;
    for text in &options.headers {
        request.headers.push(Header::parse(text).map_err(|error| format!("--header: {error}"))?);
    }
    request.take_host_from_headers();
    request.add_missing("User-Agent", options.agent.as_deref().unwrap_or(AGENT));
    if let Some(body) = &options.body {
        request.body = Some(body.clone());
        request.add_missing("Content-Type", FORM);
    } else if ["POST", "PUT", "PATCH"].contains(&request.method.as_str()) {
        // Says that there is none; some servers want to know.
        request.body = Some(Vec::new());
    }
    let given =
        options.user.as_ref().map(|user| format!("{user}:{}", options.password.as_deref().unwrap_or("")));
    if let Some(credentials) = given.or(userinfo) {
        request.add_credentials(&credentials);
    }
    Ok(request)
}

fn tls(options: &Options) -> Tls {
    let file = |name: &Option<String>| name.as_ref().map(PathBuf::from);
    let verification = match file(&options.ca) {
        _ if options.insecure => Verification::Off,
        Some(file) => Verification::CaFile(file),
        None => Verification::SystemCas,
    };
    let client = file(&options.certificate)
        .map(|cert| ClientCertificate { key: file(&options.key).unwrap_or_else(|| cert.clone()), cert });
    Tls { verification, client }
}

/// The last step of the path, or `index.html`, with a number if there is such
/// a file already.
fn free_name(directory: Option<&str>, path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let step =
        path.rsplit('/').next().filter(|step| !step.is_empty() && *step != "..").unwrap_or("index.html");
    let name =
        if query.is_empty() { step.to_owned() } else { format!("{step}?{}", query.replace('/', "%2F")) };
    let name = directory.map_or_else(|| name.clone(), |directory| format!("{directory}/{name}"));
    let taken = |name: &str| Path::new(name).symlink_metadata().is_ok();
    if !taken(&name) {
        return name;
    }
    (1..u32::MAX).map(|number| format!("{name}.{number}")).find(|name| !taken(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(options: &Options, url: &str) -> Request {
        request(options, url).unwrap()
    }

    #[test]
    fn asks_as_it_was_told() {
        let spider = Options { spider: true, ..Options::default() };
        assert_eq!(ask(&spider, "0.0.0.0:8123/ping").method, "HEAD");
        assert_eq!(ask(&spider, "0.0.0.0:8123/ping").host_header, "0.0.0.0:8123");
        let post = Options {
            method: Some("POST".into()),
            body: Some(b"a=b".to_vec()),
            user: Some("me".into()),
            headers: vec!["X-A:b".into()],
            ..Options::default()
        };
        let request = ask(&post, "http://u:p@h/x");
        assert_eq!((request.method.as_str(), request.body.as_deref()), ("POST", Some(b"a=b".as_slice())));
        assert!(request.headers.contains(&Header { name: "X-A".into(), value: "b".into() }));
        assert!(
            request.headers.contains(&Header { name: "Authorization".into(), value: "Basic bWU6".into() })
        );
    }

    #[test]
    fn refuses_a_url_that_is_none() {
        for (url, why) in [
            ("", "Invalid host name"),
            ("http://:80/", "Invalid host name"),
            ("ftp://h/", "Unsupported scheme"),
            ("http://h:x/", "not a port"),
        ] {
            let wrong = request(&Options::default(), url).unwrap_err();
            assert!(wrong.contains(why), "{url}: {wrong}");
        }
    }

    #[test]
    fn names_a_file_after_the_path() {
        assert_eq!(free_name(None, "/a/health-of-the-test"), "health-of-the-test");
        assert_eq!(free_name(None, "/no/such/?a=/b"), "index.html?a=%2Fb");
        assert_eq!(free_name(None, "/x/.."), "index.html");
        assert_eq!(free_name(Some("/a"), "/b/c"), "/a/c");
        // The tests run where Cargo.toml is.
        assert_eq!(free_name(None, "/Cargo.toml"), "Cargo.toml.1");
    }
}
