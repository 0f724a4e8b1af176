//! Translates shell commands to probes and an expression over their exit codes.

use super::condition::{self, Condition};
use super::dev_tcp::{DevTcp, OpenConnection, filters_from};
use super::shell_options::ShellOptions;
use super::wrapper;
use crate::lab::explain::filter;
use crate::lab::explain::mistakes;
use crate::lab::explain::notes::{Notes, Reason};
use crate::lab::explain::probe_command::{Output, ProbeCommand};
use crate::lab::explain::quote::quote;
use crate::lab::explain::rules::Rule;
use crate::lab::explain::shell;
use crate::lab::explain::shell::ast::{Command, List, ListOperator, Pipeline, Redirection, SimpleCommand};
use crate::lab::explain::shell::word::{Part, Word};
use crate::lab::explain::tool::{self, duration, echo, kill, netcat, tcp_request};
use crate::lab::explain::truth_table::ExitExpr;
use crate::lab::explain::unsupported;

/// The state while a script is read from left to right.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub(super) struct Translator {
    pub(super) probes: Vec<ProbeCommand>,
    pub(super) notes: Notes,
    pub(super) shell: ShellOptions,
    /// Whether it stops the container itself when a probe fails.
    pub(super) stops_container: bool,
    /// Whether it uses `cd`.
    pub(super) changes_directory: bool,
    /// Whether a list has both `&&` and `||`.
    pub(super) mixes_and_or: bool,
    /// Whether the current command is in a `$(...)` whose output is compared.
    in_substitution: bool,
    /// The limit of the `timeout` around the current command.
    timeout: Option<String>,
    variables: Vec<(String, Word)>,
    connection: OpenConnection,
    /// How deep `env`, `timeout` and `sh -c` are nested.
    depth: u32,
}

/// Bounds the recursion. No health check is nested deeper.
const MAX_DEPTH: u32 = 20;
const BACKGROUND: &str =
    "&> exists only in bash: another /bin/sh runs the command in the background, and the check always passes";
const STOPS_CONTAINER: &str = "it stops the container itself, so Docker never sees the check fail; with --health-on-failure stop PID 1 does it";
const DEV_TCP: &str = "/dev/tcp exists only in bash: with another /bin/sh the check always fails";
const LESS_THAN: &str = "without a response curl prints 000, which is less: the check passes";

impl Translator {
    /// Applies a SHELL instruction: `["/bin/bash", "-o", "pipefail", "-c"]`.
    pub(super) fn use_shell(&mut self, shell: &[String]) -> Result<(), Reason> {
        let command = SimpleCommand::from_args(shell);
        match command.program().as_deref() {
            None | Some("sh" | "ash" | "dash" | "busybox") => {}
            Some("bash") => self.shell.bash = true,
            Some(other) => return Err(format!("its SHELL is {other}, which explain does not support")),
        }
        self.shell.set(&command);
        Ok(())
    }

