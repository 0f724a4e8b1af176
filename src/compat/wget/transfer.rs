//! One URL: requests it, follows redirects, retries, and reports the result.

use super::exit_code::{
    AUTHENTICATION_FAILURE, FILE_IO_ERROR, GENERIC_ERROR, NETWORK_FAILURE, PROTOCOL_ERROR, SERVER_ERROR,
    SSL_FAILURE, SUCCESS,
};
use super::options::{Options, Verbosity};
use super::request::{request, url_error};
use crate::compat::http_transfer::{
    ResponseHandler, Timeouts, TransferEnd, exit_on_lookup_timeout, fetch, proxy_hint,
};
use crate::compat::output::{Output, print_message, print_part, without_errno};
use crate::plan::probe::Request;
use crate::probe::http::{Answer, BadRedirect, redirect};
use crate::probe::{Deadline, Failure, Kind};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

/// Opens the file of `-O`, which all URLs share. It is created even if no
/// transfer succeeds.
pub(super) fn open_output(options: &Options) -> Result<Option<Output>, i32> {
    let Some(name) = options.output.as_ref().filter(|_| !options.spider) else { return Ok(None) };
    let mut output = Output::from_name(name);
    match output.open() {
        Ok(()) => Ok(Some(output)),
        Err(error) => {
            print_message(&format!("{name}: {}", without_errno(&error)));
            Err(GENERIC_ERROR)
        }
    }
}

/// Transfers `url` and returns wget's exit code.
pub(super) fn run(options: &Options, url: &str, output: Option<&mut Output>) -> i32 {
    let request = match request(options, url) {
        Ok(request) => request,
        Err(error) => {
            print_message(&format!("{url}: {error}."));
            return GENERIC_ERROR;
        }
    };
    let mut own_output = if output.is_some() || options.spider {
        Output::Discard
    } else {
        output_named_by_url(options.directory.as_deref(), &request.path)
    };
    let mut transfer = Transfer::new(options, request, output.unwrap_or(&mut own_output));
    let mut tries = 0;
    loop {
        match transfer.attempt() {
            Attempt::Done(code) => return code,
            Attempt::Failed(code) => {
                tries += 1;
                if tries == options.tries || transfer.written > 0 {
                    return code;
                }
                thread::sleep(options.wait_retry.min(Duration::from_secs(tries.into())));
                transfer.print(Verbosity::Verbose, "Retrying.\n");
            }
        }
    }
}

fn output_named_by_url(directory: Option<&str>, path: &str) -> Output {
    if let Some(directory) = directory {
        // An error shows when the file is created.
        let _ = std::fs::create_dir_all(directory);
    }
    Output::File(unused_file_name(directory, path), None)
}

/// The time in wget's format.
fn now() -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string().replace('T', " ");
    now.trim_end_matches('Z').to_owned()
}

/// The exit code of one attempt.
enum Attempt {
    Done(i32),
    /// A retry may succeed.
    Failed(i32),
}

