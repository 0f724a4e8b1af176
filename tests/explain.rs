//! `hinit explain` over 1,055 real health checks, and as a user calls it.
#![cfg(all(feature = "lab", feature = "tls"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "common/skipped.rs"]
mod skipped;

use hinit::testing::error::Error;
use hinit::testing::lab::explain::{Explained, Kind, OutputFormat, Rule, explain};
use hinit::testing::plan::probe::{Probe, options};
use hinit::testing::time::parse_duration;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;
use regex_lite::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The checks of one kind.
#[derive(Default)]
struct Share {
    total: usize,
    /// Reason and old line of each check without an equivalent.
    unsupported: Vec<(String, String)>,
}

/// The kinds that hinit supports, and how many of them may have no equivalent:
/// scripts in files, and curl's URL in a file or printed by a script.
const SUPPORTED: [(&str, usize); 8] = [
    ("curl", 4),
    ("wget", 0),
    ("nc", 0),
    ("/dev/tcp", 0),
    ("python", 6),
    ("node", 1),
    ("database ping", 0),
    ("grpc", 0),
];

fn corpus() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.ancestors().map(|dir| dir.join("shared/corpus/healthchecks.jsonl")).find(|path| path.exists())
}

/// Every real check: its kind and its text.
fn real_checks() -> Vec<(String, String)> {
    let Some(path) = corpus() else {
        skipped::skip("the corpus of health checks", "there is no ../shared/corpus/healthchecks.jsonl");
        return Vec::new();
    };
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| (kind(&row), row["raw"].as_str().unwrap().to_owned())).collect()
}

/// The kind of the corpus, split further for those that hinit supports.
fn kind(row: &Value) -> String {
    let (raw, kind) = (row["raw"].as_str().unwrap(), row["kind"].as_str().unwrap());
    let has = |words: &[&str]| words.iter().any(|word| raw.contains(word));
    let pings = ["pg_isready", "redis-cli", "valkey-cli", "keydb-cli", "mysqladmin", "mariadb-admin"];
    let kind = match kind {
        _ if raw.contains("/dev/tcp/") => "/dev/tcp",
        "other" if raw.contains("nc ") => "nc",
        "db-client" if has(&pings) => "database ping",
        "custom" if raw.contains("grpc_health_probe") => "grpc",
        kind => kind,
    };
    kind.to_owned()
}

fn one(raw: &str) -> Explained {
    let mut checks = explain(raw, Kind::Line).unwrap_or_else(|error| panic!("{raw}: {error}"));
    assert_eq!(checks.len(), 1, "{raw}");
    checks.remove(0)
}

#[test]
fn translates_every_real_check_or_gives_a_reason() {
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for (kind, raw) in real_checks() {
        let explained = one(&raw);
        let share = shares.entry(kind).or_default();
        share.total += 1;
        if let Err(why) = explained.health_check {
            assert!(why.len() > 10, "no reason for {raw}");
            share.unsupported.push((why, explained.old));
        }
    }
    print!("{}", table(&shares));
    for (kind, most) in SUPPORTED {
        let unsupported = shares.get(kind).map_or(&[][..], |share| &share.unsupported);
        assert!(unsupported.len() <= most, "{kind}: more than {most} without an equivalent: {unsupported:?}");
    }
}

/// Shares by kind; for the supported kinds each check without an equivalent.
fn table(shares: &BTreeMap<String, Share>) -> String {
    let mut out = String::new();
    for (kind, share) in shares {
        let translated = share.total - share.unsupported.len();
        let _ = writeln!(out, "{kind:14} {translated:4} of {:4} translated", share.total);
        for (why, old) in
            share.unsupported.iter().filter(|_| SUPPORTED.iter().any(|(supported, _)| supported == kind))
        {
            let _ = writeln!(out, "      none: {old}\n            {why}");
        }
    }
    out
}