    pub(super) fn list(&mut self, list: &List) -> Result<ExitExpr, Reason> {
        let has = |wanted| list.iter().any(|(operator, _)| *operator == wanted);
        self.mixes_and_or |= has(ListOperator::And) && has(ListOperator::Or);
        let entries = list.iter().map(|(operator, pipeline)| {
            let stops_on_error = self.shell.errexit && *operator == ListOperator::Sequence;
            let operator = if stops_on_error { ListOperator::And } else { *operator };
            Ok((operator, self.pipeline(pipeline)?))
        });
        Ok(ExitExpr::List(entries.collect::<Result<_, Reason>>()?))
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Result<ExitExpr, Reason> {
        let expr = match pipeline.commands.as_slice() {
            [Command::Simple(command)] => self.unpiped(command, &pipeline.text)?,
            [Command::Group(list)] => ExitExpr::Group(Box::new(self.list(list)?)),
            [first, rest @ ..] => self.piped(first, rest, &pipeline.text)?,
            [] => ExitExpr::Code(0),
        };
        Ok(if pipeline.negated { ExitExpr::Not(Box::new(expr)) } else { expr })
    }

    /// A command without a pipe; an unsupported one keeps its source text.
    fn unpiped(&mut self, command: &SimpleCommand, text: &str) -> Result<ExitExpr, Reason> {
        if let Some(at) = self.connection.read_by(command) {
            let filters = filters_from(command, &[]);
            self.filter(at, &filters)?;
            return Ok(if filters.is_empty() { ExitExpr::Code(0) } else { ExitExpr::Probe(at) });
        }
        let expr = self.simple_command(command)?;
        if let ExitExpr::Probe(at) = expr
            && self.probes[at].unsupported.is_some()
            && needs_shell(command)
        {
            self.probes[at].target = exec_in_shell(text);
        }
        Ok(expr)
    }

    /// `producer | filter | filter`: the exit code is that of the last one.
    fn piped(&mut self, first: &Command, rest: &[Command], text: &str) -> Result<ExitExpr, Reason> {
        if let Some(expr) = self.piped_text(first, rest)? {
            return Ok(expr);
        }
        let Some((at, filters)) = self.producer(first, rest)? else {
            return Ok(self.unsupported_pipeline(text));
        };
        let decides = self.filter(at, &filters)?;
        if matches!(self.probes[at].output, Output::JsonValue(_)) && !self.in_substitution {
            return Err(filter::UNSUPPORTED_JQ.into());
        }
        if decides {
            return Ok(ExitExpr::Probe(at));
        }
        let sequence = ListOperator::Sequence;
        Ok(ExitExpr::List(vec![(sequence, ExitExpr::Probe(at)), (sequence, ExitExpr::Code(0))]))
    }

    /// Adds the filters to a probe; whether the exit code depends on the probe.
    fn filter(&mut self, at: usize, filters: &[Command]) -> Result<bool, Reason> {
        filter::apply(&mut self.probes[at], filters, self.shell.pipefail, &mut self.notes)
    }

    /// The probe at the start of a pipeline, and the filters of its response.
    fn producer(
        &mut self,
        first: &Command,
        rest: &[Command],
    ) -> Result<Option<(usize, Vec<Command>)>, Reason> {
        let Command::Simple(producer) = first else { return Ok(None) };
        if let Some(at) = self.connection.read_by(producer) {
            return Ok(Some((at, filters_from(producer, rest))));
        }
        let before = self.probes.len();
        match self.simple_command(producer)? {
            ExitExpr::Probe(at) if self.probes[at].unsupported.is_none() => Ok(Some((at, rest.to_vec()))),
            _ => {
                self.probes.truncate(before);
                Ok(None)
            }
        }
    }

    fn unsupported_pipeline(&mut self, text: &str) -> ExitExpr {
        let reason = unsupported::pipeline_reason(text, &mut self.notes);
        let mut probe = ProbeCommand::unsupported("", reason);
        probe.target = exec_in_shell(text);
        self.add(probe)
    }

    /// `echo PING | nc ...` and `echo version | (exec 3<>/dev/tcp/...; cat >&3)`.
    fn piped_text(&mut self, first: &Command, rest: &[Command]) -> Result<Option<ExitExpr>, Reason> {
        let Command::Simple(first) = first else { return Ok(None) };
        let Some(text) = echo::output(first) else { return Ok(None) };
        match rest {
            [Command::Group(list)] => {
                self.connection.pipe(text);
                Ok(Some(ExitExpr::Group(Box::new(self.list(list)?))))
            }
            [Command::Simple(second), filters @ ..] if netcat::is_netcat(second) => {
                let ExitExpr::Probe(at) = self.simple_command(second)? else { return Ok(None) };
                tcp_request::send(&mut self.probes[at], &text);
                Ok(self.filter(at, filters)?.then_some(ExitExpr::Probe(at)))
            }
            _ => Ok(None),
        }
    }

    pub(super) fn simple_command(&mut self, command: &SimpleCommand) -> Result<ExitExpr, Reason> {
        if self.depth == MAX_DEPTH {
            return Err("its commands are nested too deeply".into());
        }
        self.depth += 1;
        let expr = self.unnested(command);
        self.depth -= 1;
        expr
    }

    fn unnested(&mut self, command: &SimpleCommand) -> Result<ExitExpr, Reason> {
        let command = &self.with_variables(command);
        if !self.shell.bash && command.redirections.iter().any(|redirection| redirection.operator == "&>") {
            self.notes.add(Rule::BackgroundRedirect, BACKGROUND);
        }
        if let Some(expr) = self.over_dev_tcp(command)? {
            return Ok(expr);
        }
        match command.program() {
            Some(program) => self.program(&program, command),
            None => Ok(self.assignment_or_unsupported(command)),
        }
    }

    fn program(&mut self, program: &str, command: &SimpleCommand) -> Result<ExitExpr, Reason> {
        match program {
            // `which` looks for a program that hinit replaces.
            "true" | ":" | "echo" | "printf" | "pwd" | "sleep" | "which" | "type" | "hash" => {}
            "command" if command.argv.get(1).and_then(Word::as_text).as_deref() == Some("-v") => {}
            "export" => self.variables.extend(command.argv.iter().skip(1).filter_map(Word::as_assignment)),
            "set" => self.shell.set(command),
            "cd" => self.changes_directory = true,
            "kill" if kill::stops_container(command) => {
                self.stops_container = true;
                self.notes.add(Rule::StopsContainer, STOPS_CONTAINER);
            }
            "." | "source" => return Err("it sources a file, which needs a shell".into()),
            "false" => return Ok(ExitExpr::Code(1)),
            "exit" | "return" => {
                let code = command.argv.get(1).and_then(Word::as_text).and_then(|n| n.parse().ok());
                return Ok(ExitExpr::Exit(code));
            }
            "sh" | "bash" | "ash" | "dash" => return self.inner_shell(program, command),
            "timeout" => return self.timeout(command),
            "exec" | "env" | "command" | "busybox" if command.argv.len() > 1 => {
                return self.simple_command(&wrapper::without_first(command));
            }
            "[" | "test" | "[[" => return self.condition(command),
            _ => return self.tool(program, command),
        }
        Ok(ExitExpr::Code(0))
    }

    /// A program that has an equivalent or none; all URLs of one wget have to pass.
    fn tool(&mut self, program: &str, command: &SimpleCommand) -> Result<ExitExpr, Reason> {
        let found = tool::translate(program, command, &mut self.notes)?;
        if found.iter().any(|probe| probe.unsupported.is_none()) && !tool::runs_scripts(program) {
            mistakes::unexpanded_variable(command, self.shell.exec_form, &mut self.notes);
        }
        let output =
            command.redirections.iter().find(|redirection| redirection.fd == 1 && is_file(redirection));
        let output = output.and_then(|redirection| redirection.target.as_text());
        let mut exprs = Vec::new();
        for mut probe in found {
            if output.is_some() {
                probe.output_file.clone_from(&output);
            }
            if !probe.has("timeout") {
                probe = probe.with_timeout(self.timeout.clone());
            }
            exprs.push(self.add(probe));
        }
        if let [expr] = exprs.as_slice() {
            return Ok(expr.clone());
        }
        let operators = std::iter::once(ListOperator::Sequence).chain(std::iter::repeat(ListOperator::And));
        Ok(ExitExpr::List(operators.zip(exprs).collect()))
    }

    fn add(&mut self, probe: ProbeCommand) -> ExitExpr {
        self.probes.push(probe);
        ExitExpr::Probe(self.probes.len() - 1)
    }

    fn unsupported(&mut self, command: &SimpleCommand, reason: &str) -> ExitExpr {
        self.add(unsupported::probe(command, reason))
    }

    /// `IP=$(hostname -i)` without a program sets a variable for later commands.
    fn assignment_or_unsupported(&mut self, command: &SimpleCommand) -> ExitExpr {
        if command.argv.is_empty() {
            self.variables.extend(command.assignments.iter().cloned());
            return ExitExpr::Code(0);
        }
        self.unsupported(command, "the name of the program is in a variable")
    }

    fn with_variables(&self, command: &SimpleCommand) -> SimpleCommand {
        let mut command = command.clone();
        for word in &mut command.argv {
            word.0 = word.0.iter().flat_map(|part| self.value_of(part)).collect();
        }
        command
    }

    fn value_of(&self, part: &Part) -> Vec<Part> {
        let Part::Variable { name, .. } = part else { return vec![part.clone()] };
        let assigned = self.variables.iter().rev().find(|(known, _)| known == name);
        assigned.map_or_else(|| vec![part.clone()], |(_, value)| value.0.clone())
    }

    /// `bash -eo pipefail -c SCRIPT`.
    fn inner_shell(&mut self, program: &str, command: &SimpleCommand) -> Result<ExitExpr, Reason> {
        let Some((options, script)) = wrapper::shell_script(command) else {
            return Ok(self.unsupported(command, unsupported::SCRIPT));
        };
        let inner = ShellOptions { bash: program == "bash", ..ShellOptions::default() };
        let outer = std::mem::replace(&mut self.shell, inner);
        self.shell.set(&options);
        let expr = self.list(&shell::parse(&script.to_hinit()?)?)?;
        self.shell = outer;
        Ok(ExitExpr::Group(Box::new(expr)))
    }

    /// `timeout -k 1 5 curl ...`.
    fn timeout(&mut self, command: &SimpleCommand) -> Result<ExitExpr, Reason> {
        let (limit, inner) = wrapper::timeout(command);
        if inner.argv.is_empty() {
            return Ok(self.unsupported(command, "its timeout command runs no program"));
        }
        self.timeout = limit.as_deref().and_then(duration::from_seconds);
        let expr = self.simple_command(&inner);
        self.timeout = None;
        expr
    }

    fn over_dev_tcp(&mut self, command: &SimpleCommand) -> Result<Option<ExitExpr>, Reason> {
        let Some(dev_tcp) = DevTcp::of(command)? else {
            return Ok(self.connection.apply(command, &mut self.probes));
        };
        if !self.shell.bash {
            self.notes.add(Rule::DevTcpNeedsBash, DEV_TCP);
        }
        let probe = ProbeCommand::new(dev_tcp.target).with_timeout(self.timeout.clone());
        let expr = self.add(probe);
        if command.program().as_deref() == Some("exec") {
            self.connection.open(dev_tcp.fd, self.probes.len() - 1);
        }
        Ok(Some(expr))
    }

    fn condition(&mut self, command: &SimpleCommand) -> Result<ExitExpr, Reason> {
        match condition::parse(&command.argv[1..])? {
            Condition::File(probe) => Ok(self.add(probe)),
            Condition::ExitStatus(expr) => Ok(expr),
            Condition::Unsupported(reason) => Ok(self.unsupported(command, reason)),
            Condition::Output { command: inner, operator, expected } => {
                match self.output_condition(inner, &operator, &expected)? {
                    Some(expr) => Ok(expr),
                    None => Ok(self.unsupported(command, unsupported::OUTPUT_COMPARISON)),
                }
            }
        }
    }

    /// `[ $(redis-cli ping) = PONG ]`, `[ $(curl -w '%{http_code}' ...) = 200 ]`.
    fn output_condition(
        &mut self,
        command: &str,
        operator: &str,
        expected: &str,
    ) -> Result<Option<ExitExpr>, Reason> {
        let before = self.probes.len();
        let outer = std::mem::replace(&mut self.in_substitution, true);
        let expr = self.list(&shell::parse(command)?)?;
        self.in_substitution = outer;
        if let [probe] = &mut self.probes[before..]
            && condition::expect_output(probe, operator, expected)
        {
            if ["-lt", "-le"].contains(&operator) {
                self.notes.add(Rule::StatusBelow, LESS_THAN);
            }
            self.notes.remove(Rule::PipelineExitCode);
            return Ok(Some(if expected == "PONG" { expr } else { ExitExpr::Probe(before) }));
        }
        self.probes.truncate(before);
        Ok(None)
    }
}

/// Whether the output goes to a file that another command may read.
fn is_file(redirection: &Redirection) -> bool {
    let target = redirection.target.as_text().unwrap_or_default();
    [">", ">>", ">|"].contains(&redirection.operator.as_str()) && !target.starts_with("/dev/")
}

fn needs_shell(command: &SimpleCommand) -> bool {
    !command.assignments.is_empty() || command.argv.iter().any(|word| word.to_hinit().is_err())
}

fn exec_in_shell(script: &str) -> String {
    format!("exec:sh -c {}", quote(script))
}
