//! The filters behind a pipe: `| grep -q '"status":"UP"'`.

mod grep;
mod jq;
mod pattern;
mod status_pattern;

use super::notes::{Notes, Reason};
use super::probe_command::{ExitCodes, Lenient, Output, ProbeCommand};
use super::rules::Rule;
use super::shell::ast::{Command, SimpleCommand};
pub(super) use jq::UNSUPPORTED as UNSUPPORTED_JQ;

/// Adds the options that replace the filters. Returns whether the exit code
/// depends on the response at all; with `pipefail` it always does.
///
/// # Errors
/// A filter for which hinit has no option.
pub(super) fn apply(
    probe: &mut ProbeCommand,
    filters: &[Command],
    pipefail: bool,
    notes: &mut Notes,
) -> Result<bool, Reason> {
    let mut pipeline = Pipeline { decides: filters.is_empty(), ..Pipeline::default() };
    for filter in filters {
        match filter {
            Command::Simple(filter) => pipeline.add(probe, filter, notes)?,
            Command::Group(_) => return Err("its response is piped to a group of commands".into()),
        }
    }
    if pipeline.decides && !filters.is_empty() {
        // The pipe hides the exit code of the program.
        probe.lenient = probe.lenient.filter(|_| !probe.has("status")).map(|_| Lenient::PipedBody);
        probe.exit_codes = ExitCodes::ONE;
    } else if !pipeline.decides && !pipefail {
        notes.add(Rule::PipelineExitCode, exit_code_note(&last_program(filters)));
    }
    Ok(pipeline.decides || pipefail)
}

/// What the filters have done so far.
#[derive(Default)]
struct Pipeline {
    /// Whether the exit code of the last filter depends on the response.
    decides: bool,
    /// After `head`.
    first_line: bool,
    /// The program that has rewritten the response.
    rewritten_by: Option<String>,
}

impl Pipeline {
    fn add(
        &mut self,
        probe: &mut ProbeCommand,
        filter: &SimpleCommand,
        notes: &mut Notes,
    ) -> Result<(), Reason> {
        let program = filter.program().unwrap_or_default();
        let searches = program.ends_with("grep") || program == "jq";
        if let Some(rewriter) = self.rewritten_by.as_ref().filter(|_| searches) {
            return Err(unsupported(rewriter));
        }
        self.decides = match program.as_str() {
            "grep" | "egrep" | "fgrep" => {
                grep::apply(probe, filter, self.first_line, notes)?;
                true
            }
            "head" => {
                self.first_line = true;
                false
            }
            "jq" => jq::apply(probe, filter)?,
            "cat" | "tee" | "true" | ":" => false,
            "tr" | "awk" | "cut" | "wc" | "sed" if has_body(probe) => {
                probe.output = Output::Filtered;
                self.rewritten_by = Some(program);
                false
            }
            _ => return Err(unsupported(&program)),
        };
        Ok(())
    }
}

fn has_body(probe: &ProbeCommand) -> bool {
    matches!(probe.output, Output::Body | Output::HeadersAndBody | Output::Filtered)
}

fn unsupported(program: &str) -> Reason {
    format!("hinit cannot check the output of {program}")
}

fn exit_code_note(last: &str) -> String {
    let succeeds = if last == "jq" { "succeeds for any JSON" } else { "always succeeds" };
    format!("the exit code of the pipeline is that of {last}, which {succeeds}")
}

fn last_program(filters: &[Command]) -> String {
    match filters.last() {
        Some(Command::Simple(command)) => command.program().unwrap_or_default(),
        _ => String::new(),
    }
}
