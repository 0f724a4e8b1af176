//! `hinit explain LINE|FILE|-`: an old health check said with hinit.

use crate::error::{Error, Result};
use crate::lab::explain::{Explained, Kind, explain};
use crate::text::{one_line, system_message};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};

const FAILURE: i32 = 1;
/// No Dockerfile or compose file is longer; in bytes.
const LONGEST: u64 = 4 << 20;
/// How much of a path is shown, in bytes.
const SHOWN: usize = 300;

/// The verb: words in, exit code out.
pub fn main(words: &[OsString]) -> i32 {
    let told = match words {
        [word] if word == "--help" || word == "-h" => return super::show(HELP),
        [source] => told(source),
        [] => Err(Error::new(WHAT)),
        _ => Err(Error::new(format!("there is more than one argument; {WHAT}"))),
    };
    match told {
        Ok(checks) => super::show(&checks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        Err(error) => super::fail(&error, FAILURE),
    }
}

const WHAT: &str =
    "say what to explain: a HEALTHCHECK line in quotes, a Dockerfile, a compose file, or - for stdin";

const HELP: &str = "\
Says an old health check with hinit, and what is wrong with the old one. It runs nothing.

Usage: hinit explain 'HEALTHCHECK ...' | Dockerfile | compose.yaml | -

What to explain is a HEALTHCHECK line or its command alone, a file, or - for stdin. For each check
it prints the old line; the new one, which runs hinit probe; PID 1, an entrypoint that looks by
itself, with the same timing; and notes. A check that hinit cannot say is left, with the reason:
PID 1 can run its old command.

Behind the entrypoint's -- belongs the image's own one; in a compose file its command too, which
compose drops when an entrypoint is given. Beside such a PID 1, HEALTHCHECK CMD [\"/hinit\",
\"status\"] tells Docker what it found. hinit probe waits 10s by itself: a longer timeout of the
check is handed on to it. wget and fetch follow redirects to any host, hinit --follow only on the
same one.

Exit code 0 if there are checks and all could be read, also if one is left; 1 otherwise.
";

fn told(source: &OsStr) -> Result<Vec<Explained>> {
    if source == "-" {
        let text = read(io::stdin().lock()).map_err(|error| error.at("stdin"))?;
        let first = text.split_whitespace().next().unwrap_or_default();
        // One line can be piped in as well as given.
        let is_file = ["FROM", "services:"].contains(&first) || first.starts_with('{');
        let line = text.trim().lines().count() == 1 && !is_file;
        return explain(&text, if line { Kind::Line } else { Kind::File }).map_err(|error| error.at("stdin"));
    }
    let path = one_line(&source.to_string_lossy(), SHOWN);
    if let Some(line) = source.to_str().filter(|text| is_line(text)) {
        return explain(line, Kind::Line);
    }
    if source.is_empty() {
        return Err(Error::new(WHAT));
    }
    let file = File::open(source).map_err(|error| {
        let why = system_message(&error);
        Error::new(format!("'{path}' is no file ({why}), and a HEALTHCHECK line has more words; {WHAT}"))
    })?;
    let place = |error: Error| error.at(&path);
    explain(&read(file).map_err(place)?, Kind::File).map_err(place)
}

/// A line has at least two words, and is no file.
fn is_line(text: &str) -> bool {
    text.trim().contains(char::is_whitespace) && !std::path::Path::new(text).exists()
}

fn read(from: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    from.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::new(format!("it cannot be read: {error}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::new("it is longer than 4 MiB, which no Dockerfile is"));
    }
    String::from_utf8(bytes).map_err(|_| Error::new("it is not UTF-8 text"))
}