#[test]
fn writes_only_lines_that_hinit_accepts() {
    let (mut probes, mut entrypoints) = (0, 0);
    for (_, raw) in real_checks() {
        let explained = one(&raw);
        for words in explained.health_check.iter().flat_map(|line| probes_of(line)) {
            options::parse(&words, &variable).unwrap_or_else(|error| panic!("{raw}: {words:?}: {error}"));
            probes += 1;
        }
        if let Some(line) = explained.entrypoint {
            parse_entrypoint(&line);
            entrypoints += 1;
        }
    }
    println!("{probes} probes and {entrypoints} entrypoints are accepted");
}

/// The arguments of each `/hinit probe` of a HEALTHCHECK line or a `test:`.
fn probes_of(line: &str) -> Vec<Vec<String>> {
    let words: Vec<String> = if let Some(list) = line.strip_prefix("test: ") {
        let words: Vec<String> = serde_json::from_str(list).unwrap();
        words.iter().map(|word| filled_in(word, "1")).collect()
    } else {
        let (_, command) = line.split_once("CMD ").unwrap();
        serde_json::from_str(command).unwrap_or_else(|_| vec!["CMD-SHELL".into(), command.into()])
    };
    let words = match words.as_slice() {
        [form, script] if form == "CMD-SHELL" => shlex::split(script).unwrap(),
        [form, words @ ..] if form == "CMD" => words.to_vec(),
        _ => words,
    };
    let commands = words.split(|word| word == "&&" || word == "||");
    commands.map(|words| words.strip_prefix(&["/hinit".into(), "probe".into()]).unwrap().to_vec()).collect()
}

