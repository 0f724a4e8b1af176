//! wget, GNU's and busybox's: both follow redirects, and fail from 400 on.

use super::curl::FAMILY;
use super::{http_probe, seconds};
use crate::lab::explain::mistakes::add;
use crate::lab::explain::probe::{Codes, Prints, Probe};
use crate::lab::explain::shell::word::Why;

/// Options whose value stands in the next word or after `=`, by short and long name.
const WITH_VALUE: [(&str, &str); 23] = [
    ("O", "output-document"),
    ("o", "output-file"),
    ("t", "tries"),
    ("T", "timeout"),
    ("U", "user-agent"),
    ("", "header"),
    ("", "post-data"),
    ("", "method"),
    ("", "user"),
    ("", "password"),
    ("", "ca-certificate"),
    ("", "waitretry"),
    ("", "max-redirect"),
    ("", "connect-timeout"),
    ("", "dns-timeout"),
    ("", "read-timeout"),
    ("", "progress"),
    ("", "body-data"),
    ("", "http-user"),
    ("", "http-password"),
    ("", "certificate"),
    ("", "private-key"),
    ("Y", "proxy"),
];
const WITHOUT_VALUE: [(&str, &str); 18] = [
    ("q", "quiet"),
    ("v", "verbose"),
    ("S", "server-response"),
    ("nv", "no-verbose"),
    ("c", "continue"),
    ("4", "inet4-only"),
    ("6", "inet6-only"),
    ("", "spider"),
    ("", "no-check-certificate"),
    ("", "no-proxy"),
    ("", "no-hsts"),
    ("", "no-cache"),
    ("", "no-cookies"),
    ("", "no-dns-cache"),
    ("", "no-http-keep-alive"),
    ("", "retry-connrefused"),
    ("", "auth-no-challenge"),
    ("", "content-on-error"),
];

#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "a bool for each option that is one")]
struct Read {
    urls: Vec<String>,
    checks: Vec<(&'static str, String)>,
    user: Option<String>,
    password: Option<String>,
    insecure: bool,
    spider: bool,
    server_response: bool,
    quiet: bool,
    one_family: bool,
    no_redirects: bool,
    output: Option<String>,
    /// Whether stderr goes where stdout goes.
    merged: bool,
}

/// `wget -qO- http://localhost:8080/health`: a probe for each URL; `merged`
/// with a `2>&1` behind it.
pub(super) fn read(words: &[String], merged: bool, notes: &mut Vec<String>) -> Result<Vec<Probe>, Why> {
    let mut read = Read { merged, ..Read::default() };
    let mut words = words.iter().cloned();
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v.to_owned())));
            read.long(name, value, &mut words)?;
        } else if word.len() > 1 && word.starts_with('-') {
            read.short(&word[1..], &mut words)?;
        } else {
            read.urls.push(word);
        }
    }
    read.probes(notes)
}

fn unknown(option: &str) -> Why {
    format!("wget's {option} has no counterpart in hinit")
}

impl Read {
    fn long(
        &mut self,
        name: &str,
        value: Option<String>,
        words: &mut impl Iterator<Item = String>,
    ) -> Result<(), Why> {
        if WITHOUT_VALUE.iter().any(|(_, long)| *long == name) {
            self.switch(name);
            return Ok(());
        }
        let known =
            WITH_VALUE.iter().find(|(_, long)| *long == name).ok_or_else(|| unknown(&format!("--{name}")))?;
        let value = value.or_else(|| words.next()).ok_or("wget's last option lacks its value")?;
        self.value(known.1, value)
    }

    /// `-qO-`, `-nv`, `-t1`.
    fn short(&mut self, letters: &str, words: &mut impl Iterator<Item = String>) -> Result<(), Why> {
        let mut rest = letters;
        while !rest.is_empty() {
            let takes = |table: &[(&'static str, &'static str)]| {
                table.iter().copied().find(|(short, _)| !short.is_empty() && rest.starts_with(short))
            };
            if let Some((short, long)) = takes(&WITHOUT_VALUE) {
                self.switch(long);
                rest = &rest[short.len()..];
            } else if let Some((short, long)) = takes(&WITH_VALUE) {
                let inside = &rest[short.len()..];
                let value = if inside.is_empty() { words.next() } else { Some(inside.to_owned()) };
                return self.value(long, value.ok_or("wget's last option lacks its value")?);
            } else {
                return Err(unknown(&format!("-{rest}")));
            }
        }
        Ok(())
    }

    fn switch(&mut self, name: &str) {
        self.spider |= name == "spider";
        self.server_response |= name == "server-response";
        self.insecure |= name == "no-check-certificate";
        self.quiet |= name == "quiet" || name == "no-verbose";
        self.one_family |= name.starts_with("inet");
    }

    fn value(&mut self, name: &str, value: String) -> Result<(), Why> {
        match name {
            "header" => self.checks.push(("header", value)),
            "post-data" | "body-data" => self.checks.push(("data", value)),
            "method" if value != "GET" => self.checks.push(("method", value)),
            "certificate" => self.checks.push(("cert", value)),
            "private-key" => self.checks.push(("key", value)),
            "ca-certificate" => self.checks.push(("cacert", value)),
            "timeout" => self.checks.extend(seconds(&value).map(|limit| ("timeout", limit))),
            "user" | "http-user" => self.user = Some(value),
            "password" | "http-password" => self.password = Some(value),
            "user-agent" => self.checks.push(("header", format!("User-Agent: {value}"))),
            "max-redirect" => self.no_redirects = value == "0",
            "output-document" => self.output = Some(value),
            "proxy" if value != "off" => return Err("it asks by a proxy".into()),
            _ => {}
        }
        Ok(())
    }

    fn probes(self, notes: &mut Vec<String>) -> Result<Vec<Probe>, Why> {
        if self.urls.is_empty() {
            return Err("wget is given no URL".into());
        }
        if self.spider {
            add(notes, SPIDER);
        } else if self.output.is_none() {
            add(notes, SAVES);
        }
        if self.one_family {
            add(notes, FAMILY);
        }
        self.urls.iter().map(|url| self.probe(url, notes)).collect()
    }

    /// What `--server-response` adds, or wget tells by itself, is on stderr.
    fn prints(&self) -> Prints {
        let tells = self.server_response || (self.merged && !self.quiet);
        match self.output.as_deref() {
            Some("-") if tells && self.merged && !self.spider => Prints::Whole,
            _ if tells => Prints::Head,
            _ => Prints::Body,
        }
    }

    fn probe(&self, url: &str, notes: &mut Vec<String>) -> Result<Probe, Why> {
        let mut probe = http_probe(url, notes)?;
        for (name, value) in &self.checks {
            probe.add(name, value.clone());
        }
        if let Some(user) = &self.user {
            probe.set("basic-auth", format!("{user}:{}", self.password.clone().unwrap_or_default()));
        }
        probe.prints = self.prints();
        probe.writes = self.output.clone().filter(|file| file != "-" && !self.spider);
        if self.no_redirects {
            probe.set("status", "200-299");
        } else {
            probe.flag("follow");
        }
        if self.insecure {
            probe.flag("insecure");
        }
        probe.drop_idle_tls();
        probe.codes = Codes { refused_by_server: 8, no_answer: 4 };
        Ok(probe)
    }
}

const SPIDER: &str =
    "GNU wget's --spider asks by HEAD, busybox's by GET; hinit asks by GET unless --method HEAD is added";
const SAVES: &str = "wget without -O or --spider saves a file at each check; busybox's fails if it is there";
