//! Commands that hinit can only execute, and why they have no equivalent.

use super::notes::{Notes, Reason};
use super::probe_command::ProbeCommand;
use super::quote::quote;
use super::rules::Rule;
use super::shell::ast::SimpleCommand;
use super::shell::word::Word;

pub(super) const SCRIPT: &str = "it runs a script from the image";
pub(super) const MONGODB_SCRIPT: &str =
    "mongosh runs a script; mongodb:// checks only that the server is ready";
pub(super) const FILE_OR_STRING_TEST: &str = "hinit has no target for this test of files or strings";
pub(super) const OUTPUT_COMPARISON: &str = "hinit has no option for this comparison of a command's output";
const PROCESS: &str =
    "it finds a process by its name; PID 1 already handles the exit of its app, and pid:// checks a PID file";
const MARIADB: &str = "MariaDB's healthcheck.sh also queries the database as its own user; \
                       mysql:// checks only that the server accepts connections";

/// Executes the command unchanged.
pub(super) fn probe(command: &SimpleCommand, reason: &str) -> ProbeCommand {
    let args = command.argv.iter().map(|word| quote(&word.to_hinit().unwrap_or_default()));
    ProbeCommand::unsupported(&args.collect::<Vec<_>>().join(" "), reason)
}

/// Why a program has no equivalent.
pub(super) fn reason(program: &str, command: &SimpleCommand, notes: &mut Notes) -> Reason {
    if prints_version(command) {
        notes.add(
            Rule::VersionCheck,
            "it prints the version of a program, which does not check the running one",
        );
    }
    if ["nginx", "httpd", "apachectl", "apache2ctl"].contains(&program) && tests_configuration(command) {
        notes.add(
            Rule::ConfigurationCheck,
            "it checks a configuration file, which does not check the running server",
        );
    }
    let is_mariadb =
        |word: &Word| word.as_text().is_some_and(|text| text == "--connect" || text.starts_with("--innodb"));
    if program == "healthcheck.sh" && command.argv.iter().any(is_mariadb) {
        return MARIADB.into();
    }
    reason_by_name(program)
}

fn reason_by_name(program: &str) -> Reason {
    match program {
        "ps" | "pgrep" | "pidof" => PROCESS.into(),
        "psql" => query(program, "postgres://"),
        "mysql" | "mariadb" | "obclient" => query(program, "mysql://"),
        "clickhouse-client" => query(program, "http://:8123/ping"),
        "sqlcmd" => query(program, "tcp://:1433"),
        "mongosh" | "mongo" => MONGODB_SCRIPT.into(),
        "ldapsearch" => {
            "hinit does not support LDAP; tcp://:389 checks only that the server accepts connections".into()
        }
        "dig" | "drill" | "drill-hc" | "nslookup" => {
            "hinit does not support DNS; tcp://127.0.0.1:53 checks only that the server accepts connections"
                .into()
        }
        "netstat" | "ss" => "it searches the list of sockets; tcp:// connects to a port".into(),
        "celery" => "it contacts the workers through the app's message broker".into(),
        "ruby" | "php" | "perl" => format!("explain does not support {program} scripts"),
        "ls" | "cat" => FILE_OR_STRING_TEST.into(),
        _ if program.rsplit('.').next() == Some("sh") => SCRIPT.into(),
        _ if program.contains("health") => "it runs a health check program from the image".into(),
        _ => format!("it runs {program}, a program from the image"),
    }
}

/// Why a client that logs in has no equivalent, and the nearest target.
fn query(program: &str, target: &str) -> Reason {
    format!(
        "{program} queries the database as its own user; {target} checks only that the server accepts connections"
    )
}

fn prints_version(command: &SimpleCommand) -> bool {
    let last = command.argv.last().and_then(Word::as_text);
    matches!(last.as_deref(), Some("--version" | "version"))
}

/// `nginx -t`, `apachectl configtest`.
fn tests_configuration(command: &SimpleCommand) -> bool {
    let is_test = |word: &Word| word.as_text().is_some_and(|text| text == "-t" || text == "configtest");
    command.argv.iter().skip(1).any(is_test)
}

/// Why a pipeline has no equivalent: by its first program, except echo and the like.
pub(super) fn pipeline_reason(text: &str, notes: &mut Notes) -> Reason {
    let programs: Vec<&str> = text.split('|').filter_map(program_of).collect();
    let first = programs.iter().find(|program| !["echo", "printf", "exit"].contains(program));
    // `[w]orker` does not match itself, and `grep -v grep` drops the match.
    let finds_itself = !text.contains('[') && !text.contains("grep -v grep") && programs.contains(&"grep");
    if first == Some(&"ps") && finds_itself {
        notes.add(Rule::FindsItself, "ps | grep also finds the grep process, so it always passes");
    }
    first.map_or_else(|| SCRIPT.to_owned(), |program| reason_by_name(program))
}

fn program_of(command: &str) -> Option<&str> {
    let word = command
        .trim_start_matches(['(', ' '])
        .split_whitespace()
        .find(|word| *word != "env" && !word.contains('='))?;
    Some(word.rsplit('/').next().unwrap_or(word))
}
