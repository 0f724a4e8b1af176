//! The HEALTHCHECKs of a Dockerfile, and what they depend on: its stages, and
//! what these say about the image.

mod lexer;
mod stage;

use super::instruction::{self, split_word};
use crate::error::Result;
use crate::lab::explain::health_check::{HealthCheck, MAX_SHOWN, Test};
use crate::lab::explain::rules::Rule;
use crate::text::one_line;
pub(super) use lexer::joined;
use lexer::{Instruction, instructions};
use stage::Stage;

/// All HEALTHCHECKs, those that Docker ignores too. An image without one gets
/// an empty check, for a proposal.
///
/// # Errors
/// A HEALTHCHECK that docker build would reject, with its line.
pub(super) fn health_checks(text: &str) -> Result<Vec<HealthCheck>> {
    let mut dockerfile = Dockerfile::default();
    for instruction in instructions(text) {
        dockerfile.read(&instruction)?;
    }
    Ok(dockerfile.into_checks())
}

#[derive(Default)]
struct Dockerfile {
    /// The instructions before the first FROM.
    before: Stage,
    stages: Vec<Stage>,
    checks: Vec<Found>,
}

/// A check, and the index of its stage.
struct Found {
    stage: usize,
    check: HealthCheck,
}

impl Dockerfile {
    fn read(&mut self, instruction: &Instruction) -> Result<()> {
        let (keyword, rest) = split_word(&instruction.text);
        match keyword.to_ascii_uppercase().as_str() {
            "FROM" => {
                let stage = Stage::begin(instruction.line, rest, &self.before.image, &self.stages);
                self.stages.push(stage);
            }
            "HEALTHCHECK" => self.add(instruction, rest, false)?,
            "ONBUILD" => match split_word(rest) {
                (inner, arguments) if inner.eq_ignore_ascii_case("HEALTHCHECK") => {
                    self.add(instruction, arguments, true)?;
                }
                _ => {}
            },
            keyword => {
                let stage = self.stages.last_mut().unwrap_or(&mut self.before);
                stage.apply(keyword, rest, instruction.line);
            }
        }
        Ok(())
    }

    fn add(&mut self, instruction: &Instruction, arguments: &str, onbuild: bool) -> Result<()> {
        let stage = self.stages.last().unwrap_or(&self.before);
        let line = format!("line {}{}", instruction.line, if onbuild { ", ONBUILD" } else { "" });
        let check = instruction::health_check(&instruction.text, arguments, &stage.shell)
            .map_err(|error| error.at(&line))?;
        let location = located(line, &stage.name);
        let check = HealthCheck { location, line: Some(instruction.line), onbuild, ..check };
        let stage = self.stages.len().saturating_sub(1);
        if !onbuild {
            self.note_overridden(stage, instruction.line);
        }
        self.checks.push(Found { stage, check });
        Ok(())
    }

    /// Docker takes only the last HEALTHCHECK of a stage.
    fn note_overridden(&mut self, stage: usize, line: usize) {
        let is_earlier = |found: &&mut Found| found.stage == stage && !found.check.onbuild;
        if let Some(found) = self.checks.iter_mut().rev().find(is_earlier) {
            let note = format!("Docker ignores this check: line {line} overrides it");
            found.check.notes.add(Rule::Overridden, note);
        }
    }

    /// The checks with what the file says about their images.
    fn into_checks(mut self) -> Vec<HealthCheck> {
        let in_image = ancestry(&self.stages);
        self.note_inherited(&in_image);
        let is_missing = !self.checks.iter().any(|found| in_image.contains(&found.stage));
        let proposal = self.stages.last().filter(|_| is_missing).map(|last| missing(&self.stages, last));
        let Self { before, stages, checks } = self;
        let checks = checks.into_iter().map(|Found { stage, mut check }| {
            let is_in_image = in_image.contains(&stage);
            if let Some(last) = stages.last().filter(|_| !is_in_image && !check.onbuild) {
                check.notes.add(Rule::OtherStage, other_stage(last));
            }
            let own = stages.get(stage).unwrap_or(&before);
            let stage = stages.last().filter(|_| is_in_image && !check.onbuild).unwrap_or(own);
            HealthCheck { image: stage.image.clone(), ..check }
        });
        checks.chain(proposal).collect()
    }

    /// Notes the checks that the image has from a stage below and overrides.
    fn note_inherited(&mut self, in_image: &[usize]) {
        let line_in = |stage: &usize| {
            let mut own = self.checks.iter().filter(|found| found.stage == *stage && !found.check.onbuild);
            Some((*stage, own.next_back()?.check.line?))
        };
        let with_check: Vec<(usize, usize)> = in_image.iter().filter_map(line_in).collect();
        if let Some(((_, line), inherited)) = with_check.split_first() {
            for (stage, _) in inherited {
                self.note_overridden(*stage, *line);
            }
        }
    }
}

/// The last stage, which is the image, and the stages that it is built on.
fn ancestry(stages: &[Stage]) -> Vec<usize> {
    let last = stages.len().checked_sub(1);
    std::iter::successors(last, |stage| stages[*stage].parent).collect()
}

fn located(line: String, stage: &str) -> String {
    if stage.is_empty() { line } else { format!("{line}, stage {}", one_line(stage, MAX_SHOWN)) }
}

fn other_stage(last: &Stage) -> String {
    let name = if last.name.is_empty() { String::new() } else { format!("{}, ", last.name) };
    format!("this check is not in the image, which is the last stage ({name}line {})", last.line)
}

/// The check that an image lacks, in the line of its FROM.
fn missing(stages: &[Stage], last: &Stage) -> HealthCheck {
    let location = located(format!("line {}", last.line), &last.name);
    let count = stages.len();
    HealthCheck {
        location: if count > 1 { format!("{location}, the last of {count}") } else { location },
        line: Some(last.line),
        old: "none".to_owned(),
        image: last.image.clone(),
        ..HealthCheck::new(Test::Missing)
    }
}
