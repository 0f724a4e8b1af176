//! curl: `curl -fsS http://localhost:8080/health`.

mod options;

use super::url::http_probe;
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::probe_command::{ExitCodes, Lenient, Output, ProbeCommand};
use crate::lab::explain::rules::Rule;
use options::{CurlArgs, CurlOption};

const REDIRECTS: &str =
    "curl -L follows redirects to any host; hinit --follow only to the same host, and fails at any other";
const HEAD_WITH_BODY: &str = "curl -X HEAD waits for a body that never arrives; -I was intended";

/// The probe of the URL. `merged` if stderr goes to stdout.
pub(super) fn translate(args: &[String], merged: bool, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
    let args = CurlArgs::parse(args, notes)?;
    let mut probe = http_probe(&url(&args)?, notes)?;
    probe.output = output(&args, merged);
    probe.output_file.clone_from(&args.output_file);
    if let Some(socket) = &args.unix_socket {
        probe.target = over_unix_socket(&probe.target, socket)?;
    }
    add_request_options(&mut probe, &args, notes);
    add_redirects(&mut probe, &args, notes);
    if args.has(CurlOption::Insecure) {
        probe.flag("insecure");
    }
    probe.drop_unused_tls_options();
    probe = probe.with_timeout(args.timeout.clone());
    probe.lenient = (!args.has(CurlOption::Fail)).then_some(Lenient::ErrorStatus("curl without -f"));
    probe.exit_codes = ExitCodes { error_status: 22, no_response: 7 };
    Ok(probe)
}

/// The only URL, with the data of `-G` as its query.
fn url(args: &CurlArgs) -> Result<String, Reason> {
    let url = match args.urls.as_slice() {
        [url] if !args.has(CurlOption::Globoff) && is_glob(url) => {
            return Err("{} or [] in curl's URL stands for several URLs".into());
        }
        [url] => url,
        [] => return Err("curl has no URL".into()),
        urls => {
            return Err(format!("curl has {} URLs, and its exit code is that of the last one", urls.len()));
        }
    };
    Ok(match &args.data {
        Some(data) if args.has(CurlOption::Get) => with_query(url, data),
        _ => url.clone(),
    })
}

fn is_glob(url: &str) -> bool {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]).replace("${", "");
    path.contains('{') || path.contains('[')
}

fn with_query(url: &str, data: &str) -> String {
    format!("{url}{}{data}", if url.contains('?') { '&' } else { '?' })
}

fn output(args: &CurlArgs, merged: bool) -> Output {
    let format = args.write_out.as_deref().map(|format| format.trim().trim_end_matches("\\n"));
    match format {
        Some("%{http_code}" | "%{response_code}") if args.output_file.is_some() => Output::Status,
        Some(_) => Output::BodyAndStatus,
        None if args.has(CurlOption::Head) => Output::Headers,
        None if args.prints_headers && args.output_file.is_some() => Output::Headers,
        None if args.has(CurlOption::Include) || args.prints_headers => Output::HeadersAndBody,
        None if args.has(CurlOption::Verbose) && merged => Output::HeadersAndBody,
        None => Output::Body,
    }
}

/// `http+unix://%2Frun%2Fapp.sock/path`; the host of the URL is dropped.
fn over_unix_socket(target: &str, socket: &str) -> Result<String, Reason> {
    let rest = target.strip_prefix("http://").ok_or("it uses TLS over a unix socket")?;
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    Ok(format!("http+unix://{}{path}", socket.replace('%', "%25").replace('/', "%2F")))
}

fn add_request_options(probe: &mut ProbeCommand, args: &CurlArgs, notes: &mut Notes) {
    let is_head = args.has(CurlOption::Head);
    if is_head {
        probe.set("method", "HEAD");
    }
    for (name, value) in &args.probe_options {
        probe.add(name, value.clone());
    }
    if !is_head && probe.options.contains(&("method", Some("HEAD".into()))) {
        notes.add(Rule::CurlHeadWithBody, HEAD_WITH_BODY);
    }
    if let Some(data) = args.data.clone().filter(|_| !args.has(CurlOption::Get)) {
        probe.set("data", data);
    }
}

fn add_redirects(probe: &mut ProbeCommand, args: &CurlArgs, notes: &mut Notes) {
    if !args.has(CurlOption::Follow) {
        return;
    }
    if args.no_redirects {
        probe.set("status", "200-299");
    } else {
        notes.add(Rule::Redirects, REDIRECTS);
        probe.flag("follow");
    }
}
