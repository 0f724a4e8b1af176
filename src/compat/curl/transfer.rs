//! One URL: requests it, follows redirects, retries, and reports the result.

use super::exit_code::{
    self, BAD_CONTENT_ENCODING, COULDNT_CONNECT, COULDNT_RESOLVE_HOST, CurlError, FAILED_INIT, GOT_NOTHING,
    HTTP_RETURNED_ERROR, OPERATION_TIMEDOUT, PARTIAL_FILE, PEER_FAILED_VERIFICATION, RECV_ERROR,
    SSL_CACERT_BADFILE, SSL_CERTPROBLEM, SSL_CONNECT_ERROR, TOO_MANY_REDIRECTS, UNSUPPORTED_PROTOCOL,
    URL_MALFORMAT, WEIRD_SERVER_REPLY, WRITE_ERROR,
};
use super::options::{Fail, Options};
use super::request::{redirect_error, request};
use super::write_out::{self, TransferInfo};
use crate::compat::http_transfer::{
    ResponseHandler, Timeouts, TransferEnd, exit_on_lookup_timeout, fetch, proxy_hint,
};
use crate::compat::output::{Output, print_message, without_errno};
use crate::compat::values::parse_seconds;
use crate::plan::probe::{Endpoint, Request};
use crate::probe::http::{Answer, BadRedirect, Fault, redirect};
use crate::probe::{Deadline, End, Failure, Kind};
use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// curl's delay before the first retry. It doubles with every further one.
const FIRST_RETRY_DELAY: Duration = Duration::from_secs(1);
/// curl's maximum of that delay.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(600);

/// Transfers `url` and returns curl's exit code.
pub(super) fn run(options: &Options, url: &str, output: Option<&str>) -> i32 {
    let mut delay = FIRST_RETRY_DELAY;
    let mut retries_left = options.retry.times;
    let started = Instant::now();
    loop {
        let mut transfer = Transfer::new(options, output);
        let result = transfer.run(url);
        let is_late = options.retry.max_time.is_some_and(|limit| started.elapsed() >= limit);
        if retries_left == 0 || is_late || !transfer.is_transient(&result) {
            return transfer.finish(result);
        }
        let delay_now = transfer.retry_delay(&result, delay);
        if options.prints_errors() {
            let seconds = delay_now.as_secs();
            print_message(&format!(
                "Warning: Problem. Will retry in {seconds} seconds. {retries_left} retries left."
            ));
        }
        thread::sleep(delay_now);
        retries_left -= 1;
        delay = delay.saturating_mul(2).min(MAX_RETRY_DELAY);
    }
}

struct Transfer<'a> {
    options: &'a Options,
    output: Output,
    info: TransferInfo,
    started: Instant,
    request: Option<Request>,
    /// The target of a redirect to follow.
    next: Option<Result<Request, BadRedirect>>,
    /// The response's Retry-After.
    retry_after: Option<Duration>,
    /// `-D`.
    header_output: Output,
    /// The response is compressed.
    undecodable: bool,
}

impl<'a> Transfer<'a> {
    fn new(options: &'a Options, output: Option<&str>) -> Self {
        Self {
            options,
            output: output.map_or(Output::Stdout, Output::from_name),
            info: TransferInfo::default(),
            started: Instant::now(),
            request: None,
            next: None,
            retry_after: None,
            header_output: options.dump_header.as_deref().map_or(Output::Discard, Output::from_name),
            undecodable: false,
        }
    }

    /// Transfers the URL, following redirects.
    fn run(&mut self, url: &str) -> Result<(), CurlError> {
        let mut request = request(self.options, url)?;
        self.name_output(&request)?;
        self.limit_lookup(&request);
        let total = Deadline::after(self.options.max_time);
        loop {
            self.record_request(&request);
            let timeouts = Timeouts {
                connect: Deadline::after(self.options.connect_timeout),
                total,
                idle: Duration::MAX,
            };
            let end = fetch(&request, timeouts, self.options.family, self);
            match self.next.take() {
                Some(_) if self.info.redirects >= self.options.max_redirects => {
                    let message = format!("Maximum ({}) redirects followed", self.options.max_redirects);
                    return Err(CurlError::new(TOO_MANY_REDIRECTS, message));
                }
                Some(Err(bad)) => return Err(redirect_error(&bad.error)),
                Some(Ok(next)) => {
                    self.info.redirects += 1;
                    request = next;
                }
                None => return self.result(&request, &end),
            }
        }
    }

    /// `-O`: the last segment of the URL's path.
    fn name_output(&mut self, request: &Request) -> Result<(), CurlError> {
        let Output::File(name, _) = &mut self.output else { return Ok(()) };
        if !name.is_empty() {
            return Ok(());
        }
        let path = request.path.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default().clone_into(name);
        if name.is_empty() {
            let message = "Failed writing received data to disk/application: the URL contains no file name";
            return Err(CurlError::new(WRITE_ERROR, message));
        }
        Ok(())
    }

