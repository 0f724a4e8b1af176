//! What the README shows is what works: its commands, its options. Its Dockerfile
//! is what `tests/container.rs` builds.
//!
//! The other documents name only files, tests and sections that exist.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const HINIT: &str = env!("CARGO_BIN_EXE_hinit");

fn readme() -> String {
    document("README.md")
}

fn document(path: &str) -> String {
    fs::read_to_string(in_repository(path)).unwrap()
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The example app, which cargo builds beside the tests.
fn web() -> PathBuf {
    let deps = env::current_exe().unwrap();
    deps.ancestors().nth(2).unwrap().join("examples/web")
}

#[test]
fn there_are_two_commands_and_they_are_the_ones_tested() {
    let text = readme();
    let commands: Vec<&str> =
        text.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).map(str::trim).collect();
    assert_eq!(commands, ["examples/demo", "cargo test"]);
}

#[test]
fn the_demo_shows_healthy_unhealthy_healthy_and_a_clean_stop() {
    let demo = Command::new(in_repository("examples/demo"))
        .env("DEMO_BIN", HINIT)
        .env("DEMO_WEB", web())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&demo.stdout);
    assert!(demo.status.success(), "{said}{}", String::from_utf8_lossy(&demo.stderr));
    assert!(said.contains("== Done: healthy, unhealthy, healthy again, stopped."), "{said}");
}

/// A session as at a terminal: a command after `$ `, and what it prints.
#[test]
fn each_session_it_shows_prints_just_that() {
    if cfg!(not(feature = "lab")) {
        return;
    }
    let text = readme();
    let sessions: Vec<&str> =
        text.split("```text\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    assert_eq!(sessions.len(), 1, "they are all of one command");
    for session in sessions {
        let (command, printed) = session.split_once('\n').unwrap();
        let command = command.strip_prefix("$ hinit ").unwrap();
        let words = format!("exec \"$0\" {command}");
        let output = Command::new("sh").args(["-c", &words, HINIT]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), printed);
    }
}

/// What stands between backquotes, line by line; fenced blocks are left out.
fn code_spans(text: &str) -> Vec<String> {
    let prose = text.split("```").step_by(2);
    let spans = prose.flat_map(str::lines).flat_map(|line| line.split('`').skip(1).step_by(2));
    spans.map(str::to_owned).collect()
}

#[test]
fn every_verb_it_names_is_one() {
    let verbs: BTreeSet<String> = code_spans(&readme())
        .iter()
        .filter_map(|span| span.strip_prefix("hinit ")?.split_whitespace().next().map(str::to_owned))
        .filter(|word| !word.starts_with('-'))
        .filter(|verb| cfg!(feature = "lab") || !IN_THE_LAB.contains(&verb.as_str()))
        .collect();
    assert!(verbs.len() >= 2, "{verbs:?}");
    for verb in verbs {
        let output = Command::new(HINIT).args([verb.as_str(), "--help"]).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && help.contains(&format!("hinit {verb}")), "{verb}: {help}");
    }
}

/// The verbs of hinit-full alone.
const IN_THE_LAB: [&str; 3] = ["explain", "completions", "man"];

