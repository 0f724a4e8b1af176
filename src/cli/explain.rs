//! `hinit explain LINE|FILE|-`: translates a HEALTHCHECK to hinit.

use super::lab_commands::{self, FORMAT, SOURCE};
use super::output::{fail, show};
use crate::error::{Error, Result};
use crate::exit_code;
use crate::lab::command::{Parsed, parse};
use crate::lab::explain::{Explained, Kind, OutputFormat, explain};
use crate::text::{one_line, system_message};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};

/// No Dockerfile or compose file is longer; in bytes.
const LONGEST: u64 = 4 << 20;
/// How much of a path is shown, in bytes.
const SHOWN: usize = 300;

/// The verb: arguments in, exit code out.
pub(super) fn main(arguments: &[OsString]) -> i32 {
    match text(arguments) {
        Ok(text) => show(&text),
        Err(error) => fail(&error, exit_code::NOT_HEALTHY),
    }
}

fn text(arguments: &[OsString]) -> Result<String> {
    let matches = match parse(lab_commands::explain(), arguments)? {
        Parsed::Help(help) => return Ok(help),
        Parsed::Matches(matches) => matches,
    };
    let source = matches.get_one::<OsString>(SOURCE).ok_or_else(|| Error::new(USAGE))?;
    let format = matches.get_one::<String>(FORMAT).and_then(|name| OutputFormat::parse(name));
    let checks = explain_source(source)?;
    Ok(format.unwrap_or(OutputFormat::Text).print(&checks, path(source)))
}

/// The path of a source that is a file.
fn path(source: &OsStr) -> Option<&str> {
    source.to_str().filter(|text| *text != "-" && !is_line(text))
}

const USAGE: &str =
    "give what to explain: a HEALTHCHECK line in quotes, a Dockerfile, a compose file, or - for stdin";

fn explain_source(source: &OsStr) -> Result<Vec<Explained>> {
    if source == "-" {
        let text = read(io::stdin().lock()).map_err(|error| error.at("stdin"))?;
        let first = text.split_whitespace().next().unwrap_or_default();
        // A line can be piped in too.
        let is_file = ["FROM", "services:"].contains(&first) || first.starts_with('{');
        let line = text.trim().lines().count() == 1 && !is_file;
        return explain(&text, if line { Kind::Line } else { Kind::File }).map_err(|error| error.at("stdin"));
    }
    let path = one_line(&source.to_string_lossy(), SHOWN);
    if let Some(line) = source.to_str().filter(|text| is_line(text)) {
        return explain(line, Kind::Line);
    }
    if source.is_empty() {
        return Err(Error::new(USAGE));
    }
    let file = File::open(source).map_err(|error| {
        let why = system_message(&error);
        Error::new(format!("'{path}' is neither a file ({why}) nor a HEALTHCHECK line; {USAGE}"))
    })?;
    let place = |error: Error| error.at(&path);
    explain(&read(file).map_err(place)?, Kind::File).map_err(place)
}

/// A line has a space in it, and is no file.
fn is_line(text: &str) -> bool {
    text.trim().contains(char::is_whitespace) && !std::path::Path::new(text).exists()
}

fn read(from: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    from.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::new(format!("it cannot be read: {error}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::new("it is longer than 4 MiB; no Dockerfile is"));
    }
    String::from_utf8(bytes).map_err(|_| Error::new("it is not UTF-8 text"))
}
