//! `hinit completions` and `hinit man`, tried in the real shells and by the real
//! man. They are made from the options that PID 1 parses by.
#![cfg(feature = "lab")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{HINIT, TempDir, skip};
use std::fs;
use std::process::{Command, Stdio};

const VERBS: [&str; 6] = ["run", "probe", "status", "explain", "completions", "man"];

/// What is typed before the tab, and the word that it becomes.
const COMPLETED: [(&str, &str); 8] = [
    ("hinit expl", "explain"),
    ("hinit --oom", "--oom-score-adj"),
    ("hinit run --health-int", "--health-interval"),
    ("hinit run --restart al", "always"),
    ("hinit run --log-format js", "json"),
    ("hinit probe --basic", "--basic-auth"),
    ("hinit status --js", "--json"),
    ("hinit completions fi", "fish"),
];

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().unwrap();
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success() && stderr.is_empty(), "{program} {arguments:?}: {stderr}");
    stdout.into_owned()
}

fn is_missing(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let missing = !found.is_ok_and(|output| output.status.success());
    if missing {
        skip(program, "it is not installed (Debian: bash, zsh, fish, man-db with groff-base)");
    }
    missing
}

/// The long options of a verb, by its help.
fn options(verb: &str) -> Vec<String> {
    let help = output(HINIT, &[verb, "--help"]);
    let definitions = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let names = definitions.map(|line| {
        let (_, name) = line.split_once("--").unwrap();
        let name: String = name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        format!("--{name}")
    });
    names.collect()
}

fn script(shell: &str, name: &str) -> (TempDir, String) {
    let dir = TempDir::new("completions");
    let path = dir.file(name, &output(HINIT, &["completions", shell])).to_str().unwrap().to_owned();
    (dir, path)
}

/// What bash offers, by the function that the script registers.
fn bash_offers(script: &str, line: &str) -> Vec<String> {
    const ASK: &str = r#"compopt() { :; } # It may be called by readline only.
        source "$1"; read -ra COMP_WORDS <<<"$2"; [[ $2 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        [[ $(complete -p hinit) == *"-F _hinit "* ]] || echo "it is not registered" >&2
        _hinit hinit "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    output("bash", &["--norc", "-c", ASK, "bash", script, line]).lines().map(str::to_owned).collect()
}

/// What fish offers; a description follows each word after a tab.
fn fish_offers(script: &str, line: &str) -> Vec<String> {
    let ask = "source $argv[1]; complete -C $argv[2]";
    let offers = output("fish", &["--no-config", "-c", ask, script, line]);
    offers.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

/// The line after a tab in an interactive zsh, which has a terminal.
fn zsh_line(dir: &TempDir, line: &str) -> String {
    let home = dir.path().to_str().unwrap();
    dir.file(
        ".zshrc",
        "PS1='READY> '; fpath=($ZDOTDIR $fpath); autoload -Uz compinit; compinit -u -d $ZDOTDIR/dump
        print-line() { print -r -- $BUFFER >$ZDOTDIR/line; exit }
        zle -N print-line; bindkey '^X' print-line; bindkey '^I' complete-word\n",
    );
    let type_it = "zmodload zsh/zpty; export ZDOTDIR=$1 TERM=xterm; zpty z zsh -d -i
        zpty -r z seen '*READY> *'; zpty -n -w z $2$'\\t\\x18'; while zpty -r z seen; do :; done";
    output("timeout", &["60", "zsh", "-f", "-c", type_it, "zsh", home, line]);
    fs::read_to_string(dir.path().join("line")).unwrap().trim_end().to_owned()
}

#[test]
fn bash_completes_verbs_options_and_values() {
    if is_missing("bash") {
        return;
    }
    let (_dir, script) = script("bash", "hinit");
    for (line, word) in COMPLETED {
        assert_eq!(bash_offers(&script, line), [word], "{line}");
    }
}

#[test]
fn fish_completes_verbs_options_and_values() {
    if is_missing("fish") {
        return;
    }
    let (_dir, script) = script("fish", "hinit.fish");
    for (line, word) in COMPLETED {
        assert_eq!(fish_offers(&script, line), [word], "{line}");
    }
}

#[test]
fn zsh_completes_verbs_options_and_values() {
    if is_missing("zsh") {
        return;
    }
    let (dir, _script) = script("zsh", "_hinit");
    for (line, word) in COMPLETED {
        let completed = zsh_line(&dir, line);
        let last = completed.split_whitespace().last().unwrap();
        assert_eq!(last.trim_end_matches('='), word, "{line} became {completed}");
    }
}

#[test]
fn bash_and_fish_offer_every_option_of_every_verb() {
    if is_missing("bash") || is_missing("fish") {
        return;
    }
    let ((_bash_dir, bash), (_fish_dir, fish)) = (script("bash", "hinit"), script("fish", "hinit.fish"));
    for verb in VERBS {
        let line = format!("hinit {verb} --");
        let offers = [bash_offers(&bash, &line), fish_offers(&fish, &line)];
        for option in options(verb) {
            assert!(offers.iter().all(|offers| offers.contains(&option)), "{line}: {option}: {offers:?}");
        }
    }
}

#[test]
fn man_shows_each_page_without_a_warning_and_with_every_option() {
    if is_missing("man") || is_missing("groff") {
        return;
    }
    let dir = TempDir::new("man");
    for verb in VERBS {
        let page = dir.file(&format!("hinit-{verb}.1"), &output(HINIT, &["man", verb]));
        let text = shown_by_man(page.to_str().unwrap());
        assert!(text.contains(&format!("hinit-{verb}(1)")), "{text}");
        for option in options(verb) {
            assert!(text.contains(&option), "{verb}: {option} is not in {text}");
        }
    }
    let page = dir.file("hinit.1", &output(HINIT, &["man"]));
    let text = shown_by_man(page.to_str().unwrap());
    assert!(VERBS.iter().all(|verb| text.contains(&format!("hinit {verb}")) || *verb == "run"), "{text}");
}

fn shown_by_man(page: &str) -> String {
    let shown = Command::new("man")
        .args(["--warnings=w", "--local-file", page])
        .env("LC_ALL", "C.UTF-8")
        .env("MANWIDTH", "100")
        .env("MANPAGER", "cat")
        .output()
        .unwrap();
    let [stdout, stderr] = [shown.stdout, shown.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(shown.status.success() && stderr.is_empty(), "{page}: {stderr}");
    stdout
}

#[test]
fn a_usage_error_is_one_line_and_exit_code_1() {
    let tables: [&[&str]; 6] = [
        &["completions"],
        &["completions", "tcsh"],
        &["completions", "bash", "zsh"],
        &["completions", "--nope"],
        &["man", "nope"],
        &["man", "run", "probe"],
    ];
    for arguments in tables {
        let output = Command::new(HINIT).args(arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{arguments:?}");
        assert!(stderr.starts_with("hinit: error: ") && stderr.lines().count() == 1, "{stderr}");
    }
}
