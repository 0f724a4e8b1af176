//! The options of curl, by what they change in a health check.

use super::super::duration;
use super::super::url::ADDRESS_FAMILY;
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::rules::Rule;

/// What an option changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CurlOption {
    Fail,
    Follow,
    Insecure,
    Head,
    Get,
    Include,
    Verbose,
    Globoff,
    AddressFamily,
    /// Nothing, or only messages.
    Ignored,
    /// The same, for an option with a value.
    IgnoredValue,
    Timeout,
    MaxRedirects,
    Url,
    OutputFile,
    DumpHeader,
    WriteOut,
    Data,
    DataRaw,
    Json,
    Cookie,
    /// This request header.
    Header(&'static str),
    UnixSocket,
    Retry,
    /// The same as this option of hinit.
    Probe(&'static str),
}

use CurlOption::{
    AddressFamily, Cookie, Data, DataRaw, DumpHeader, Fail, Follow, Get, Globoff, Head, Header, Ignored,
    IgnoredValue, Include, Insecure, Json, MaxRedirects, OutputFile, Probe, Retry, Timeout, UnixSocket, Url,
    Verbose, WriteOut,
};

/// Long name, letter (a space for none) and meaning.
const OPTIONS: [(&str, char, CurlOption); 51] = [
    ("fail", 'f', Fail),
    ("fail-with-body", ' ', Fail),
    ("fail-early", ' ', Ignored),
    ("location", 'L', Follow),
    ("insecure", 'k', Insecure),
    ("head", 'I', Head),
    ("get", 'G', Get),
    ("silent", 's', Ignored),
    ("show-error", 'S', Ignored),
    ("verbose", 'v', Verbose),
    ("include", 'i', Include),
    ("no-progress-meter", ' ', Ignored),
    ("no-buffer", 'N', Ignored),
    ("compressed", ' ', Ignored),
    ("ipv4", '4', AddressFamily),
    ("ipv6", '6', AddressFamily),
    ("http1.1", ' ', Ignored),
    ("globoff", 'g', Globoff),
    ("disable", 'q', Ignored),
    ("basic", ' ', Ignored),
    ("tlsv1.2", ' ', Ignored),
    ("no-keepalive", ' ', Ignored),
    ("progress-bar", '#', Ignored),
    ("retry-connrefused", ' ', Ignored),
    ("retry-all-errors", ' ', Ignored),
    ("output", 'o', OutputFile),
    ("write-out", 'w', WriteOut),
    ("dump-header", 'D', DumpHeader),
    ("noproxy", ' ', IgnoredValue),
    ("user-agent", 'A', Header("User-Agent")),
    ("max-redirs", ' ', MaxRedirects),
    ("max-time", 'm', Timeout),
    ("connect-timeout", ' ', Retry),
    ("retry", ' ', Retry),
    ("retry-delay", ' ', Retry),
    ("retry-max-time", ' ', Retry),
    ("url", ' ', Url),
    ("header", 'H', Probe("header")),
    ("user", 'u', Probe("basic-auth")),
    ("request", 'X', Probe("method")),
    ("cacert", ' ', Probe("cacert")),
    ("cert", 'E', Probe("cert")),
    ("key", ' ', Probe("key")),
    ("data", 'd', Data),
    ("data-ascii", ' ', Data),
    ("data-binary", ' ', Data),
    ("data-raw", ' ', DataRaw),
    ("json", ' ', Json),
    ("cookie", 'b', Cookie),
    ("referer", 'e', Header("Referer")),
    ("unix-socket", ' ', UnixSocket),
];

/// A parsed command line.
#[derive(Debug, Default)]
pub(super) struct CurlArgs {
    pub(super) urls: Vec<String>,
    /// The equivalent options of hinit.
    pub(super) probe_options: Vec<(&'static str, String)>,
    /// The options without a value.
    flags: Vec<CurlOption>,
    pub(super) unix_socket: Option<String>,
    pub(super) timeout: Option<String>,
    pub(super) data: Option<String>,
    /// The file for the body; none for stdout.
    pub(super) output_file: Option<String>,
    pub(super) write_out: Option<String>,
    pub(super) no_redirects: bool,
    /// Whether the headers go to stdout.
    pub(super) prints_headers: bool,
}

const RETRIES: &str =
    "curl's retries and connect timeout are dropped; the interval and retries of the health check apply";

impl CurlArgs {
    /// Parses the arguments after `curl`.
    pub(super) fn parse(args: &[String], notes: &mut Notes) -> Result<Self, Reason> {
        let mut parsed = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if let Some(name) = arg.strip_prefix("--") {
                let option = find(name)?;
                let value = if takes_value(option) { args.next().cloned() } else { None };
                parsed.apply(option, value, notes)?;
            } else if arg.len() > 1 && arg.starts_with('-') {
                parsed.apply_letters(&letters(arg, notes), &mut args, notes)?;
            } else {
                parsed.urls.push(arg.clone());
            }
        }
        Ok(parsed)
    }

    pub(super) fn has(&self, flag: CurlOption) -> bool {
        self.flags.contains(&flag)
    }

    /// `-skfLo /dev/null`: the value is the rest of the argument or the next one.
    fn apply_letters(
        &mut self,
        letters: &str,
        args: &mut std::slice::Iter<'_, String>,
        notes: &mut Notes,
    ) -> Result<(), Reason> {
        for (at, letter) in letters.char_indices() {
            let known = OPTIONS.iter().find(|(_, short, _)| *short == letter && letter != ' ');
            let (.., option) = *known.ok_or_else(|| format!("curl -{letter} has no equivalent in hinit"))?;
            if takes_value(option) {
                let rest = &letters[at + letter.len_utf8()..];
                let value = if rest.is_empty() { args.next().cloned() } else { Some(rest.to_owned()) };
                return self.apply(option, value, notes);
            }
            self.apply(option, None, notes)?;
        }
        Ok(())
    }

    fn apply(&mut self, option: CurlOption, value: Option<String>, notes: &mut Notes) -> Result<(), Reason> {
        if takes_value(option) && value.is_none() {
            return Err("the last option of curl has no value".into());
        }
        let value = value.unwrap_or_default();
        match option {
            Fail | Insecure | Head | Follow | Get | Include | Verbose | Globoff => self.flags.push(option),
            AddressFamily => notes.add(Rule::AddressFamily, ADDRESS_FAMILY),
            MaxRedirects => self.no_redirects = value == "0",
            OutputFile => self.set_output_file(value, notes),
            DumpHeader => self.prints_headers = value == "-",
            WriteOut => self.write_out = Some(value),
            Ignored | IgnoredValue => {}
            Timeout => self.timeout = duration::from_seconds(&value),
            Retry => notes.add(Rule::Retries, RETRIES),
            Url => self.urls.push(value),
            UnixSocket => self.unix_socket = Some(value),
            Data | Json if value.starts_with('@') => {
                return Err("curl reads the request body from a file".into());
            }
            Data | DataRaw => self.add_data(value),
            Json => self.add_json(&value),
            Cookie if !value.contains('=') => return Err("curl reads its cookies from a file".into()),
            Cookie => self.add_header("Cookie", &value),
            Header(name) => self.add_header(name, &value),
            Probe(name) => self.probe_options.push((name, value)),
        }
        Ok(())
    }

    fn set_output_file(&mut self, file: String, notes: &mut Notes) {
        if file != "-" && file != "/dev/null" {
            notes.add(Rule::OutputFile, format!("curl also writes the response to {file}; hinit does not"));
        }
        self.output_file = (file != "-").then_some(file);
    }

    fn add_header(&mut self, name: &str, value: &str) {
        self.probe_options.push(("header", format!("{name}: {value}")));
    }

    /// Joins repeated data like the fields of a form.
    fn add_data(&mut self, value: String) {
        self.data = Some(match self.data.take() {
            Some(before) => before + "&" + &value,
            None => value,
        });
    }

    fn add_json(&mut self, value: &str) {
        self.data = Some(self.data.take().unwrap_or_default() + value);
        self.add_header("Content-Type", "application/json");
        self.add_header("Accept", "application/json");
    }
}

/// The letters of `-fsS`. `-fail` is `-f -a -i -l`, but `--fail` was intended.
fn letters(arg: &str, notes: &mut Notes) -> String {
    if arg != "-fail" {
        return arg[1..].to_owned();
    }
    notes.add(Rule::CurlFailOption, "curl reads -fail as -f -a -i -l; --fail was intended");
    "f".to_owned()
}

fn takes_value(option: CurlOption) -> bool {
    !matches!(
        option,
        Fail | Follow | Insecure | Head | Get | Include | Verbose | Globoff | AddressFamily | Ignored
    )
}

fn find(name: &str) -> Result<CurlOption, Reason> {
    let known = OPTIONS.iter().find(|(known, ..)| *known == name);
    known.map(|(.., option)| *option).ok_or_else(|| format!("curl --{name} has no equivalent in hinit"))
}
