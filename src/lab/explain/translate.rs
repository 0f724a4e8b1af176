//! Translates the command of a health check to probes.

mod condition;
mod dev_tcp;
mod shell_options;
mod translator;
mod wrapper;

use super::health_check::{HealthCheck, Test};
use super::mistakes;
use super::notes::{Notes, Reason};
use super::probe_command::{ExitCodes, Lenient, ProbeCommand};
use super::proposal;
use super::rules::Rule;
use super::shell;
use super::shell::ast::SimpleCommand;
use super::truth_table::{ExitExpr, MAX_PROBES, PassRule, pass_rule};
use translator::Translator;

/// The translation of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Translation {
    /// The probes, or why there is no equivalent.
    pub(super) replacement: Result<Replacement, Reason>,
    /// Whether the old check stops the container when it fails.
    pub(super) stops_container: bool,
    /// What is wrong with the old check, or different in the new one.
    pub(super) notes: Notes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Replacement {
    /// All of these must pass; never empty.
    All(Vec<ProbeCommand>),
    /// At least one of these must pass; at least two.
    Any(Vec<ProbeCommand>),
}

impl Replacement {
    pub(super) fn probe_args(&self) -> Vec<Vec<String>> {
        let (Self::All(probes) | Self::Any(probes)) = self;
        probes.iter().map(ProbeCommand::args).collect()
    }
}

/// Translates the command of a check, or proposes one.
pub(super) fn translate(check: &HealthCheck) -> Translation {
    let mut translator = Translator::default();
    let expr = match &check.test {
        Test::Missing => return proposed(check),
        Test::Disabled => return none("it disables the image's health check; use --no-healthcheck"),
        Test::Inherited => {
            return none("it has no test of its own and only changes the timing of the image's check");
        }
        Test::Exec(args) => exec_form(args, &mut translator),
        Test::Shell { script, shell, extra } => {
            let script = mistakes::extra_arguments(script, extra, &mut translator.notes);
            translator.use_shell(shell).and_then(|()| shell_form(&script, &mut translator))
        }
    };
    let replacement = expr.and_then(|expr| replacement(&expr, &mut translator));
    if replacement.is_ok() {
        translator.notes.append(Rule::CmdShellArguments, mistakes::INTENDED);
    }
    let lenient: Vec<Lenient> = translator.probes.iter().filter_map(|probe| probe.lenient).collect();
    for lenient in lenient.into_iter().filter(|lenient| replacement.is_ok() || *lenient != Lenient::PipedBody)
    {
        lenient.add_note(&mut translator.notes);
    }
    Translation { replacement, stops_container: translator.stops_container, notes: translator.notes }
}

fn proposed(check: &HealthCheck) -> Translation {
    let mut notes = Notes::default();
    let replacement = proposal::probe(&check.image, &mut notes).map(|probe| Replacement::All(vec![probe]));
    Translation { replacement, stops_container: false, notes }
}

fn none(reason: &str) -> Translation {
    Translation { replacement: Err(reason.into()), stops_container: false, notes: Notes::default() }
}

fn exec_form(args: &[String], translator: &mut Translator) -> Result<ExitExpr, Reason> {
    let args = match args {
        [keyword, script, ..] if keyword == "CMD-SHELL" => {
            mistakes::compose_keyword(keyword, &mut translator.notes);
            return shell_form(script, translator);
        }
        [keyword, rest @ ..] if keyword == "CMD" && !rest.is_empty() => {
            mistakes::compose_keyword(keyword, &mut translator.notes);
            rest
        }
        args => args,
    };
    translator.shell.exec_form = true;
    let args = mistakes::in_exec_form(args, &mut translator.notes);
    translator.simple_command(&SimpleCommand::from_args(&args))
}

/// A script, or a broken list that was intended as exec form.
fn shell_form(script: &str, translator: &mut Translator) -> Result<ExitExpr, Reason> {
    let script = mistakes::keyword_in_script(script, &mut translator.notes);
    match mistakes::broken_exec_form(script, &mut translator.notes) {
        Some(args) => translator.simple_command(&SimpleCommand::from_args(&args)),
        None => translator.list(&shell::parse(script)?),
    }
}

