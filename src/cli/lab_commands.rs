//! The command lines of the lab's verbs, and those of all verbs for completions
//! and man pages.

use super::{overview, probe, run, status};
use crate::lab::command::{bare, of_help};
use crate::lab::explain::OutputFormat;
use crate::probe::DEFAULT_TIMEOUT;
use crate::time::GoDuration;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};
use std::ffi::OsString;

/// The positional argument of a verb.
pub(super) const SOURCE: &str = "SOURCE";
pub(super) const FORMAT: &str = "format";
pub(super) const SHELL: &str = "SHELL";
pub(super) const VERB: &str = "VERB";

/// Those for which the scripts are tested.
const SHELLS: [&str; 3] = ["bash", "fish", "zsh"];

/// The verbs that have a man page of their own.
const VERBS: [&str; 6] = ["run", "probe", "status", "explain", "completions", "man"];

/// `hinit explain`.
pub(super) fn explain() -> Command {
    let source = positional(SOURCE, "HEALTHCHECK line in quotes, Dockerfile, compose file, or - for stdin")
        .required(false)
        .allow_hyphen_values(true)
        .value_parser(clap::value_parser!(OsString))
        .value_hint(ValueHint::AnyPath);
    verb("explain", "Translate a HEALTHCHECK to hinit and list its mistakes")
        .long_about(format!("{EXPLAIN}\n\n{}", probe_limit()))
        .override_usage("hinit explain [--format FORMAT] 'HEALTHCHECK ...' | Dockerfile | compose.yaml | -")
        .after_help(
            "Exit code 0 if there is a check and all were read, even one that cannot be translated; else 1.",
        )
        .arg(format())
        .arg(source)
}

fn format() -> Arg {
    Arg::new(FORMAT)
        .long(FORMAT)
        .value_name("FORMAT")
        .help("text, json, github (workflow commands) or sarif (2.1.0) (default text)")
        .value_parser(PossibleValuesParser::new(OutputFormat::NAMES))
        .hide_possible_values(true)
}

const EXPLAIN: &str = "\
Translate a HEALTHCHECK to hinit and list its mistakes. Nothing is run.

For each check it prints the original line, the line with hinit probe, an entrypoint in which
hinit as PID 1 runs the same check with the same timing, and notes. A check that cannot be
translated is printed with the reason; PID 1 can still run its command by --health-cmd. For a
Dockerfile without HEALTHCHECK it proposes one, from EXPOSE, USER and CMD.

Append the image's own entrypoint after the -- of the new one, unless it stands there already; in
a compose file its command too, because compose drops it when an entrypoint is given. With hinit
as PID 1, HEALTHCHECK CMD [\"/hinit\", \"status\"] reports its result to Docker.

curl -L, wget and fetch follow redirects to any host, hinit --follow only to the same host.";

/// The number comes from the code that waits.
fn probe_limit() -> String {
    let limit = GoDuration(DEFAULT_TIMEOUT);
    format!(
        "hinit probe has a timeout of its own (default {limit}). The check's is handed on to it, a tenth\n\
         and at most 500ms shorter, so that the reason is printed before Docker ends the probe."
    )
}

/// `hinit completions`.
pub(super) fn completions() -> Command {
    let shell = positional(SHELL, "bash, fish or zsh")
        .value_parser(PossibleValuesParser::new(SHELLS))
        .hide_possible_values(true);
    verb("completions", "Print a completion script for a shell")
        .long_about(COMPLETIONS)
        .override_usage("hinit completions bash|zsh|fish")
        .arg(shell)
}

const COMPLETIONS: &str = "\
Print a completion script for a shell. Where it belongs:

  hinit completions bash > /usr/share/bash-completion/completions/hinit
  hinit completions zsh > /usr/share/zsh/vendor-completions/_hinit
  hinit completions fish > /usr/share/fish/vendor_completions.d/hinit.fish";

/// `hinit man`.
pub(super) fn man() -> Command {
    let page = positional(VERB, "Verb of the page (default the page of hinit itself)")
        .required(false)
        .value_parser(PossibleValuesParser::new(VERBS))
        .hide_possible_values(true);
    verb("man", "Print a man page").long_about(MAN).override_usage("hinit man [VERB]").arg(page)
}

const MAN: &str = "\
Print a man page as roff: hinit(1), or hinit-VERB(1).

  hinit man > /usr/share/man/man1/hinit.1
  hinit man run > /usr/share/man/man1/hinit-run.1
  hinit man probe | man -l -";

/// A verb that clap parses.
fn verb(name: &'static str, about: &'static str) -> Command {
    let help = Arg::new("help").short('h').long("help").help("Show this help");
    bare(name).bin_name(format!("hinit {name}")).about(about).arg(help.action(ArgAction::HelpLong))
}

fn positional(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).help(help).required(true)
}

/// `hinit` with all of its verbs.
pub(super) fn hinit() -> Command {
    let summary = "PID 1 and health checks for containers, in one file";
    let usage = "hinit [OPTIONS] [--] PROGRAM [ARG...] | hinit VERB [ARG...]";
    bare("hinit").about(summary).override_usage(usage).after_long_help(overview::text()).subcommands(verbs())
}

/// The same as it is typed: without a verb the options are those of run.
pub(super) fn hinit_as_typed() -> Command {
    let version = Arg::new("version").short('V').long("version").help("Print the version");
    let version = version.action(ArgAction::SetTrue);
    of_help("hinit", &run::HELP).arg(version).subcommands(verbs())
}

fn verbs() -> [Command; 6] {
    let program = positional("PROGRAM", "Program to start, and its arguments")
        .num_args(1..)
        .trailing_var_arg(true)
        .value_hint(ValueHint::CommandWithArguments);
    let target = positional("TARGET", "URI to check").value_hint(ValueHint::Url);
    [
        of_help("run", &run::HELP).arg(program),
        of_help("probe", &probe::HELP).arg(target),
        of_help("status", &status::HELP),
        explain(),
        completions(),
        man(),
    ]
}

#[cfg(test)]
mod tests {
    use super::{VERBS, hinit, hinit_as_typed, verbs};

    #[test]
    fn clap_finds_no_fault_with_the_commands() {
        hinit().debug_assert();
        hinit_as_typed().debug_assert();
    }

    #[test]
    fn each_verb_has_a_man_page() {
        assert_eq!(verbs().map(|verb| verb.get_name().to_owned()), VERBS);
    }
}
