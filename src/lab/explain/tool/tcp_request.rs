//! A request that a script writes to a TCP connection itself.

use crate::lab::explain::probe_command::{Lenient, Output, ProbeCommand};

/// Turns a TCP probe into one that sends this request.
pub(crate) fn send(probe: &mut ProbeCommand, request: &str) {
    let Some(address) = probe.target.strip_prefix("tcp://").map(str::to_owned) else { return };
    let first_line: Vec<&str> = request.lines().next().unwrap_or_default().split_whitespace().collect();
    match first_line.as_slice() {
        [method, path, version] if version.starts_with("HTTP/") => {
            probe.target = format!("http://{address}{path}");
            probe.output = Output::HeadersAndBody;
            probe.lenient = Some(Lenient::ErrorStatus("a hand-written HTTP request"));
            if *method != "GET" {
                probe.set("method", *method);
            }
            let host = address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host);
            for (name, value) in request.lines().skip(1).filter_map(|line| line.split_once(':')) {
                add_header(probe, name.trim(), value.trim(), host);
            }
        }
        ["version" | "stats"] if address.ends_with(":11211") => {
            probe.target = format!("memcached://{address}");
        }
        ["PING" | "ping"] if address.ends_with(":6379") => probe.target = format!("redis://{address}"),
        _ => probe.set("send", request.replace('\\', "\\\\").replace('\r', "\\r").replace('\n', "\\n")),
    }
}

/// Adds a header, unless hinit sends the same one by default.
fn add_header(probe: &mut ProbeCommand, name: &str, value: &str, host: &str) {
    let is = |known: &&str| name.eq_ignore_ascii_case(known);
    let is_host = is(&"host") && (value.split(':').next() == Some(host) || value.contains('/'));
    let is_default = is_host || ["connection", "content-length", "accept", "user-agent"].iter().any(is);
    if !is_default && !value.is_empty() {
        probe.add("header", format!("{name}: {value}"));
    }
}