struct Transfer<'a> {
    options: &'a Options,
    request: Request,
    output: &'a mut Output,
    redirects: u32,
    status: u16,
    reason: String,
    written: u64,
    /// Whether the response has a Content-Length.
    has_length: bool,
    /// The target of a redirect to follow.
    next: Option<Result<Request, BadRedirect>>,
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
            has_length: false,
            next: None,
        }
    }

    /// Prints a message at this verbosity and above.
    fn print(&self, verbosity: Verbosity, message: &str) {
        if self.options.verbosity >= verbosity {
            print_message(message);
        }
    }

    /// One attempt, following redirects.
    fn attempt(&mut self) -> Attempt {
        loop {
            self.print_request();
            let timeout = self.options.connect_timeout;
            exit_on_lookup_timeout(&self.request, timeout, NETWORK_FAILURE, String::new());
            let timeouts = Timeouts {
                connect: Deadline::after(timeout),
                total: Deadline::after(Duration::MAX),
                idle: self.options.read_timeout,
            };
            let request = self.request.clone();
            let end = fetch(&request, timeouts, self.options.family, self);
            match self.next.take() {
                Some(Err(bad)) => {
                    self.print(Verbosity::Brief, &format!("{}: {}.", bad.location, url_error(&bad.error)));
                    return Attempt::Done(GENERIC_ERROR);
                }
                Some(_) if self.redirects >= self.options.max_redirects => {
                    let message = format!("{} redirections exceeded.", self.options.max_redirects);
                    self.print(Verbosity::Brief, &message);
                    return Attempt::Done(SERVER_ERROR);
                }
                Some(Ok(next)) => {
                    self.redirects += 1;
                    self.request = next;
                }
                None if self.needs_get(&end) => {
                    self.request.method = "GET".into();
                    return Attempt::Failed(NETWORK_FAILURE);
                }
                None => return self.result(&end),
            }
        }
    }

    fn print_request(&self) {
        if self.options.spider {
            self.print(Verbosity::Verbose, "Spider mode enabled. Check if remote file exists.");
        }
        self.print(Verbosity::Verbose, &format!("--{}--  {}", now(), self.url()));
        if self.options.verbosity == Verbosity::Verbose {
            print_part(&format!("Connecting to {}... ", self.request.host_header));
        }
    }

    fn url(&self) -> String {
        let scheme = if self.request.secure { "https" } else { "http" };
        format!("{scheme}://{}{}", self.request.host_header, self.request.path)
    }

    /// Whether the next attempt uses GET instead of HEAD: as in GNU wget, after
    /// 500 and 501, but not after 405.
    fn needs_get(&self, end: &TransferEnd) -> bool {
        let rejected = matches!(self.status, 500 | 501) && self.request.method == "HEAD";
        rejected && self.options.spider && matches!(end, TransferEnd::Complete)
    }

    fn result(&mut self, end: &TransferEnd) -> Attempt {
        match end {
            TransferEnd::Complete => Attempt::Done(self.completed()),
            TransferEnd::NotConnected(failure) => self.not_connected(failure),
            TransferEnd::Malformed(fault) => {
                self.print(Verbosity::Brief, &format!("{} {fault}", self.url()));
                Attempt::Done(PROTOCOL_ERROR)
            }
            TransferEnd::WriteFailed(error) => Attempt::Done(write_failed(error)),
            TransferEnd::Interrupted { begun, .. } => {
                let message = if *begun { "Connection closed or timed out." } else { "No data received." };
                self.print(Verbosity::Verbose, message);
                Attempt::Failed(NETWORK_FAILURE)
            }
        }
    }

    fn not_connected(&self, failure: &Failure) -> Attempt {
        let hint = proxy_hint(self.request.secure);
        let (first, rest) = failure.reason.split_at_checked(1).unwrap_or_default();
        let reason = format!("failed: {}{rest}{hint}.", first.to_ascii_uppercase());
        self.print(Verbosity::Verbose, &reason);
        match failure.kind {
            Kind::Lookup => {
                let host = &self.request.host;
                let message = format!("wget: unable to resolve host address '{host}'{hint}");
                self.print(Verbosity::Brief, &message);
                Attempt::Done(NETWORK_FAILURE)
            }
            Kind::Connect if !self.options.retry_connrefused => Attempt::Done(NETWORK_FAILURE),
            Kind::Connect | Kind::TimedOut => Attempt::Failed(NETWORK_FAILURE),
            Kind::Certificate | Kind::CaCertificates | Kind::ClientCertificate => {
                self.print(Verbosity::Brief, &format!("ERROR: {}", failure.reason));
                Attempt::Done(SSL_FAILURE)
            }
            Kind::Handshake => {
                self.print(Verbosity::Brief, "Unable to establish SSL connection.");
                Attempt::Done(NETWORK_FAILURE)
            }
        }
    }

    /// The exit code of a complete response.
    fn completed(&mut self) -> i32 {
        match self.status {
            401 => {
                self.print(Verbosity::Verbose, "\nUsername/Password Authentication Failed.");
                AUTHENTICATION_FAILURE
            }
            200..300 if self.options.spider => {
                self.print_exists();
                SUCCESS
            }
            200..300 => self.saved(),
            _ if self.options.spider => {
                let broken = "Remote file does not exist -- broken link!!!";
                self.print(Verbosity::Brief, &format!("{}:\n{broken}", self.url()));
                SERVER_ERROR
            }
            status => {
                let message = format!("{}:\nERROR {status}: {}.", self.url(), self.reason);
                self.print(Verbosity::Brief, &message);
                SERVER_ERROR
            }
        }
    }

    fn print_exists(&self) {
        match self.options.verbosity {
            Verbosity::Verbose => print_message("Remote file exists.\n"),
            Verbosity::Brief => {
                print_message(&format!("{} URL: {} {} {}", now(), self.url(), self.status, self.reason));
            }
            Verbosity::Quiet => {}
        }
    }

    fn saved(&mut self) -> i32 {
        // As in GNU wget, a 204 creates no file.
        let opened = if self.status == 204 { Ok(()) } else { self.output.open() };
        match opened {
            Ok(()) => {
                self.print_saved();
                SUCCESS
            }
            Err(error) => write_failed(&error),
        }
    }

    fn print_saved(&self) {
        let (name, written) = (self.output.name(), self.written);
        let of = if self.has_length { format!("/{written}") } else { String::new() };
        let message = match self.options.verbosity {
            Verbosity::Verbose => format!("{} - '{name}' saved [{written}{of}]\n", now()),
            _ => format!("{} URL:{} [{written}{of}] -> \"{name}\" [1]", now(), self.url()),
        };
        self.print(Verbosity::Brief, &message);
    }

    fn print_headers(&self, response: &Answer) {
        self.print(Verbosity::Verbose, "connected.");
        let awaiting = "HTTP request sent, awaiting response... ";
        if !self.options.server_response {
            let message = format!("{awaiting}{} {}", response.status, response.phrase);
            return self.print(Verbosity::Verbose, &message);
        }
        self.print(Verbosity::Verbose, awaiting);
        let head = String::from_utf8_lossy(&response.heads[response.head_start..]).into_owned();
        for line in head.lines().filter(|line| !line.is_empty()) {
            print_message(&format!("  {line}"));
        }
    }
}

