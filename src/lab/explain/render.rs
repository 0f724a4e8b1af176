//! Writes the new lines as a Dockerfile or a compose file has them.

use super::entrypoint::Entrypoint;
use super::health_check::{Format, HealthCheck, Test};
use super::probe_command::ProbeCommand;
use super::quote::{quote, quote_literal};
use super::timing::Timing;
use super::translate::Replacement;

/// Writes the replacement of one check.
pub(super) struct Renderer<'a> {
    pub(super) check: &'a HealthCheck,
    pub(super) entrypoint: &'a Entrypoint,
}

impl Renderer<'_> {
    /// `HEALTHCHECK ...` or `test: ...`, by `hinit probe`.
    pub(super) fn health_check(&self, replacement: &Replacement) -> String {
        match replacement {
            Replacement::All(probes) => match self.commands(probes).as_slice() {
                [command] => self.exec_form(command),
                commands => self.shell_form(&shell_script(commands, " && ")),
            },
            Replacement::Any(probes) => self.shell_form(&shell_script(&self.commands(probes), " || ")),
        }
    }

    fn commands(&self, probes: &[ProbeCommand]) -> Vec<Vec<String>> {
        probes.iter().map(|probe| command(probe, &self.check.timing)).collect()
    }

    fn exec_form(&self, args: &[String]) -> String {
        match &self.check.format {
            Format::Dockerfile => {
                format!("{}HEALTHCHECK {}CMD {}", self.onbuild(), self.timing_flags(), self.list(args))
            }
            Format::Compose(_) => {
                let items: Vec<String> = ["CMD".to_owned()].iter().chain(args).cloned().collect();
                format!("test: {}", self.list(&items))
            }
        }
    }

    fn shell_form(&self, script: &str) -> String {
        match &self.check.format {
            Format::Dockerfile => {
                format!("{}HEALTHCHECK {}CMD {script}", self.onbuild(), self.timing_flags())
            }
            Format::Compose(_) => format!("test: {}", self.list(&["CMD-SHELL".into(), script.into()])),
        }
    }

    fn timing_flags(&self) -> String {
        let flag = |(name, value): &(&str, String)| format!("--{name}={value} ");
        self.check.timing.options().iter().map(flag).collect::<Vec<_>>().concat()
    }

    fn onbuild(&self) -> &'static str {
        if self.check.onbuild { "ONBUILD " } else { "" }
    }

    /// `ENTRYPOINT ...` or `entrypoint: ...`, by the options of PID 1, whose
    /// `--health-timeout` limits the probes.
    pub(super) fn entrypoint(&self, replacement: &Replacement, stop_on_failure: bool) -> String {
        let mut options = Vec::new();
        match replacement {
            Replacement::All(probes) => {
                for probe in probes {
                    let args: Vec<String> = probe.args().iter().map(|arg| quote(arg)).collect();
                    options.extend(["--health".to_owned(), args.join(" ")]);
                }
            }
            Replacement::Any(probes) => {
                options.extend(["--health-cmd".to_owned(), shell_script(&self.commands(probes), " || ")]);
            }
        }
        if stop_on_failure {
            options.extend(["--health-on-failure".to_owned(), "stop".to_owned()]);
        }
        self.entrypoint_line(options)
    }

    /// The entrypoint that runs the old command; none if there is no command.
    pub(super) fn entrypoint_with_old_command(&self) -> Option<String> {
        let command = match &self.check.test {
            Test::Exec(args) => self.list(args),
            Test::Shell { script, .. } => script.clone(),
            Test::Disabled => return Some(self.entrypoint_line(vec!["--no-healthcheck".into()])),
            Test::Inherited => return None,
            Test::Missing => return Some(self.entrypoint_line(Vec::new())),
        };
        Some(self.entrypoint_line(vec!["--health-cmd".into(), command]))
    }

    fn entrypoint_line(&self, options: Vec<String>) -> String {
        let mut args = vec!["/hinit".to_owned()];
        args.extend(options);
        for (name, value) in self.check.timing.options() {
            args.extend([format!("--health-{name}"), value.clone()]);
        }
        args.extend(self.entrypoint.options.iter().cloned());
        args.push("--".into());
        args.extend(self.entrypoint.program.iter().cloned());
        match &self.check.format {
            Format::Dockerfile => format!("{}ENTRYPOINT {}", self.onbuild(), self.list(&args)),
            Format::Compose(_) => format!("entrypoint: {}", self.list(&args)),
        }
    }

    /// A JSON list, which is valid YAML too.
    fn list(&self, items: &[String]) -> String {
        let items = items.iter().map(|item| serde_json::Value::from(self.escaped(item)).to_string());
        format!("[{}]", items.collect::<Vec<_>>().join(", "))
    }

    fn escaped(&self, item: &str) -> String {
        match &self.check.format {
            Format::Dockerfile => item.to_owned(),
            Format::Compose(variables) => variables.restore_escaped(item),
        }
    }
}

/// `/hinit probe ...`, with a timeout under that of the check.
fn command(probe: &ProbeCommand, timing: &Timing) -> Vec<String> {
    let timeout = timing.probe_timeout(probe.value("timeout"));
    let probe = probe.clone().with_timeout(timeout);
    ["/hinit".to_owned(), "probe".to_owned()].into_iter().chain(probe.args()).collect()
}

/// Commands for a shell, which leaves `${NAME}` for hinit to expand.
fn shell_script(commands: &[Vec<String>], operator: &str) -> String {
    let command =
        |args: &Vec<String>| args.iter().map(|arg| quote_literal(arg)).collect::<Vec<_>>().join(" ");
    commands.iter().map(command).collect::<Vec<_>>().join(operator)
}
