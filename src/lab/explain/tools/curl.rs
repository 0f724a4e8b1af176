//! curl: its options by what they mean for a health check.

use super::{http_probe, seconds};
use crate::lab::explain::mistakes::add;
use crate::lab::explain::probe::{Codes, Prints, Probe};
use crate::lab::explain::shell::word::Why;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Fail,
    Follow,
    Insecure,
    Head,
    Get,
    Include,
    Verbose,
    Globoff,
    /// One family of addresses.
    Family,
    /// Changes only what is printed, or what hinit does anyway.
    Silent,
    /// The same, with a value.
    SilentValue,
    Limit,
    MostRedirects,
    Url,
    Output,
    Dump,
    WriteOut,
    Data,
    RawData,
    Json,
    Cookie,
    /// The value of this header.
    Header(&'static str),
    Unix,
    Retry,
    /// A check of hinit with the same meaning and value.
    Check(&'static str),
}

use Says::{
    Check, Cookie, Data, Dump, Fail, Family, Follow, Get, Globoff, Head, Header, Include, Insecure, Json,
    Limit, MostRedirects, Output, RawData, Retry, Silent, SilentValue, Unix, Url, Verbose, WriteOut,
};

/// Long name, letter (a space for none), and what it says.
const OPTIONS: [(&str, char, Says); 51] = [
    ("fail", 'f', Fail),
    ("fail-with-body", ' ', Fail),
    ("fail-early", ' ', Silent),
    ("location", 'L', Follow),
    ("insecure", 'k', Insecure),
    ("head", 'I', Head),
    ("get", 'G', Get),
    ("silent", 's', Silent),
    ("show-error", 'S', Silent),
    ("verbose", 'v', Verbose),
    ("include", 'i', Include),
    ("no-progress-meter", ' ', Silent),
    ("no-buffer", 'N', Silent),
    ("compressed", ' ', Silent),
    ("ipv4", '4', Family),
    ("ipv6", '6', Family),
    ("http1.1", ' ', Silent),
    ("globoff", 'g', Globoff),
    ("disable", 'q', Silent),
    ("basic", ' ', Silent),
    ("tlsv1.2", ' ', Silent),
    ("no-keepalive", ' ', Silent),
    ("progress-bar", '#', Silent),
    ("retry-connrefused", ' ', Silent),
    ("retry-all-errors", ' ', Silent),
    ("output", 'o', Output),
    ("write-out", 'w', WriteOut),
    ("dump-header", 'D', Dump),
    ("noproxy", ' ', SilentValue),
    ("user-agent", 'A', Header("User-Agent")),
    ("max-redirs", ' ', MostRedirects),
    ("max-time", 'm', Limit),
    ("connect-timeout", ' ', Retry),
    ("retry", ' ', Retry),
    ("retry-delay", ' ', Retry),
    ("retry-max-time", ' ', Retry),
    ("url", ' ', Url),
    ("header", 'H', Check("header")),
    ("user", 'u', Check("basic-auth")),
    ("request", 'X', Check("method")),
    ("cacert", ' ', Check("cacert")),
    ("cert", 'E', Check("cert")),
    ("key", ' ', Check("key")),
    ("data", 'd', Data),
    ("data-ascii", ' ', Data),
    ("data-binary", ' ', Data),
    ("data-raw", ' ', RawData),
    ("json", ' ', Json),
    ("cookie", 'b', Cookie),
    ("referer", 'e', Header("Referer")),
    ("unix-socket", ' ', Unix),
];

#[derive(Debug, Default)]
struct Read {
    urls: Vec<String>,
    checks: Vec<(&'static str, String)>,
    /// The options without a value.
    said: Vec<Says>,
    socket: Option<String>,
    limit: Option<String>,
    data: Option<String>,
    /// Where the body goes if not to stdout.
    output: Option<String>,
    write_out: Option<String>,
    no_redirects: bool,
    /// The headers go to stdout.
    dumps: bool,
    /// Whether stderr goes where stdout goes.
    merged: bool,
}

/// `curl -fsS http://localhost:8080/health`; `merged` with a `2>&1` behind it.
pub(super) fn read(words: &[String], merged: bool, notes: &mut Vec<String>) -> Result<Probe, Why> {
    let mut read = Read { merged, ..Read::default() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix("--") {
            read.take(find(name)?, words.next_value(find(name)?), notes)?;
        } else if word.len() > 1 && word.starts_with('-') {
            read.cluster(&spelled(word, notes), &mut words, notes)?;
        } else {
            read.urls.push(word.clone());
        }
    }
    read.probe(notes)
}

/// `-fail` is `-f -a -i -l`; what was meant is `--fail`.
fn spelled(word: &str, notes: &mut Vec<String>) -> String {
    if word != "-fail" {
        return word[1..].to_owned();
    }
    add(notes, "-fail is -f -a -i -l for curl; --fail was meant");
    "f".to_owned()
}

/// The words still to come, and whether the next one belongs to an option.
trait Values {
    fn next_value(&mut self, option: Says) -> Option<String>;
}

impl Values for std::slice::Iter<'_, String> {
    fn next_value(&mut self, option: Says) -> Option<String> {
        if takes_value(option) { self.next().cloned() } else { None }
    }
}

fn takes_value(option: Says) -> bool {
    !matches!(option, Fail | Follow | Insecure | Head | Get | Include | Verbose | Globoff | Family | Silent)
}

fn find(name: &str) -> Result<Says, Why> {
    let known = OPTIONS.iter().find(|(known, ..)| *known == name);
    known.map(|(.., option)| *option).ok_or_else(|| format!("curl's --{name} has no counterpart in hinit"))
}

impl Read {
    /// `-skfLo /dev/null`: the last letter may take the next word, or the rest of this one.
    fn cluster(
        &mut self,
        letters: &str,
        words: &mut std::slice::Iter<'_, String>,
        notes: &mut Vec<String>,
    ) -> Result<(), Why> {
        for (at, letter) in letters.char_indices() {
            let known = OPTIONS.iter().find(|(_, short, _)| *short == letter && letter != ' ');
            let (.., option) =
                *known.ok_or_else(|| format!("curl's -{letter} has no counterpart in hinit"))?;
            if takes_value(option) {
                let rest = &letters[at + letter.len_utf8()..];
                let value = if rest.is_empty() { words.next().cloned() } else { Some(rest.to_owned()) };
                return self.take(option, value, notes);
            }
            self.take(option, None, notes)?;
        }
        Ok(())
    }

    fn take(&mut self, option: Says, value: Option<String>, notes: &mut Vec<String>) -> Result<(), Why> {
        if takes_value(option) && value.is_none() {
            return Err("curl's last option lacks its value".into());
        }
        let value = value.unwrap_or_default();
        match option {
            Fail | Insecure | Head | Follow | Get | Include | Verbose | Globoff => self.said.push(option),
            Family => add(notes, FAMILY),
            MostRedirects => self.no_redirects = value == "0",
            Output => {
                self.output = (value != "-").then_some(value);
                if let Some(file) = self.output.as_ref().filter(|file| *file != "/dev/null") {
                    add(notes, format!("curl also writes the answer to {file}; hinit does not"));
                }
            }
            Dump => self.dumps = value == "-",
            WriteOut => self.write_out = Some(value),
            Silent | SilentValue => {}
            Limit => self.limit = seconds(&value),
            Retry => add(notes, RETRIES),
            Url => self.urls.push(value),
            Unix => self.socket = Some(value),
            Data | Json if value.starts_with('@') => {
                return Err("curl reads the data it sends from a file".into());
            }
            Data | RawData => self.send(value),
            Json => self.send_json(&value),
            Cookie if !value.contains('=') => return Err("curl reads its cookies from a file".into()),
            Cookie => self.checks.push(("header", format!("Cookie: {value}"))),
            Header(name) => self.checks.push(("header", format!("{name}: {value}"))),
            Check(name) => self.checks.push((name, value)),
        }
        Ok(())
    }

    /// Several data are one form.
    fn send(&mut self, value: String) {
        self.data = Some(match self.data.take() {
            Some(before) => before + "&" + &value,
            None => value,
        });
    }

    fn send_json(&mut self, value: &str) {
        self.data = Some(self.data.take().unwrap_or_default() + value);
        for header in ["Content-Type: application/json", "Accept: application/json"] {
            self.checks.push(("header", header.to_owned()));
        }
    }

    fn prints(&self) -> Prints {
        let format = self.write_out.as_deref().map(|format| format.trim().trim_end_matches("\\n"));
        match format {
            Some("%{http_code}" | "%{response_code}") if self.output.is_some() => Prints::Status,
            Some(_) => Prints::BodyAndStatus,
            None if self.said.contains(&Head) => Prints::Head,
            None if self.dumps && self.output.is_some() => Prints::Head,
            None if self.said.contains(&Include) || self.dumps => Prints::Whole,
            None if self.said.contains(&Verbose) && self.merged => Prints::Whole,
            None => Prints::Body,
        }
    }

    fn url(&self) -> Result<&str, Why> {
        let is_several = |url: &str| {
            let behind_host = url.split_once("://").map_or(url, |(_, rest)| rest);
            let path = behind_host.find('/').map_or("", |at| &behind_host[at..]).replace("${", "");
            path.contains('{') || path.contains('[')
        };
        match self.urls.as_slice() {
            [url] if !self.said.contains(&Globoff) && is_several(url) => {
                Err("the {} or [] in curl's URL stands for several URLs".into())
            }
            [url] => Ok(url),
            [] => Err("curl is given no URL".into()),
            urls => Err(format!("curl is given {} URLs, and its exit code is that of the last", urls.len())),
        }
    }

    fn probe(self, notes: &mut Vec<String>) -> Result<Probe, Why> {
        let url = self.url()?;
        let said = |option| self.said.contains(&option);
        let mut probe = match &self.data {
            Some(data) if said(Get) => http_probe(&with_query(url, data), notes)?,
            _ => http_probe(url, notes)?,
        };
        probe.prints = self.prints();
        probe.writes.clone_from(&self.output);
        if let Some(socket) = &self.socket {
            probe.target = over_socket(&probe.target, socket)?;
        }
        if said(Head) {
            probe.set("method", "HEAD");
        }
        for (name, value) in &self.checks {
            probe.add(name, value.clone());
        }
        if !said(Head) && probe.checks.contains(&("method", Some("HEAD".into()))) {
            add(notes, "curl -X HEAD waits for a body that never comes; -I was meant");
        }
        if let Some(data) = self.data.clone().filter(|_| !said(Get)) {
            probe.set("data", data);
        }
        if said(Follow) && self.no_redirects {
            probe.set("status", "200-299");
        } else if said(Follow) {
            add(notes, FOLLOWS);
            probe.flag("follow");
        }
        if said(Insecure) {
            probe.flag("insecure");
        }
        probe.drop_idle_tls();
        if let Some(limit) = self.limit.clone() {
            probe.set("timeout", limit);
        }
        probe.lenient = (!said(Fail)).then_some(NO_FAIL);
        probe.codes = Codes { refused_by_server: 22, no_answer: 7 };
        Ok(probe)
    }
}

const RETRIES: &str = "curl's own retries and connect timeout are left to the health check's schedule";
const FOLLOWS: &str = "curl -L follows to any host; hinit --follow only on the same one, and takes a redirect elsewhere for the answer";
pub(super) const FAMILY: &str = "-4 and -6 ask one family of addresses; hinit tries both for localhost";
const NO_FAIL: &str = "curl without -f succeeds for a 500; hinit wants 200-399";

/// curl's `-G -d a=b`.
fn with_query(url: &str, data: &str) -> String {
    format!("{url}{}{data}", if url.contains('?') { '&' } else { '?' })
}

/// `http+unix://%2Frun%2Fapp.sock/path`; the URL's host is left to the server's default.
fn over_socket(target: &str, socket: &str) -> Result<String, Why> {
    let rest = target.strip_prefix("http://").ok_or("it speaks TLS over a unix socket")?;
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    Ok(format!("http+unix://{}{path}", socket.replace('%', "%25").replace('/', "%2F")))
}