fn write_failed(error: &io::Error) -> i32 {
    print_message(&format!("Cannot write: {}", without_errno(error)));
    FILE_IO_ERROR
}

impl ResponseHandler for Transfer<'_> {
    fn headers(&mut self, response: &Answer, _: Option<SocketAddr>) -> io::Result<bool> {
        self.print_headers(response);
        self.status = response.status;
        self.has_length = response.field("content-length").is_some();
        self.reason.clone_from(&response.phrase);
        self.next = redirect(&self.request, response).map(|next| next.map(|next| next.request)).transpose();
        if self.next.is_some() {
            let location = response.location().unwrap_or_default();
            self.print(Verbosity::Verbose, &format!("Location: {location} [following]"));
            return Ok(false);
        }
        let success = (200..300).contains(&response.status);
        Ok(!self.options.spider && (success || (self.options.content_on_error && response.status != 401)))
    }

    fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.output.write(bytes)
    }
}

/// The last segment of the path, or `index.html`. A number is appended if that
/// file exists.
fn unused_file_name(directory: Option<&str>, path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let segment = path.rsplit('/').next().filter(|segment| !segment.is_empty() && *segment != "..");
    let segment = segment.unwrap_or("index.html");
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.replace('/', "%2F")) };
    let name = format!("{segment}{query}");
    let name = directory.map_or_else(|| name.clone(), |directory| format!("{directory}/{name}"));
    let exists = |name: &str| Path::new(name).symlink_metadata().is_ok();
    if !exists(&name) {
        return name;
    }
    (1..u32::MAX).map(|number| format!("{name}.{number}")).find(|name| !exists(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_file_after_the_path() {
        assert_eq!(unused_file_name(None, "/a/health-of-the-test"), "health-of-the-test");
        assert_eq!(unused_file_name(None, "/no/such/?a=/b"), "index.html?a=%2Fb");
        assert_eq!(unused_file_name(None, "/x/.."), "index.html");
        assert_eq!(unused_file_name(Some("/a"), "/b/c"), "/a/c");
        // Tests run in the directory of Cargo.toml.
        assert_eq!(unused_file_name(None, "/Cargo.toml"), "Cargo.toml.1");
    }
}
