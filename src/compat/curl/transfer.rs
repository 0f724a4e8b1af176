//! One URL: asked, followed, written down, tried again, and told of.

use super::options::{Fail, Options};
use super::request::{Refusal, request};
use super::write_out::{self, Facts};
use crate::compat::web::{self, Ending, Limit, Output, Reader};
use crate::plan::probe::{Endpoint, Request};
use crate::probe::http::{Answer, Fault, redirect};
use crate::probe::{Deadline, End, Failure, Kind};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// The longest wait between two tries, as curl's.
const LONGEST_DELAY: Duration = Duration::from_secs(600);

/// Asks for `url` and gives curl's exit code.
pub(super) fn run(options: &Options, url: &str, output: Option<&str>) -> i32 {
    let mut delay = Duration::from_secs(1);
    let mut left = options.retry.times;
    let begun = Instant::now();
    loop {
        let mut transfer = Transfer::new(options, output);
        let (code, fault) = transfer.run(url);
        let is_late = options.retry.limit.is_some_and(|limit| begun.elapsed() >= limit);
        if left == 0 || is_late || !transfer.is_passing(code) {
            return transfer.finish(code, &fault);
        }
        let wait = transfer.pause(code, delay);
        if options.tells_faults() {
            let seconds = wait.as_secs();
            tell(&format!("Warning: Problem. Will retry in {seconds} seconds. {left} retries left."));
        }
        thread::sleep(wait);
        left -= 1;
        delay = delay.saturating_mul(2).min(LONGEST_DELAY);
    }
}

fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

struct Transfer<'a> {
    options: &'a Options,
    output: Output,
    facts: Facts,
    started: Instant,
    request: Option<Request>,
    /// What an answer asks for that is followed.
    next: Option<Request>,
    /// How long a busy server asks to be left alone.
    retry_after: Option<Duration>,
    /// `-D`.
    dump: Output,
    /// The answer is compressed though nobody asked for that.
    undecodable: bool,
}

impl<'a> Transfer<'a> {
    fn new(options: &'a Options, output: Option<&str>) -> Self {
        let output = output.map_or(Output::Stdout, Output::to);
        Self {
            options,
            output,
            facts: Facts::default(),
            started: Instant::now(),
            request: None,
            next: None,
            retry_after: None,
            dump: options.dump.as_deref().map_or(Output::Nothing, Output::to),
            undecodable: false,
        }
    }

    /// Follows redirects to the end.
    fn run(&mut self, url: &str) -> Refusal {
        let mut asked = match request(self.options, url) {
            Ok(request) => request,
            Err(refusal) => return refusal,
        };
        if let Output::File(name, _) = &mut self.output
            && name.is_empty()
        {
            asked
                .path
                .split('?')
                .next()
                .and_then(|path| path.rsplit('/').next())
                .unwrap_or_default()
                .clone_into(name);
            if name.is_empty() {
                return (
                    23,
                    "Failed writing received data to disk/application: the URL names no file".into(),
                );
            }
        }
        let (total, connect) = (self.options.max_time, self.options.connect_timeout);
        let deadline = Deadline::after(total);
        let millis = total.as_millis();
        let late = format!("curl: (28) Resolving timed out after {millis} milliseconds\n");
        web::guard_lookup(
            &asked,
            total.min(connect),
            28,
            if self.options.tells_faults() { late } else { String::new() },
        );
        loop {
            self.note_request(&asked);
            let limit = Limit {
                connect: Deadline::after(connect),
                total: deadline,
                idle: Duration::MAX,
                family: self.options.family,
            };
            let ending = web::fetch(&asked, limit, self);
            match self.next.take() {
                Some(_) if self.facts.redirects >= self.options.most_redirects => {
                    return (47, format!("Maximum ({}) redirects followed", self.options.most_redirects));
                }
                Some(next) => {
                    self.facts.redirects += 1;
                    asked = next;
                }
                None => return self.code(&asked, &ending),
            }
        }
    }