    fn limit_lookup(&self, request: &Request) {
        let (total, connect) = (self.options.max_time, self.options.connect_timeout);
        let code = OPERATION_TIMEDOUT;
        let message = if self.options.prints_errors() {
            format!("curl: ({code}) Resolving timed out after {} milliseconds\n", total.as_millis())
        } else {
            String::new()
        };
        exit_on_lookup_timeout(request, total.min(connect), code, message);
    }

    fn record_request(&mut self, request: &Request) {
        self.info.url = url_of(request);
        self.info.method.clone_from(&request.method);
        self.request = Some(request.clone());
        if self.options.verbose {
            print_message(&format!(
                "> {} {} HTTP/1.1\n> Host: {}",
                request.method, request.path, request.host_header
            ));
            for header in request.headers.iter().filter(|header| !header.value.is_empty()) {
                print_message(&format!("> {}: {}", header.name, header.value));
            }
            print_message(">");
        }
    }

    fn result(&mut self, request: &Request, end: &TransferEnd) -> Result<(), CurlError> {
        let (code, message) = match end {
            TransferEnd::Complete => return self.completed(),
            TransferEnd::NotConnected(failure) => return Err(self.not_connected(request, failure)),
            TransferEnd::Malformed(fault) => return Err(malformed(fault)),
            TransferEnd::WriteFailed(_) => return Err(write_failed()),
            TransferEnd::Interrupted { end: End::TimedOut, missing, .. } => {
                (OPERATION_TIMEDOUT, self.timeout_message(*missing))
            }
            TransferEnd::Interrupted { end: End::Broken(error), .. } => {
                (RECV_ERROR, format!("Recv failure: {}", without_errno(error)))
            }
            TransferEnd::Interrupted { end: End::Closed, begun: false, .. } => {
                (GOT_NOTHING, "Empty reply from server".into())
            }
            TransferEnd::Interrupted { end: End::Closed, missing: Some(missing), .. } => {
                (PARTIAL_FILE, format!("transfer closed with {missing} bytes remaining to read"))
            }
            TransferEnd::Interrupted { end: End::Closed, .. } => {
                (PARTIAL_FILE, "transfer closed with outstanding read data remaining".into())
            }
        };
        Err(CurlError::new(code, message))
    }

    fn completed(&mut self) -> Result<(), CurlError> {
        if self.undecodable {
            let message = "The response is compressed, and hinit does not decode compressed bodies";
            return Err(CurlError::new(BAD_CONTENT_ENCODING, message));
        }
        let status = self.info.status;
        if self.options.fail != Fail::No && status >= 400 {
            let message = format!("The requested URL returned error: {status}");
            return Err(CurlError::new(HTTP_RETURNED_ERROR, message));
        }
        self.output.open().map_err(|_| write_failed())
    }

    fn not_connected(&self, request: &Request, failure: &Failure) -> CurlError {
        let (host, millis) = (&request.host, self.millis());
        let hint = proxy_hint(request.secure);
        let (code, message) = match failure.kind {
            Kind::Lookup => (COULDNT_RESOLVE_HOST, format!("Could not resolve host: {host}{hint}")),
            Kind::Connect => {
                let server = match &request.endpoint {
                    Endpoint::Port(address) => format!("{host} port {}", address.port),
                    Endpoint::Socket(path) => path.display().to_string(),
                };
                let message = format!(
                    "Failed to connect to {server} after {millis} ms: Couldn't connect to server{hint}"
                );
                (COULDNT_CONNECT, message)
            }
            Kind::TimedOut => {
                (OPERATION_TIMEDOUT, format!("Connection timed out after {millis} milliseconds{hint}"))
            }
            Kind::Certificate => {
                (PEER_FAILED_VERIFICATION, format!("SSL certificate problem: {}", failure.reason))
            }
            Kind::Handshake => (SSL_CONNECT_ERROR, failure.reason.clone()),
            Kind::CaCertificates => (SSL_CACERT_BADFILE, failure.reason.clone()),
            Kind::ClientCertificate => (SSL_CERTPROBLEM, failure.reason.clone()),
        };
        CurlError::new(code, message)
    }

    fn timeout_message(&self, missing: Option<u64>) -> String {
        let received = self.info.downloaded;
        let of = missing.map_or_else(String::new, |missing| format!(" out of {}", received + missing));
        format!("Operation timed out after {} milliseconds with {received}{of} bytes received", self.millis())
    }

    fn millis(&self) -> u128 {
        self.started.elapsed().as_millis()
    }

    /// Whether a retry may have another result.
    fn is_transient(&self, result: &Result<(), CurlError>) -> bool {
        let retry = &self.options.retry;
        match code(result) {
            exit_code::OK | HTTP_RETURNED_ERROR => {
                matches!(self.info.status, 408 | 429 | 500 | 502 | 503 | 504)
            }
            FAILED_INIT | URL_MALFORMAT => false,
            COULDNT_RESOLVE_HOST | OPERATION_TIMEDOUT => true,
            COULDNT_CONNECT => retry.connection_refused || retry.all_errors,
            _ => retry.all_errors,
        }
    }

