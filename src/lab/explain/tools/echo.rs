//! What `echo` and `printf` say to a server.

use crate::lab::explain::probe::{Prints, Probe};
use crate::lab::explain::shell::{Simple, Word};

/// The text that an `echo` or a plain `printf` prints.
pub(crate) fn printed(simple: &Simple) -> Option<String> {
    let words: Vec<String> = simple.words.iter().map(Word::in_hinit).collect::<Result<_, _>>().ok()?;
    match simple.program()?.as_str() {
        "echo" => {
            let mut words = &words[1..];
            let (mut newline, mut escapes) = (true, false);
            while let Some(option) =
                words.first().filter(|w| ["-n", "-e", "-ne", "-en"].contains(&w.as_str()))
            {
                newline &= !option.contains('n');
                escapes |= option.contains('e');
                words = &words[1..];
            }
            let text = words.join(" ");
            let text = if escapes { unescaped(&text) } else { text };
            Some(if newline { text + "\n" } else { text })
        }
        "printf" if words.len() == 2 => Some(unescaped(&words[1])),
        _ => None,
    }
}

fn unescaped(text: &str) -> String {
    text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
}

/// Turns a TCP probe into the one that says this.
pub(crate) fn send(probe: &mut Probe, said: &str) {
    let Some(place) = probe.target.strip_prefix("tcp://").map(str::to_owned) else { return };
    let request: Vec<&str> = said.lines().next().unwrap_or_default().split_whitespace().collect();
    match request.as_slice() {
        [method, path, version] if version.starts_with("HTTP/") => {
            probe.target = format!("http://{place}{path}");
            probe.prints = Prints::Whole;
            probe.lenient = Some(BY_HAND);
            if *method != "GET" {
                probe.set("method", *method);
            }
            let host = place.rsplit_once(':').map_or(place.as_str(), |(host, _)| host);
            for (name, value) in said.lines().skip(1).filter_map(|line| line.split_once(':')) {
                header(probe, name.trim(), value.trim(), host);
            }
        }
        ["version" | "stats"] if place.ends_with(":11211") => probe.target = format!("memcached://{place}"),
        ["PING" | "ping"] if place.ends_with(":6379") => probe.target = format!("redis://{place}"),
        _ => probe.set("send", said.replace('\\', "\\\\").replace('\r', "\\r").replace('\n', "\\n")),
    }
}

const BY_HAND: &str = "HTTP written by hand succeeds for a 500; hinit wants 200-399";

/// A header that was written out by hand, unless hinit sends the same.
fn header(probe: &mut Probe, name: &str, value: &str, host: &str) {
    let is = |known: &&str| name.eq_ignore_ascii_case(known);
    let is_host = is(&"host") && (value.split(':').next() == Some(host) || value.contains('/'));
    let is_own = is_host || ["connection", "content-length", "accept", "user-agent"].iter().any(is);
    if !is_own && !value.is_empty() {
        probe.add("header", format!("{name}: {value}"));
    }
}
