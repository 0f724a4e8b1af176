//! From a check as Docker would run it to the probes it is made of.

mod compile;
mod condition;
mod conversation;

use super::mistakes;
use super::probe::Probe;
use super::shell::word::Why;
use super::shell::{self, Simple};
use super::source::Test;
use super::tools::filter;
use super::truth::{self, Verdict};
use compile::Compiler;

/// What a check means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    /// What hinit says instead, or why it cannot.
    pub(super) instead: Result<Instead, Why>,
    /// Whether it ends the container when a probe fails.
    pub(super) acts: bool,
    /// What is wrong with the old one, or different in the new one.
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Instead {
    /// All of these must pass; never empty.
    All(Vec<Probe>),
    /// One of these must pass; at least two.
    Any(Vec<Probe>),
}

/// Reads what a check runs.
pub(super) fn of(test: &Test) -> Meaning {
    let mut compiler = Compiler::default();
    let node = match test {
        Test::Off => return left("it switches the image's health check off: hinit has --no-healthcheck"),
        Test::Inherited => {
            return left("it has no test of its own, and only changes the timing of the image's check");
        }
        Test::Exec(words) if words.len() > 1 && words[0] == "CMD-SHELL" => {
            mistakes::of_compose_word(&words[0], &mut compiler.notes);
            script_of(&words[1], &mut compiler)
        }
        Test::Exec(words) => {
            compiler.exec_form = true;
            let words = match words.split_first() {
                Some((first, rest)) if first == "CMD" && !rest.is_empty() => {
                    mistakes::of_compose_word(first, &mut compiler.notes);
                    rest
                }
                _ => words,
            };
            let words = mistakes::of_exec_form(words, &mut compiler.notes);
            compiler.simple(&Simple::of_words(&words))
        }
        Test::Shell { script, shell, extra } => {
            mistakes::of_extra_words(extra, &mut compiler.notes);
            compiler.shell(shell).and_then(|()| script_of(script, &mut compiler))
        }
    };
    let instead = node.and_then(|node| instead(&node, &mut compiler));
    let matters = |note: &&str| instead.is_ok() || *note != filter::ANY_STATUS;
    for note in compiler.probes.iter().filter_map(|probe| probe.lenient).filter(matters) {
        mistakes::add(&mut compiler.notes, note);
    }
    Meaning { instead, acts: compiler.acts, notes: compiler.notes }
}

fn left(why: &str) -> Meaning {
    Meaning { instead: Err(why.into()), acts: false, notes: Vec::new() }
}

/// Shell form; a JSON list with something after it was meant as exec form.
fn script_of(script: &str, compiler: &mut Compiler) -> Result<truth::Node, Why> {
    let script = mistakes::of_first_word(script, &mut compiler.notes);
    match mistakes::broken_exec_form(script, &mut compiler.notes) {
        Some(words) => compiler.simple(&Simple::of_words(&words)),
        None => compiler.list(&shell::parse(script)?),
    }
}

fn instead(node: &truth::Node, compiler: &mut Compiler) -> Result<Instead, Why> {
    let probes = &compiler.probes;
    if probes.len() > truth::MOST_PROBES {
        return Err(format!("it runs {} commands, more than explain tries out", probes.len()));
    }
    if let Some(why) = leaves_something(probes, compiler.moved) {
        return Err(why);
    }
    let verdict = truth::verdict(node, probes);
    let why_foreign = probes.iter().map(|probe| probe.foreign.clone()).collect::<Option<Vec<Why>>>();
    let why_foreign = why_foreign.and_then(|whys| whys.into_iter().next());
    note_lost(&verdict, probes, &mut compiler.notes);
    if let Some(note) = note_of(&verdict, compiler.conditional).filter(|_| !compiler.acts) {
        let hint = if why_foreign.is_none() { "; the new line is what was meant" } else { "" };
        compiler.notes.push(format!("{note}{hint}"));
    }
    match why_foreign {
        Some(why) => Err(why),
        None => chosen(verdict, &compiler.probes),
    }
}

/// Why probes one by one do not see what the commands of the line leave each other.
fn leaves_something(probes: &[Probe], moved: bool) -> Option<Why> {
    let is_foreign = |probe: &&Probe| probe.foreign.is_some();
    if !probes.iter().any(|probe| probe.foreign.is_none()) {
        return None;
    }
    if moved && probes.iter().any(|probe| is_foreign(&probe)) {
        return Some("it runs a program in another directory".into());
    }
    let files = probes.iter().filter_map(|probe| probe.writes.as_ref());
    let is_read = |file: &&String| probes.iter().filter(is_foreign).any(|p| p.target.contains(file.as_str()));
    let file = files.into_iter().find(is_read)?;
    Some(format!("one command writes {file} and another one reads it"))
}

fn chosen(verdict: Verdict, probes: &[Probe]) -> Result<Instead, Why> {
    let pick = |chosen: Vec<usize>| -> Result<Vec<Probe>, Why> {
        let chosen = chosen.into_iter().map(|at| &probes[at]);
        chosen.map(|probe| probe.accepted().map(|()| probe.clone())).collect()
    };
    match verdict {
        Verdict::Constant(true) => Err("it looks at nothing: it always passes".into()),
        Verdict::Constant(false) => Err("it looks at nothing: it always fails".into()),
        Verdict::All(chosen) => pick(chosen).map(Instead::All),
        Verdict::Any(chosen) => pick(chosen).map(Instead::Any),
        Verdict::AnyAnswer(at) => {
            let mut probe = probes[at].clone();
            probe.set("status", "100-599");
            probe.accepted().map(|()| Instead::All(vec![probe]))
        }
        Verdict::Always | Verdict::Never => pick((0..probes.len()).collect()).map(Instead::All),
        Verdict::Opposite => {
            Err("it passes when its probe fails, and so also when the server is down".into())
        }
        Verdict::Other => Err("it succeeds neither when all nor when any of its probes pass".into()),
    }
}

/// `a; b` succeeds as `b` does.
fn note_lost(verdict: &Verdict, probes: &[Probe], notes: &mut Vec<String>) {
    let (Verdict::All(chosen) | Verdict::Any(chosen)) = verdict else { return };
    for (_, probe) in probes.iter().enumerate().filter(|(at, _)| !chosen.contains(at)) {
        if probe.foreign.is_none() {
            mistakes::add(notes, format!("what it finds of {} does not count", probe.target));
        }
    }
}

fn note_of(verdict: &Verdict, conditional: bool) -> Option<&'static str> {
    match verdict {
        Verdict::Always => Some("it always passes: every failure is turned into a success"),
        Verdict::Never if conditional => {
            Some("it always fails: && and || bind alike, so the exit after the last && is always reached")
        }
        Verdict::Never => Some("it always fails, whatever it finds"),
        _ => None,
    }
}

// Without TLS https:// is left, as hinit would refuse it.
#[cfg(test)]
#[cfg(feature = "tls")]
mod tests;