    /// The delay before the next retry: the server's Retry-After, or
    /// `--retry-delay`, or `default`.
    fn retry_delay(&self, result: &Result<(), CurlError>, default: Duration) -> Duration {
        let is_response = matches!(code(result), exit_code::OK | HTTP_RETURNED_ERROR);
        let requested = self.retry_after.filter(|_| is_response);
        requested.or(self.options.retry.delay).unwrap_or(default)
    }

    /// Prints the `-w` text and the error, and returns the exit code.
    fn finish(mut self, result: Result<(), CurlError>) -> i32 {
        let code = code(&result);
        let message = result.err().map(|error| error.message).unwrap_or_default();
        self.info.elapsed = self.started.elapsed();
        self.info.exit_code = code;
        self.info.error_message.clone_from(&message);
        if code == FAILED_INIT {
            print_message(&format!("curl: {message}"));
            return code;
        }
        if let Some(format) = &self.options.write_out {
            let (text, unknown) = write_out::render(format, &self.info);
            for name in unknown {
                print_message(&format!("curl: unknown --write-out variable: '{name}'"));
            }
            let _ = Output::Stdout.write(text.as_bytes());
        }
        if code != exit_code::OK && self.options.prints_errors() {
            print_message(&format!("curl: ({code}) {message}"));
        }
        code
    }
}

fn code(result: &Result<(), CurlError>) -> i32 {
    result.as_ref().err().map_or(exit_code::OK, |error| error.code)
}

fn malformed(fault: &Fault) -> CurlError {
    let (code, message) = match fault {
        Fault::NotHttp(_) => (UNSUPPORTED_PROTOCOL, "Received HTTP/0.9 when not allowed"),
        Fault::LongHeaders => (RECV_ERROR, "Too large response headers: more than 300 KiB"),
        Fault::BadLength => (WEIRD_SERVER_REPLY, "Invalid Content-Length: value"),
        Fault::BadChunk => (RECV_ERROR, "Illegal or missing hexadecimal sequence in chunked-encoding"),
    };
    CurlError::new(code, message)
}

fn write_failed() -> CurlError {
    CurlError::new(WRITE_ERROR, "Failure writing output to destination")
}

impl ResponseHandler for Transfer<'_> {
    fn headers(&mut self, response: &Answer, remote: Option<SocketAddr>) -> io::Result<bool> {
        let options = self.options;
        self.info.status = response.status;
        self.info.remote = remote;
        response.field("content-type").unwrap_or_default().clone_into(&mut self.info.content_type);
        if options.verbose {
            let head = String::from_utf8_lossy(&response.heads);
            head.lines().for_each(|line| print_message(&format!("< {line}")));
        }
        self.header_output.write(&response.heads)?;
        self.retry_after = response.field("retry-after").and_then(parse_seconds);
        let coding = response.field("content-encoding").filter(|_| options.compressed && !options.head);
        if coding.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            self.undecodable = true;
            return Ok(false);
        }
        if options.include || options.head {
            self.output.write(&response.heads)?;
        }
        if let Some(next) = self.redirect_target(response) {
            if options.follow {
                self.next = Some(next);
                return Ok(false);
            }
            self.info.redirect_url = next.map_or_else(|bad| bad.location, |next| url_of(&next));
        }
        let fails = options.fail == Fail::WithoutBody && response.status >= 400;
        Ok(!options.head && !fails)
    }

    fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.info.downloaded += bytes.len() as u64;
        self.output.write(bytes)
    }
}

impl Transfer<'_> {
    /// The request that a redirect leads to. As in curl, `-X` applies to it too.
    fn redirect_target(&self, response: &Answer) -> Option<Result<Request, BadRedirect>> {
        let from = self.request.as_ref()?;
        let with_method = |mut next: Request| {
            if self.options.method.is_some() {
                next.method.clone_from(&from.method);
            }
            next
        };
        redirect(from, response).map(|next| next.map(|next| with_method(next.request))).transpose()
    }
}

fn url_of(request: &Request) -> String {
    let scheme = if request.secure { "https" } else { "http" };
    format!("{scheme}://{}{}", request.host_header, request.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_as_long_as_a_busy_server_requests() {
        let second = Duration::from_secs(1);
        let failed = |code| Err(CurlError::new(code, ""));
        let mut options = Options::default();
        let delay = |transfer: &Transfer<'_>, result| transfer.retry_delay(&result, second);
        assert_eq!(delay(&Transfer::new(&options, None), failed(22)), second);
        options.retry.delay = Some(2 * second);
        let mut transfer = Transfer::new(&options, None);
        assert_eq!(delay(&transfer, failed(22)), 2 * second);
        transfer.retry_after = Some(3 * second);
        assert_eq!((delay(&transfer, failed(22)), delay(&transfer, Ok(()))), (3 * second, 3 * second));
        assert_eq!(delay(&transfer, failed(28)), 2 * second);
    }
}
