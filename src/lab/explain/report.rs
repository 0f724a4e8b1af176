//! The report on a health check: the old line, the new lines, the notes.

use super::build_args;
use super::entrypoint::Entrypoint;
use super::health_check::{Format, HealthCheck, MAX_SHOWN};
use super::notes::{Finding, Notes};
use super::render::Renderer;
use super::rules::Rule;
use super::translate::{self, Replacement};
use crate::text::one_line;
use std::fmt;

/// A health check and its translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// `line 12, stage app`, `service web`; empty for a line by itself.
    pub location: String,
    /// The line of the file in which the check starts; none outside a file.
    pub line: Option<usize>,
    /// The old check, in one line.
    pub old: String,
    /// The health check that runs `hinit probe`, or why there is none.
    pub health_check: Result<String, String>,
    /// The arguments of each `hinit probe` in it, without a timeout from the
    /// timing; a variable of compose is one character from U+F0000 on.
    pub probe_args: Vec<Vec<String>>,
    /// The entrypoint that makes PID 1 run the probes; none if there is nothing to run.
    pub entrypoint: Option<String>,
    /// What is wrong with the old check, or different in the new one.
    pub notes: Vec<Finding>,
}

impl Explained {
    /// What CI reports: the notes, and why there is no equivalent.
    pub(super) fn results(&self) -> Vec<Finding> {
        let reason = self.health_check.as_ref().err().map(|reason| Finding {
            rule: Rule::NoEquivalent,
            line: self.line,
            text: format!("no equivalent: {reason}"),
        });
        self.notes.iter().cloned().chain(reason).collect()
    }
}

/// Translates a check and collects its notes.
pub(super) fn explain(check: &HealthCheck) -> Explained {
    let translation = translate::translate(check);
    let mut notes = check.notes.clone();
    notes.extend(translation.notes);
    check.timing.find_mistakes(&mut notes);
    build_args::find_unset(check, &mut notes);
    let entrypoint = Entrypoint::of(check, &mut notes);
    let renderer = Renderer { check, entrypoint: &entrypoint };
    let (health_check, probe_args, entrypoint) = match translation.replacement {
        Ok(replacement) => {
            note_differences(check, &replacement, &mut notes);
            let health_check = renderer.health_check(&replacement);
            let entrypoint = renderer.entrypoint(&replacement, translation.stops_container);
            (Ok(health_check), replacement.probe_args(), Some(entrypoint))
        }
        Err(reason) => (Err(reason), Vec::new(), renderer.entrypoint_with_old_command()),
    };
    let whole = |line: String| one_line(&line, usize::MAX);
    Explained {
        location: check.location.clone(),
        line: check.line,
        old: check.old.clone(),
        health_check: health_check.map(whole).map_err(|reason| shown(&check.format, &reason)),
        probe_args,
        entrypoint: entrypoint.map(whole),
        notes: notes.iter().map(|note| located(check, note)).collect(),
    }
}

/// A text in one line, with the variables of compose.
fn shown(format: &Format, text: &str) -> String {
    match format {
        Format::Dockerfile => one_line(text, MAX_SHOWN),
        Format::Compose(variables) => one_line(&variables.restore(text), MAX_SHOWN),
    }
}

/// A note with the line of its check, if it has none of its own.
fn located(check: &HealthCheck, note: &Finding) -> Finding {
    let line = check.line.map(|line| note.line.unwrap_or(line));
    Finding { rule: note.rule, line, text: shown(&check.format, &note.text) }
}

fn note_differences(check: &HealthCheck, replacement: &Replacement, notes: &mut Notes) {
    if let Some(note) = needs_shell(replacement) {
        notes.add(Rule::NeedsShell, note);
    }
    if check.timing.has_unknown_timeout() {
        notes.add(Rule::UnknownTimeout, UNKNOWN_TIMEOUT);
    }
}

const UNKNOWN_TIMEOUT: &str = "the timeout is in a variable: hinit probe keeps its own of 25s; add --timeout, a little less than the check's";

fn needs_shell(replacement: &Replacement) -> Option<&'static str> {
    match replacement {
        Replacement::All(probes) if probes.len() == 1 => None,
        Replacement::All(_) => Some(
            "several probes in one HEALTHCHECK need a shell in the image; several --health options of PID 1 with /hinit status do not",
        ),
        Replacement::Any(_) => Some("probes joined by || need a shell in the image"),
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.location.is_empty() {
            writeln!(f, "{}:", self.location)?;
        }
        writeln!(f, "  old:   {}", self.old)?;
        match &self.health_check {
            Ok(line) => writeln!(f, "  new:   {line}")?,
            Err(reason) => writeln!(f, "  new:   none: {reason}")?,
        }
        if let Some(line) = &self.entrypoint {
            writeln!(f, "  PID 1: {line}")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "  note:  {note}"))
    }
}