fn replacement(expr: &ExitExpr, translator: &mut Translator) -> Result<Replacement, Reason> {
    let probes = &translator.probes;
    if probes.len() > MAX_PROBES {
        return Err(format!("it runs {} commands; explain supports at most {MAX_PROBES}", probes.len()));
    }
    if let Some(reason) = dependent_commands(probes, translator.changes_directory) {
        return Err(reason);
    }
    let exit_codes: Vec<ExitCodes> = probes.iter().map(|probe| probe.exit_codes).collect();
    let rule = pass_rule(expr, &exit_codes);
    let unsupported = why_unsupported(probes);
    note_ignored_probes(&rule, probes, &mut translator.notes);
    if let Some((rule, note)) =
        constant_result(&rule, translator.mixes_and_or).filter(|_| !translator.stops_container)
    {
        let hint = if unsupported.is_none() { mistakes::INTENDED } else { "" };
        translator.notes.add(rule, format!("{note}{hint}"));
    }
    match unsupported {
        Some(reason) => Err(reason),
        None => select(rule, &translator.probes),
    }
}

/// The first reason, if no command at all has an equivalent.
fn why_unsupported(probes: &[ProbeCommand]) -> Option<Reason> {
    let reasons: Option<Vec<&Reason>> = probes.iter().map(|probe| probe.unsupported.as_ref()).collect();
    reasons?.first().map(|reason| (*reason).clone())
}

/// Why the commands of the line cannot become independent probes.
fn dependent_commands(probes: &[ProbeCommand], changes_directory: bool) -> Option<Reason> {
    let is_unsupported = |probe: &&ProbeCommand| probe.unsupported.is_some();
    if probes.iter().all(|probe| is_unsupported(&probe)) {
        return None;
    }
    if changes_directory && probes.iter().any(|probe| is_unsupported(&probe)) {
        return Some("it runs a program in another directory".into());
    }
    let files = probes.iter().filter_map(|probe| probe.output_file.as_ref());
    let is_read =
        |file: &&String| probes.iter().filter(is_unsupported).any(|p| p.target.contains(file.as_str()));
    let file = files.into_iter().find(is_read)?;
    Some(format!("one command writes {file} and another reads it"))
}

fn select(rule: PassRule, probes: &[ProbeCommand]) -> Result<Replacement, Reason> {
    let validated = |chosen: Vec<usize>| -> Result<Vec<ProbeCommand>, Reason> {
        let chosen = chosen.into_iter().map(|at| &probes[at]);
        chosen.map(|probe| probe.validate().map(|()| probe.clone())).collect()
    };
    match rule {
        PassRule::NoProbe(true) => Err("it checks nothing: it always passes".into()),
        PassRule::NoProbe(false) => Err("it checks nothing: it always fails".into()),
        PassRule::All(chosen) => validated(chosen).map(Replacement::All),
        PassRule::Any(chosen) => validated(chosen).map(Replacement::Any),
        PassRule::AnyResponse(at) => {
            let mut probe = probes[at].clone();
            probe.set("status", "100-599");
            probe.validate().map(|()| Replacement::All(vec![probe]))
        }
        PassRule::Always | PassRule::Never => validated((0..probes.len()).collect()).map(Replacement::All),
        PassRule::Inverted => {
            Err("it passes when its probe fails, so it also passes when the server is down".into())
        }
        PassRule::Other => Err("its result is neither that of all nor that of any of its probes".into()),
    }
}

/// `a; b` succeeds if `b` does.
fn note_ignored_probes(rule: &PassRule, probes: &[ProbeCommand], notes: &mut Notes) {
    let (PassRule::All(chosen) | PassRule::Any(chosen)) = rule else { return };
    for (_, probe) in probes.iter().enumerate().filter(|(at, _)| !chosen.contains(at)) {
        if probe.unsupported.is_none() {
            notes.add(Rule::IgnoredProbe, format!("the result of {} is ignored", probe.target));
        }
    }
}

fn constant_result(rule: &PassRule, mixes_and_or: bool) -> Option<(Rule, &'static str)> {
    match rule {
        PassRule::Always => {
            Some((Rule::AlwaysPasses, "it always passes: the line turns every failure into a success"))
        }
        PassRule::Never if mixes_and_or => Some((
            Rule::AlwaysFails,
            "it always fails: && and || have the same precedence, so the exit after the last && always runs",
        )),
        PassRule::Never => Some((Rule::AlwaysFails, "it always fails, even if its probes pass")),
        _ => None,
    }
}

// Without TLS https:// has no equivalent, as hinit rejects it.
#[cfg(test)]
#[cfg(feature = "tls")]
mod tests;