#[cfg(feature = "lab")]
#[test]
fn completions_for_each_shell_and_the_manual_page_are_printed() {
    let print = |words: &[&str]| {
        let output = Command::new(HINIT).args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for shell in ["bash", "zsh", "fish"] {
        let command = format!("hinit completions {shell} > ");
        assert!(readme().contains(&command), "{command} is not in the README");
        assert!(print(&["completions", shell]).contains("health-interval"), "{shell}");
    }
    assert!(print(&["man"]).contains(".TH"));
}

/// A word that is reserved is a program's name after two dashes.
#[test]
fn a_program_of_a_reserved_name_starts_as_it_shows() {
    assert!(readme().contains("`hinit -- test -f /data/ready`"));
    for (path, code) in [("/", 1), ("/etc/passwd", 0)] {
        let status = Command::new(HINIT).args(["-q", "--", "test", "-f", path]).status().unwrap();
        assert_eq!(status.code(), Some(code), "{path}");
    }
}

/// `cargo build` and `cargo install` take the default features.
#[test]
fn the_default_flavour_is_the_full_one() {
    let manifest = document("Cargo.toml");
    let features = manifest.lines().find_map(|line| line.strip_prefix("default = ")).unwrap();
    assert!(features.contains("\"lab\"") && features.contains("\"tls\""), "{features}");
    assert!(readme().contains("`cargo install --path .` give hinit-full"));
}

const DOCUMENTS: [&str; 6] =
    ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/design.md", "docs/status.md"];

/// `src/probe/<protocol>.rs` stands for the directory.
#[test]
fn every_path_that_the_documents_name_exists() {
    let directories = ["src", "tests", "docs", "benches", "fuzz", "packaging", "examples", ".ci"];
    let mut missing = Vec::new();
    for name in DOCUMENTS {
        let text = document(name);
        for span in code_spans(&text) {
            let path = span.split(['<', ' ', '*']).next().unwrap_or_default();
            let is_path = path.split_once('/').is_some_and(|(first, _)| directories.contains(&first));
            if is_path && !in_repository(path).exists() {
                missing.push(format!("{name}: {span}"));
            }
        }
    }
    assert!(missing.is_empty(), "no such file: {missing:#?}");
}

/// tests/house checks the order of the floors.
#[test]
fn every_module_has_its_floor_in_the_design() {
    let design = document("docs/design.md");
    let rows =
        design.lines().skip_while(|line| !line.starts_with("| floor |")).take_while(|line| !line.is_empty());
    let modules: Vec<String> = rows.filter_map(|row| row.split('|').nth(2)).flat_map(code_spans).collect();
    for entry in fs::read_dir(in_repository("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let count = modules.iter().filter(|module| **module == name).count();
        assert!(
            ["lib", "main", "testing"].contains(&name.as_str()) || count == 1,
            "{name} is on {count} floors"
        );
    }
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    for name in DOCUMENTS {
        let text = document(name);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = in_repository(name).parent().unwrap().join(path);
            let linked =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {target}: {error}"));
            let has_anchor =
                linked.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor);
            assert!(anchor.is_empty() || has_anchor, "{name}: {target}");
        }
    }
}

/// The name that a heading has in a link.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    text.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
}

#[test]
fn every_test_that_security_md_names_exists() {
    let sources: String = ["src", "tests"].map(sources).concat();
    let text = document("SECURITY.md");
    let table = text.split("| tests |").nth(1).unwrap();
    let last_cells = table.lines().filter_map(|line| line.trim_end_matches(" |").rsplit('|').next());
    let tests: Vec<String> = last_cells.flat_map(code_spans).collect();
    assert!(tests.len() > 30, "{tests:?}");
    let missing: Vec<_> = tests.iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "no such test: {missing:#?}");
}

#[test]
fn the_table_of_exit_codes_is_that_of_the_code() {
    let (code, text) = (document("src/exit_code.rs"), readme());
    let table = text.split("## Exit codes").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let value = |name: &str| {
        let line =
            code.lines().find_map(|line| line.strip_prefix(&format!("pub(crate) const {name}: i32 = ")));
        line.and_then(|rest| rest.strip_suffix(';'))
            .unwrap_or_else(|| panic!("no {name} in src/exit_code.rs"))
    };
    let rows =
        [("UNHEALTHY", "| {} |"), ("TIMEOUT", "| {} |"), ("OWN_FAILURE", "| {} |"), ("SIGNAL_BASE", "{}+n")];
    for (name, form) in rows {
        let shown = form.replace("{}", value(name));
        assert!(table.contains(&shown), "{name}: no '{shown}' in the table");
    }
    let last = format!("| {}, {} |", value("NOT_EXECUTABLE"), value("NOT_FOUND"));
    assert!(table.contains(&last), "no '{last}' in the table");
    assert!(table.contains(&format!("`probe` and `status`: 0 or {} |", value("NOT_HEALTHY"))), "{table}");
}