    fn note_request(&mut self, request: &Request) {
        let scheme = if request.secure { "https" } else { "http" };
        self.facts.url = format!("{scheme}://{}{}", request.host_header, request.path);
        self.facts.method.clone_from(&request.method);
        self.request = Some(request.clone());
        if self.options.verbose {
            tell(&format!("> {} {} HTTP/1.1\n> Host: {}", request.method, request.path, request.host_header));
            for header in request.headers.iter().filter(|header| !header.value.is_empty()) {
                tell(&format!("> {}: {}", header.name, header.value));
            }
            tell(">");
        }
    }

    fn code(&mut self, request: &Request, ending: &Ending) -> Refusal {
        match ending {
            Ending::Whole => self.verdict(),
            Ending::NoConnection(failure) => self.no_connection(request, failure),
            Ending::Fault(fault) => broken(fault),
            Ending::Unwritable(_) => (23, "Failure writing output to destination".into()),
            Ending::Cut { end: End::TimedOut, missing, .. } => (28, self.late(*missing)),
            Ending::Cut { end: End::Broken(error), .. } => {
                let error = error.to_string();
                (56, format!("Recv failure: {}", error.split(" (os error").next().unwrap_or_default()))
            }
            Ending::Cut { end: End::Closed, begun: false, .. } => (52, "Empty reply from server".into()),
            Ending::Cut { end: End::Closed, missing: Some(missing), .. } => {
                (18, format!("transfer closed with {missing} bytes remaining to read"))
            }
            Ending::Cut { end: End::Closed, .. } => {
                (18, "transfer closed with outstanding read data remaining".into())
            }
        }
    }

    fn verdict(&mut self) -> Refusal {
        if self.undecodable {
            return (61, "The answer is compressed, which hinit does not undo".into());
        }
        if self.options.fail != Fail::No && self.facts.status >= 400 {
            return (22, format!("The requested URL returned error: {}", self.facts.status));
        }
        match self.output.open() {
            Ok(()) => (0, String::new()),
            Err(_) => (23, "Failure writing output to destination".into()),
        }
    }

    fn no_connection(&self, request: &Request, failure: &Failure) -> Refusal {
        let (host, port) = (&request.host, self.millis());
        let hint = web::proxy_hint(request.secure);
        match failure.kind {
            Kind::Lookup => (6, format!("Could not resolve host: {host}{hint}")),
            Kind::Connect => {
                let place = match &request.endpoint {
                    Endpoint::Port(address) => format!("{host} port {}", address.port),
                    Endpoint::Socket(path) => path.display().to_string(),
                };
                (7, format!("Failed to connect to {place} after {port} ms: Couldn't connect to server{hint}"))
            }
            Kind::TimedOut => (28, format!("Connection timed out after {port} milliseconds{hint}")),
            Kind::Certificate => (60, format!("SSL certificate problem: {}", failure.reason)),
            Kind::Handshake => (35, failure.reason.clone()),
            Kind::CaCertificates => (77, failure.reason.clone()),
            Kind::ClientCertificate => (58, failure.reason.clone()),
        }
    }

    fn late(&self, missing: Option<u64>) -> String {
        let received = self.facts.received;
        let of = missing.map_or_else(String::new, |missing| format!(" out of {}", received + missing));
        format!("Operation timed out after {} milliseconds with {received}{of} bytes received", self.millis())
    }

    fn millis(&self) -> u128 {
        self.started.elapsed().as_millis()
    }

    /// Whether another try may end otherwise.
    fn is_passing(&self, code: i32) -> bool {
        let retry = &self.options.retry;
        let busy = matches!(self.facts.status, 408 | 429 | 500 | 502 | 503 | 504);
        match code {
            0 | 22 => busy,
            2 | 3 => false,
            6 | 28 => true,
            7 => retry.refused || retry.all,
            _ => retry.all,
        }
    }

