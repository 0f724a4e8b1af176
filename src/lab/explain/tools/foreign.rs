//! Programs that hinit can only run, and why it has nothing better.

use super::quoted;
use crate::lab::explain::mistakes::add;
use crate::lab::explain::probe::Probe;
use crate::lab::explain::shell::{Simple, Word};

pub(crate) const SCRIPT: &str = "it runs a script of the image's own";
const PROCESS: &str = "it looks for a process by its name; hinit ends or restarts when its own app ends, and pid:// takes a PID file";

const MARIADB: &str = "MariaDB's healthcheck.sh also looks inside the database, as a user of its own; \
                       mysql:// says only that it takes connections";
pub(super) const MONGO: &str = "mongosh runs a script; mongodb:// says only that the server is ready";

/// The command as it is.
pub(crate) fn probe(simple: &Simple, why: &str) -> Probe {
    let words = simple.words.iter().map(|word| quoted(&word.in_hinit().unwrap_or_default()));
    Probe::foreign(&words.collect::<Vec<_>>().join(" "), why)
}

/// Why there is no target for this program.
pub(super) fn why(program: &str, simple: &Simple, notes: &mut Vec<String>) -> String {
    if is_version(simple) {
        add(notes, "it asks a program for its version, which says nothing about the running one");
    }
    if ["nginx", "httpd", "apachectl", "apache2ctl"].contains(&program) && is_test(simple) {
        add(notes, "it checks a configuration file, which says nothing about the running server");
    }
    let is_mariadbs =
        |word: &Word| word.as_text().is_some_and(|text| text == "--connect" || text.starts_with("--innodb"));
    if program == "healthcheck.sh" && simple.words.iter().any(is_mariadbs) {
        return MARIADB.into();
    }
    why_by_name(program)
}

fn why_by_name(program: &str) -> String {
    match program {
        "ps" | "pgrep" | "pidof" => PROCESS.into(),
        "psql" => query(program, "postgres://"),
        "mysql" | "mariadb" | "obclient" => query(program, "mysql://"),
        "clickhouse-client" => query(program, "http://:8123/ping"),
        "sqlcmd" => query(program, "tcp://:1433"),
        "mongosh" | "mongo" => MONGO.into(),
        "ldapsearch" => "hinit speaks no LDAP; tcp://:389 says only that the server takes connections".into(),
        "dig" | "drill" | "drill-hc" | "nslookup" => {
            "hinit asks no DNS server; tcp://127.0.0.1:53 says only that it takes connections".into()
        }
        "netstat" | "ss" => "it looks for a socket in a list; tcp:// connects to it".into(),
        "celery" => "it asks the workers through the app's message broker".into(),
        "ruby" | "php" | "perl" => format!("explain does not read {program}"),
        "ls" | "cat" => "hinit has no target for such a test of files and texts".into(),
        _ if program.rsplit('.').next() == Some("sh") => SCRIPT.into(),
        _ if program.contains("health") => "it runs a health check of the image's own".into(),
        _ => own(program),
    }
}

/// What a client that logs in asks, and the target that comes next to it.
fn query(program: &str, target: &str) -> String {
    format!("{program} asks the database as a user of its own; {target} says only that it takes connections")
}

fn own(program: &str) -> String {
    format!("it runs {program}, a program of the image's own")
}

fn is_version(simple: &Simple) -> bool {
    let last = simple.words.last().and_then(Word::as_text);
    matches!(last.as_deref(), Some("--version" | "version"))
}

/// `nginx -t`, `apachectl configtest`.
fn is_test(simple: &Simple) -> bool {
    let says = |word: &Word| word.as_text().is_some_and(|text| text == "-t" || text == "configtest");
    simple.words.iter().skip(1).any(says)
}

/// The same for a pipeline, by the first program that says something of its own.
pub(crate) fn why_pipeline(text: &str, notes: &mut Vec<String>) -> String {
    let programs: Vec<&str> = text.split('|').filter_map(program_of).collect();
    let first = programs.iter().find(|program| !["echo", "printf", "exit"].contains(program));
    // `[w]orker` does not match itself, and `grep -v grep` takes it away.
    let finds_itself = !text.contains('[') && !text.contains("grep -v grep") && programs.contains(&"grep");
    if first == Some(&"ps") && finds_itself {
        add(notes, "ps | grep finds the grep itself, so it always passes");
    }
    first.map_or_else(|| SCRIPT.to_owned(), |program| why_by_name(program))
}

fn program_of(command: &str) -> Option<&str> {
    let word = command
        .trim_start_matches(['(', ' '])
        .split_whitespace()
        .find(|word| *word != "env" && !word.contains('='))?;
    Some(word.rsplit('/').next().unwrap_or(word))
}