/// packaging/dist holds the binaries to them.
#[test]
fn the_budgets_are_those_of_the_build() {
    let (build, design) = (document("packaging/dist"), document("docs/design.md"));
    for (flavour, budget) in [("hinit-slim", "600,000"), ("hinit", "1,250,000"), ("hinit-full", "5,000,000")]
    {
        let row = format!("row {flavour} {} ", budget.replace(',', ""));
        assert!(build.contains(&row), "packaging/dist has no '{row}'");
        let line = design.lines().find(|line| line.starts_with(&format!("| `{flavour}` |"))).unwrap();
        assert!(line.contains(&format!("| {budget} B")), "{line}");
    }
    assert!(readme().contains("`hinit` has at most 1.25 MB and `hinit-slim` at most 0.6 MB"));
}

/// A comment that sends its reader away says `docs/design.md, section N`.
#[test]
fn the_code_refers_to_sections_of_the_design_that_exist() {
    let design = document("docs/design.md");
    for tree in ["src", "tests", "benches"] {
        let text = sources(tree);
        for rest in text.split("docs/design.md, section ").skip(1) {
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            // This test says it too.
            assert!(number.is_empty() || design.contains(&format!("\n## {number}. ")), "section {number}");
        }
        for elsewhere in [concat!("DESIGN", " section"), concat!("in ", "DESIGN"), concat!("STYLE", ".md")] {
            assert!(!text.contains(elsewhere), "{tree}: {elsewhere}");
        }
    }
}

/// Every Rust file below a directory, one after another.
fn sources(directory: &str) -> String {
    fn add(directory: &Path, text: &mut String) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut text = String::new();
    add(&in_repository(directory), &mut text);
    text
}

#[test]
fn it_and_the_help_name_each_program_that_hinit_can_be() {
    let help = Command::new(HINIT).arg("--help").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    for name in ["tini", "docker-init", "dumb-init", "catatonit", "gosu", "su-exec", "curl", "wget"] {
        assert!(help.contains(name), "{name} is not in --help");
        assert!(readme().contains(&format!("`{name}`")), "{name} is not in the README");
    }
    let copy = "COPY --from=hinit /hinit /usr/local/bin/curl";
    assert!(help.contains(copy) && readme().contains(copy));
}

/// Options of a verb that only hinit-full has.
const OF_EXPLAIN: [&str; 1] = ["--format"];

#[test]
fn every_option_it_names_is_in_the_help() {
    let verbs = ["run", "probe", "status", "explain"].map(|verb| ("hinit", vec![verb, "--help"]));
    let names = ["curl", "wget"].map(|name| (name, vec!["--help"]));
    let help: String = [verbs.as_slice(), &names]
        .concat()
        .into_iter()
        .map(|(name, words)| Command::new(HINIT).arg0(name).args(words).output().unwrap().stdout)
        .map(|out| String::from_utf8(out).unwrap())
        .collect();
    let known = options(&help);
    let named = options(&readme());
    assert!(named.len() > 10, "{named:?}");
    let is_absent = |option: &str| cfg!(not(feature = "lab")) && OF_EXPLAIN.contains(&option);
    let is_known = |option: &str| FOREIGN.contains(&option) || is_absent(option);
    let unknown: Vec<_> = named.difference(&known).filter(|option| !is_known(option)).collect();
    assert!(unknown.is_empty(), "not in the help: {unknown:?}");
}

/// Options of cargo, pip, docker, podman and gunicorn.
const FOREIGN: [&str; 14] = [
    "--bench",
    "--path",
    "--no-default-features",
    "--features",
    "--no-cache-dir",
    "--from",
    "--init",
    "--init-path",
    "--interval",
    "--start-period",
    "--retries",
    "--bind",
    "--workers",
    "--threads",
];

fn options(text: &str) -> BTreeSet<String> {
    let word =
        |rest: &str| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect::<String>();
    text.split("--")
        .skip(1)
        .map(word)
        .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|word| format!("--{word}"))
        .collect()
}
