//! The programs that health checks run: one file a family, each from words
//! to what the program looks at.

mod curl;
mod database;
pub(super) mod echo;
pub(super) mod filter;
pub(super) mod foreign;
mod grep;
pub(super) mod netcat;
mod one_liner;
mod others;
mod wget;

use super::mistakes::add;
use super::probe::Probe;
use super::shell::word::{Why, with_braces};
use super::shell::{Redirect, Simple, Word};
use super::source::is_frozen;
use crate::time::{GoDuration, parse_duration};
pub(super) use others::ends_container;

/// What a simple command looks at; more than one probe if all must pass.
pub(super) fn read(program: &str, simple: &Simple, notes: &mut Vec<String>) -> Result<Vec<Probe>, Why> {
    let one = |probe: Result<Probe, Why>| probe.map(|probe| vec![probe]);
    match program {
        "curl" => one(curl::read(&arguments_of(program, simple, notes)?, merges_stderr(simple), notes)),
        "wget" => wget::read(&arguments_of(program, simple, notes)?, merges_stderr(simple), notes),
        "nc" | "ncat" | "netcat" => one(netcat::read(&arguments(simple)?)),
        "pg_isready" => Ok(vec![database::pg_isready(&arguments(simple)?, notes)]),
        "redis-cli" | "valkey-cli" | "keydb-cli" => database::redis(program, simple, notes),
        "mysqladmin" | "mariadb-admin" => Ok(vec![database::mysqladmin(simple, notes)]),
        "mongosh" | "mongo" => database::mongosh(simple),
        "rabbitmq-diagnostics" => database::rabbitmq(simple, notes),
        "python" | "python3" | "python2" => one(one_liner::python(simple, notes)),
        "node" | "nodejs" | "bun" | "deno" => one(one_liner::node(simple, notes)),
        "grpc_health_probe" => one(others::grpc_health_probe(&arguments(simple)?)),
        "wait-for-it" | "wait-for-it.sh" => one(others::wait_for_it(&arguments(simple)?)),
        "kill" => Ok(vec![others::kill(simple)]),
        "ls" | "cat" if others::file(simple).is_some() => Ok(others::file(simple).into_iter().collect()),
        "hinit" => Ok(vec![foreign::probe(simple, "it is hinit's already")]),
        _ => Ok(vec![foreign::probe(simple, &foreign::why(program, simple, notes))]),
    }
}

/// `2>&1`.
fn merges_stderr(simple: &Simple) -> bool {
    let merges = |redirect: &Redirect| {
        redirect.fd == 2 && redirect.operator == ">&" && redirect.to.as_text().as_deref() == Some("1")
    };
    simple.redirects.iter().any(merges)
}

/// Whether a `$` may be the program's own, in a script it is given.
pub(super) fn has_variables_of_its_own(program: &str) -> bool {
    ["python", "python3", "python2", "node", "nodejs", "bun", "deno", "mongosh", "mongo"].contains(&program)
}

/// The words after the program, in hinit's notation.
fn arguments(simple: &Simple) -> Result<Vec<String>, Why> {
    simple.words.iter().skip(1).map(|word: &Word| Ok(with_braces(&word.in_hinit()?))).collect()
}

/// The same; where only a shell can tell them, hinit may still take the program's place.
fn arguments_of(program: &str, simple: &Simple, notes: &mut Vec<String>) -> Result<Vec<String>, Why> {
    let arguments = arguments(simple);
    if arguments.is_err() {
        add(notes, format!("copied to /usr/bin/{program}, hinit runs this line as it is, without {program}"));
    }
    arguments
}

/// `5`, `0.5`, `10s`, `1m` as timeout and curl write them, in Docker's notation.
pub(super) fn seconds(text: &str) -> Option<String> {
    if text.starts_with("${") && text.ends_with('}') {
        return Some(format!("{text}s"));
    }
    let unit = if text.ends_with(|c: char| c.is_ascii_digit()) { "s" } else { "" };
    let limit = parse_duration(&format!("{text}{unit}")).ok()?;
    // 0 means no limit.
    (!limit.is_zero()).then(|| GoDuration(limit).to_string())
}

/// A word as a shell, or hinit's own splitting, takes it for one.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,?[]{}~^$!*".contains(c) || is_frozen(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A URL as curl and wget take it: `localhost:8080/x` is http.
fn with_scheme(url: &str) -> Result<String, Why> {
    let url = url.trim();
    match url.split_once("://") {
        Some((scheme, rest)) if ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) => {
            Ok(format!("{}://{rest}", scheme.to_ascii_lowercase()))
        }
        Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => {
            Err(format!("it asks for a {scheme}:// URL, which hinit does not speak"))
        }
        None if variable_first(url) == Some(url) => Ok(url.to_owned()),
        _ if url.is_empty() => Err("its URL is empty".into()),
        _ => Ok(format!("http://{url}")),
    }
}

/// The URL of a library, which has its scheme; a variable at its start too.
fn url_probe(url: &str) -> Result<Probe, Why> {
    match variable_first(url) {
        Some(_) if !url.contains(char::is_whitespace) => Ok(Probe::new(url)),
        _ => http_probe(url, &mut Vec::new()),
    }
}

/// The variable that a text begins with: of the shell, or of compose.
fn variable_first(text: &str) -> Option<&str> {
    let end = match text.chars().next() {
        Some(c) if is_frozen(c) => c.len_utf8(),
        _ => text.strip_prefix("${")?.find('}')? + 3,
    };
    text.get(..end)
}

/// `http://h/a b` cannot go on the wire.
fn http_probe(url: &str, notes: &mut Vec<String>) -> Result<Probe, Why> {
    let target = with_scheme(url)?;
    if target != url
        && let Some(name) = variable_first(url).filter(|name| *name != "${HOSTNAME}")
    {
        add(notes, format!("http:// stands before {name}; take it away if {name} begins with it"));
    }
    if target.contains(char::is_whitespace) {
        return Err(format!("its URL '{url}' has a blank in it"));
    }
    Ok(Probe::new(target))
}

// Without TLS https:// is left, as hinit would refuse it.
#[cfg(test)]
#[cfg(feature = "tls")]
mod tests;
