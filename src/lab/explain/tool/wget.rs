//! wget of GNU and busybox: `wget -qO- http://localhost:8080/health`. Both
//! follow redirects, and fail for a status from 400 on.

use super::duration;
use super::url::{ADDRESS_FAMILY, http_probe};
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::probe_command::{ExitCodes, Output, ProbeCommand};
use crate::lab::explain::rules::Rule;

/// Options with a value, in the next argument or after `=`, by short and long name.
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

/// A parsed command line.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent options")]
struct WgetArgs {
    urls: Vec<String>,
    /// The equivalent options of hinit.
    probe_options: Vec<(&'static str, String)>,
    user: Option<String>,
    password: Option<String>,
    insecure: bool,
    spider: bool,
    server_response: bool,
    quiet: bool,
    address_family: bool,
    no_redirects: bool,
    output_file: Option<String>,
    /// Whether stderr goes to stdout.
    merged: bool,
}

const SPIDER: &str =
    "GNU wget --spider sends HEAD, busybox wget sends GET; hinit sends GET unless --method HEAD is added";
const SAVES_FILE: &str =
    "wget without -O or --spider saves a file at each check; busybox wget fails if the file exists";

/// A probe for each URL. `merged` if stderr goes to stdout.
pub(super) fn translate(
    args: &[String],
    merged: bool,
    notes: &mut Notes,
) -> Result<Vec<ProbeCommand>, Reason> {
    let mut parsed = WgetArgs { merged, ..WgetArgs::default() };
    let mut args = args.iter().cloned();
    while let Some(arg) = args.next() {
        if let Some(long) = arg.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v.to_owned())));
            parsed.long_option(name, value, &mut args)?;
        } else if arg.len() > 1 && arg.starts_with('-') {
            parsed.letters(&arg[1..], &mut args)?;
        } else {
            parsed.urls.push(arg);
        }
    }
    parsed.probes(notes)
}

fn unknown(option: &str) -> Reason {
    format!("wget {option} has no equivalent in hinit")
}

impl WgetArgs {
    fn long_option(
        &mut self,
        name: &str,
        value: Option<String>,
        args: &mut impl Iterator<Item = String>,
    ) -> Result<(), Reason> {
        if WITHOUT_VALUE.iter().any(|(_, long)| *long == name) {
            self.switch(name);
            return Ok(());
        }
        let known =
            WITH_VALUE.iter().find(|(_, long)| *long == name).ok_or_else(|| unknown(&format!("--{name}")))?;
        let value = value.or_else(|| args.next()).ok_or("the last option of wget has no value")?;
        self.value(known.1, value)
    }

    /// `-qO-`, `-nv`, `-t1`.
    fn letters(&mut self, letters: &str, args: &mut impl Iterator<Item = String>) -> Result<(), Reason> {
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
                let value = if inside.is_empty() { args.next() } else { Some(inside.to_owned()) };
                return self.value(long, value.ok_or("the last option of wget has no value")?);
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
        self.address_family |= name.starts_with("inet");
    }

    fn value(&mut self, name: &str, value: String) -> Result<(), Reason> {
        match name {
            "header" => self.probe_options.push(("header", value)),
            "post-data" | "body-data" => self.probe_options.push(("data", value)),
            "method" if value != "GET" => self.probe_options.push(("method", value)),
            "certificate" => self.probe_options.push(("cert", value)),
            "private-key" => self.probe_options.push(("key", value)),
            "ca-certificate" => self.probe_options.push(("cacert", value)),
            "timeout" => {
                self.probe_options.extend(duration::from_seconds(&value).map(|timeout| ("timeout", timeout)));
            }
            "user" | "http-user" => self.user = Some(value),
            "password" | "http-password" => self.password = Some(value),
            "user-agent" => self.probe_options.push(("header", format!("User-Agent: {value}"))),
            "max-redirect" => self.no_redirects = value == "0",
            "output-document" => self.output_file = Some(value),
            "proxy" if value != "off" => return Err("it uses a proxy".into()),
            _ => {}
        }
        Ok(())
    }

    fn probes(self, notes: &mut Notes) -> Result<Vec<ProbeCommand>, Reason> {
        if self.urls.is_empty() {
            return Err("wget has no URL".into());
        }
        if self.spider {
            notes.add(Rule::Spider, SPIDER);
        } else if self.output_file.is_none() {
            notes.add(Rule::WgetSavesFile, SAVES_FILE);
        }
        if self.address_family {
            notes.add(Rule::AddressFamily, ADDRESS_FAMILY);
        }
        self.urls.iter().map(|url| self.probe(url, notes)).collect()
    }

    /// wget writes headers to stderr: with `--server-response`, and unless it is quiet.
    fn output(&self) -> Output {
        let shows_headers = self.server_response || (self.merged && !self.quiet);
        match self.output_file.as_deref() {
            Some("-") if shows_headers && self.merged && !self.spider => Output::HeadersAndBody,
            _ if shows_headers => Output::Headers,
            _ => Output::Body,
        }
    }

    fn probe(&self, url: &str, notes: &mut Notes) -> Result<ProbeCommand, Reason> {
        let mut probe = http_probe(url, notes)?;
        for (name, value) in &self.probe_options {
            probe.add(name, value.clone());
        }
        if let Some(user) = &self.user {
            probe.set("basic-auth", format!("{user}:{}", self.password.clone().unwrap_or_default()));
        }
        probe.output = self.output();
        probe.output_file = self.output_file.clone().filter(|file| file != "-" && !self.spider);
        if self.no_redirects {
            probe.set("status", "200-299");
        } else {
            probe.flag("follow");
        }
        if self.insecure {
            probe.flag("insecure");
        }
        probe.drop_unused_tls_options();
        probe.exit_codes = ExitCodes { error_status: 8, no_response: 4 };
        Ok(probe)
    }
}