    /// How long to wait before the next try: what the server asks for, what
    /// was asked for here, or what is usual.
    fn pause(&self, code: i32, usual: Duration) -> Duration {
        let asked = self.retry_after.filter(|_| code == 0 || code == 22);
        asked.or(self.options.retry.delay).unwrap_or(usual)
    }

    fn finish(mut self, code: i32, fault: &str) -> i32 {
        self.facts.elapsed = self.started.elapsed();
        self.facts.exit_code = code;
        fault.clone_into(&mut self.facts.fault);
        if let Some(format) = self.options.write_out.as_ref().filter(|_| code != super::USAGE) {
            let (text, unknown) = write_out::render(format, &self.facts);
            for name in unknown {
                tell(&format!("curl: unknown --write-out variable: '{name}'"));
            }
            let _ = Output::Stdout.write(text.as_bytes());
        }
        if code == super::USAGE {
            tell(&format!("curl: {fault}"));
        } else if code != 0 && self.options.tells_faults() {
            tell(&format!("curl: ({code}) {fault}"));
        }
        code
    }
}

fn broken(fault: &Fault) -> Refusal {
    match fault {
        Fault::NotHttp(_) => (1, "Received HTTP/0.9 when not allowed".into()),
        Fault::LongHeaders => (56, "Too large response headers: more than 300 KiB".into()),
        Fault::BadLength => (8, "Invalid Content-Length: value".into()),
        Fault::BadChunk => (56, "Illegal or missing hexadecimal sequence in chunked-encoding".into()),
    }
}

impl Reader for Transfer<'_> {
    fn answer(&mut self, answer: &Answer, remote: Option<SocketAddr>) -> io::Result<bool> {
        let options = self.options;
        self.facts.status = answer.status;
        self.facts.remote = remote;
        answer.field("content-type").unwrap_or_default().clone_into(&mut self.facts.content_type);
        if options.verbose {
            let head = String::from_utf8_lossy(&answer.heads);
            head.lines().for_each(|line| tell(&format!("< {line}")));
        }
        self.dump.write(&answer.heads)?;
        self.retry_after = answer.field("retry-after").and_then(web::seconds);
        let coding = answer.field("content-encoding").filter(|_| options.compressed && !options.head);
        if coding.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            self.undecodable = true;
            return Ok(false);
        }
        if options.include || options.head {
            self.output.write(&answer.heads)?;
        }
        if let Some(next) = self.redirected(answer) {
            if options.follow {
                self.next = Some(next);
                return Ok(false);
            }
            let scheme = if next.secure { "https" } else { "http" };
            self.facts.redirect_url = format!("{scheme}://{}{}", next.host_header, next.path);
        }
        let fails = options.fail == Fail::WithoutBody && answer.status >= 400;
        Ok(!options.head && !fails)
    }

    fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.facts.received += bytes.len() as u64;
        self.output.write(bytes)
    }
}

impl Transfer<'_> {
    /// The next request; `-X` stays whatever the answer says, as curl warns.
    fn redirected(&self, answer: &Answer) -> Option<Request> {
        let from = self.request.as_ref()?;
        let mut next = redirect(from, answer.status, answer.field("location")?)?.request;
        if self.options.method.is_some() {
            next.method.clone_from(&from.method);
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_as_long_as_a_busy_server_asks() {
        let second = Duration::from_secs(1);
        let mut options = Options::default();
        assert_eq!(Transfer::new(&options, None).pause(22, second), second);
        options.retry.delay = Some(2 * second);
        let mut transfer = Transfer::new(&options, None);
        assert_eq!(transfer.pause(22, second), 2 * second);
        transfer.retry_after = Some(3 * second);
        assert_eq!((transfer.pause(22, second), transfer.pause(0, second)), (3 * second, 3 * second));
        assert_eq!(transfer.pause(28, second), 2 * second);
    }
}