/// Parses the options of PID 1, each by its own parser.
fn parse_entrypoint(line: &str) {
    let (compose, list) = match line.strip_prefix("ENTRYPOINT ") {
        Some(list) => (false, list),
        None => (true, line.strip_prefix("entrypoint: ").unwrap()),
    };
    let words: Vec<String> = serde_json::from_str(list).unwrap();
    let options = words.strip_prefix(&["/hinit".to_owned()]).unwrap();
    let mut options = options.strip_suffix(&["--".to_owned()]).unwrap().iter();
    while let Some(option) = options.next() {
        let mut value = |variable| match options.next() {
            Some(word) if compose => filled_in(word, variable),
            Some(word) => word.clone(),
            None => panic!("{option} has no value: {line}"),
        };
        let read = match option.as_str() {
            "--health" => Probe::from_text(&value("1"), &variable).map(drop),
            "--health-cmd" => Probe::from_command(&value("1")).map(drop),
            "--health-retries" => {
                value("1").parse::<u32>().map(drop).map_err(|error| Error::new(error.to_string()))
            }
            "--no-healthcheck" => Ok(()),
            _ if option.starts_with("--health-") => parse_duration(&value("1s")).map(drop),
            _ => panic!("{option}: {line}"),
        };
        read.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

/// With compose's variables filled in, as compose does it: `$$` is a `$`.
///
/// A variable behind digits is a path, as in `:9091${BASE}/health`; elsewhere
/// it may be a port.
fn filled_in(word: &str, variable: &str) -> String {
    let own = Regex::new(r"\$(\$|\{[^{}]*\}|\w+)").unwrap();
    let (mut text, mut end) = (String::new(), 0);
    for found in own.find_iter(word) {
        text += &word[end..found.start()];
        end = found.end();
        match found.as_str() {
            "$$" => text.push('$'),
            _ if text.ends_with(|before: char| before.is_ascii_digit()) => {}
            _ => text += variable,
        }
    }
    text + &word[end..]
}

#[allow(clippy::unnecessary_wraps, reason = "the signature of a lookup")]
fn variable(name: &str) -> Option<String> {
    Some(if name.ends_with("URL") { "http://localhost/".into() } else { "1".to_owned() })
}

/// What stands around a check.
const FILES: [&str; 4] = [
    "ARG V=1\nFROM nginx:$V AS a\nSTOPSIGNAL $S\nARG PORT=80\nENV A=b PORT=$PORT\nEXPOSE $PORT 53/udp\n",
    "FROM a\nENTRYPOINT [\"tini\", \"-g\", \"-e\", \"143\", \"--\", \"app\"]\nCMD dumb-init -r 15:3 app\nUSER app\n",
    "FROM b AS c\nONBUILD HEALTHCHECK CMD nc -z h $PORT\nFROM c\nSHELL [\"/bin/bash\", \"-c\"]\nHEALTHCHECK CMD ",
    "services:\n  a:\n    image: php:fpm\n    init: true\n    entrypoint: tini -- a\n    stop_signal: ${S}\n    healthcheck:\n      test: ",
];

/// A real check, cut and joined to a piece of another.
fn damaged(checks: Vec<String>) -> impl Strategy<Value = String> {
    let piece = select(checks);
    (piece.clone(), piece, any::<Index>(), any::<Index>(), "[$`'\"(){}|&;<>\\\\\\[\\]\n ]{0,3}").prop_map(
        |(first, second, cut, from, glue)| {
            let first: String = first.chars().take(cut.index(first.chars().count() + 1)).collect();
            let second: String = second.chars().skip(from.index(second.chars().count() + 1)).collect();
            first + &glue + &second
        },
    )
}

#[test]
fn prints_one_line_an_item_for_any_input() {
    let mut checks: Vec<String> = real_checks().into_iter().map(|(_, raw)| raw).collect();
    checks.push("HEALTHCHECK CMD curl -f http://localhost/ || exit 1".into());
    checks.extend(FILES.map(str::to_owned));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(3000));
    let check_lines = |text: String| {
        for kind in [Kind::Line, Kind::File] {
            for check in explain(&text, kind).unwrap_or_default() {
                let shown = check.to_string();
                prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{}", shown);
                let optional =
                    usize::from(!check.location.is_empty()) + usize::from(check.entrypoint.is_some());
                prop_assert_eq!(shown.lines().count(), 2 + optional + check.notes.len(), "{}", shown);
            }
            let checks = explain(&text, kind).unwrap_or_default();
            for format in ["json", "sarif"] {
                let printed = OutputFormat::parse(format).unwrap().print(&checks, Some("a"));
                prop_assert!(serde_json::from_str::<Value>(&printed).is_ok(), "{}", printed);
            }
            let commands = OutputFormat::Github.print(&checks, Some("a"));
            prop_assert!(commands.lines().all(|line| line.starts_with("::")), "{}", commands);
        }
        Ok(())
    };
    runner.run(&damaged(checks), check_lines).unwrap();
}

#[test]
fn rejects_deep_nesting() {
    for line in ["env ".repeat(10_000) + "x", "timeout 1 ".repeat(10_000) + "x", "(".repeat(100_000)] {
        let why = one(&line).health_check.unwrap_err();
        assert!(why.contains("nested too deeply"), "{why}");
    }
}

/// Exit code, stdout and stderr.
fn hinit(words: &[&str], stdin: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hinit"))
        .arg("explain")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const REPORT: &str = r#"  old:   HEALTHCHECK CMD curl http://localhost/
  new:   HEALTHCHECK CMD ["/hinit", "probe", "http://localhost/"]
  PID 1: ENTRYPOINT ["/hinit", "--health", "http://localhost/", "--"]
  note:  curl without -f succeeds for status 500; hinit requires 200-399
"#;

#[test]
fn explains_a_line_and_what_comes_by_stdin() {
    let line = "HEALTHCHECK CMD curl http://localhost/";
    assert_eq!(hinit(&[line], ""), (0, REPORT.into(), String::new()));
    assert_eq!(hinit(&["-"], &format!("{line}\n")), (0, REPORT.into(), String::new()));
    let (code, stdout, _) = hinit(&["-"], &format!("FROM a\n{line}\n"));
    assert_eq!((code, stdout), (0, format!("line 2:\n{REPORT}")));
}

#[test]
fn explains_a_file() {
    let path = std::env::temp_dir().join(format!("hinit-explain-{}.yaml", std::process::id()));
    std::fs::write(&path, "services: {a: {healthcheck: {test: [CMD, nc, -z, h, '1']}}}\n").unwrap();
    let (code, stdout, stderr) = hinit(&[path.to_str().unwrap()], "");
    std::fs::remove_file(&path).unwrap();
    assert!(code == 0 && stdout.starts_with("service a:\n") && stderr.is_empty(), "{stdout}{stderr}");
    assert!(stdout.contains(r#"new:   test: ["CMD", "/hinit", "probe", "tcp://h:1"]"#), "{stdout}");
    let json = r#"{"services": {"a": {"healthcheck": {"test": ["CMD", "nc", "-z", "h", "1"]}}}}"#;
    assert_eq!(hinit(&["-"], json).1, stdout);
}

#[test]
fn fails_only_for_what_it_cannot_parse() {
    let (code, stdout, _) = hinit(&["pgrep nginx"], "");
    assert!(code == 0 && stdout.contains("  new:   none: it finds a process"), "{stdout}");
    let file = |name: &str| format!("/no/such/{name}");
    for (words, stdin) in [
        (vec![], ""),
        (vec!["a", "b"], ""),
        (vec!["--nope"], ""),
        (vec![""], ""),
        (vec!["HEALTHCHECK"], ""),
        (vec![file("Dockerfile").as_str()], ""),
        (vec!["/"], ""),
        (vec!["-"], ""),
        (vec!["-"], "EXPOSE 80\nUSER b\n"),
        (vec!["--format", "xml", "nc -z h 1"], ""),
        (vec!["--format"], ""),
        (vec!["HEALTHCHECK --x=1 CMD y"], ""),
    ] {
        let (code, stdout, stderr) = hinit(&words, stdin);
        assert_eq!((code, stdout.as_str(), stderr.lines().count()), (1, "", 1), "{words:?}: {stderr}");
        assert!(stderr.starts_with("hinit: error: "), "{stderr}");
    }
}

#[test]
fn proposes_a_check_for_a_dockerfile_without_one() {
    let (code, stdout, stderr) = hinit(&["-"], "FROM a\nEXPOSE 8080\nUSER app\nCMD [\"app\"]\n");
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with("line 1:\n  old:   none\n"), "{stdout}");
    assert!(stdout.contains(r#"new:   HEALTHCHECK CMD ["/hinit", "probe", "http://:8080/"]"#), "{stdout}");
    assert_eq!(hinit(&["-"], "FROM a\nUSER b\n").0, 0);
}

#[test]
fn keeps_the_user_of_every_real_pg_isready() {
    let with_user = Regex::new(r#"pg_isready[^|&;]*([\s"]-U|--username|//[^/@]+@)"#).unwrap();
    let mut count = 0;
    for (_, raw) in real_checks().into_iter().filter(|(_, raw)| with_user.is_match(raw)) {
        let targets: Vec<String> = one(&raw).probe_args.into_iter().map(|args| args[0].clone()).collect();
        assert!(
            targets.iter().any(|target| target.starts_with("postgres://") && target.contains('@')),
            "{raw}"
        );
        count += 1;
    }
    println!("{count} checks name a user");
}

/// A Dockerfile with a mistake of each level, and one without an equivalent.
const MISTAKES: &str = "FROM nginx:1.27
HEALTHCHECK CMD curl http://localhost/100%,a || exit 0
ONBUILD HEALTHCHECK CMD pgrep nginx
";

/// What explain prints of `text` in a format, as a file of an odd name.
fn in_format(format: &str, text: &str) -> String {
    let directory = std::env::temp_dir().join(format!("hinit-explain-{format}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("a,b c"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_hinit"))
        .args(["explain", "--format", format, "a,b c"])
        .current_dir(&directory)
        .output()
        .unwrap();
    std::fs::remove_dir_all(directory).unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn prints_an_object_for_each_check_as_json() {
    let checks: Value = serde_json::from_str(&in_format("json", MISTAKES)).unwrap();
    let checks = checks.as_array().unwrap();
    assert_eq!(checks.len(), 2);
    for check in checks {
        let keys: Vec<&str> = check.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = ["file", "line", "location", "new", "notes", "old", "pid1", "reason", "schema"];
        assert_eq!(keys, expected);
        assert_eq!((&check["schema"], &check["file"]), (&Value::from(1), &Value::from("a,b c")));
        assert_ne!(check["new"].is_null(), check["reason"].is_null());
    }
    let notes: Vec<String> = checks[0]["notes"].as_array().unwrap().iter().map(summary).collect();
    assert_eq!(
        notes,
        ["error always-passes 2", "warning error-status-passes 2", "note inherited-stop-signal 1"]
    );
    assert_eq!(checks[1]["line"], 3);
    let line: Value = serde_json::from_str(&hinit(&["--format=json", "curl http://h/"], "").1).unwrap();
    assert!(line[0]["file"].is_null() && line[0]["notes"][0]["line"].is_null(), "{line}");
}

fn summary(note: &Value) -> String {
    format!("{} {} {}", note["level"].as_str().unwrap(), note["id"].as_str().unwrap(), note["line"])
}

#[test]
fn prints_workflow_commands_for_github() {
    let expected = [
        "::error file=a%2Cb c,line=2,title=always-passes::it always passes: ",
        "::warning file=a%2Cb c,line=2,title=error-status-passes::curl without -f ",
        "::notice file=a%2Cb c,line=1,title=inherited-stop-signal::nginx:1.27 has STOPSIGNAL SIGQUIT",
        "::notice file=a%2Cb c,line=3,title=no-equivalent::no equivalent: it finds a process",
    ];
    let printed = in_format("github", MISTAKES);
    let lines: Vec<&str> = printed.lines().collect();
    assert!(expected.iter().all(|start| lines.iter().any(|line| line.starts_with(start))), "{printed}");
    assert!(lines.iter().all(|line| line.starts_with("::")), "{printed}");
    assert_eq!(hinit(&["--format", "github", "curl -f http://h/"], ""), (0, String::new(), String::new()));
    let percent = hinit(&["--format", "github", "curl -f http://h/; nc -z 100% 1"], "").1;
    assert!(percent.starts_with("::warning title=") || percent.starts_with("::notice title="), "{percent}");
    assert!(!percent.contains("100% ") && percent.contains("100%25"), "{percent}");
}

#[test]
fn prints_a_log_in_sarif() {
    let printed = in_format("sarif", MISTAKES);
    let log: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!(driver["name"], "hinit explain");
    let rules = driver["rules"].as_array().unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() >= 4, "{printed}");
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(
            (&rule["id"], &rule["defaultConfiguration"]["level"]),
            (&result["ruleId"], &result["level"])
        );
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "a%2Cb%20c");
        assert!(location["region"]["startLine"].as_u64().unwrap() > 0);
    }
    validate_sarif(&printed);
    let of_line = hinit(&["--format", "sarif", "curl http://h/"], "").1;
    assert!(!of_line.contains("locations"), "a line by itself has no location: {of_line}");
    validate_sarif(&of_line);
    validate_sarif(&hinit(&["--format", "sarif", "curl -f http://h/"], "").1);
}

/// Validates a log by the classes that the package pydantic-sarif generates
/// from the schema, where it is installed.
fn validate_sarif(log: &str) {
    const SCRIPT: &str = "
import sys
try:
    from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log
except ImportError:
    sys.exit(77)
Log.model_validate_json(sys.stdin.read())
";
    let python = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut python) = python else {
        return skipped::impossible("the schema of SARIF", "there is no python3");
    };
    let _ = python.stdin.take().unwrap().write_all(log.as_bytes());
    let output = python.wait_with_output().unwrap();
    match output.status.code() {
        Some(0) => {}
        Some(77) => skipped::impossible("the schema of SARIF", "pydantic-sarif is not installed"),
        _ => panic!("{}\n{log}", String::from_utf8_lossy(&output.stderr)),
    }
}

#[test]
fn documents_every_rule() {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/explain.md")).unwrap();
    let (_, rules) = document.split_once("\n## Rules\n").unwrap();
    let rules = rules.split("\n## ").next().unwrap();
    let listed: Vec<&str> =
        rules.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    for rule in Rule::all() {
        let row = format!(
            "| `{}` | {} | {} |",
            rule.id(),
            rule.level().name(),
            rule.summary().trim_end_matches('.')
        );
        assert!(rules.contains(&row), "docs/explain.md lacks the row\n{row}");
    }
    let known: Vec<&str> = Rule::all().map(Rule::id).collect();
    assert_eq!(listed, known);
}
