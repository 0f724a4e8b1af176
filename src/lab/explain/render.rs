//! Writes the new lines as a Dockerfile or a compose file has them.

use super::health_check::{Format, HealthCheck, Test};
use super::probe_command::ProbeCommand;
use super::quote::{quote, quote_literal};
use super::translate::Replacement;

/// Writes the replacement of one check.
pub(super) struct Renderer<'a> {
    pub(super) check: &'a HealthCheck,
}

impl Renderer<'_> {
    /// `HEALTHCHECK ...` or `test: ...`, by `hinit probe`.
    pub(super) fn health_check(&self, replacement: &Replacement) -> String {
        let timeout = self.check.timing.long_timeout();
        let commands = |probes: &[ProbeCommand]| -> Vec<Vec<String>> {
            probes.iter().map(|probe| command(probe, timeout.as_deref())).collect()
        };
        match replacement {
            Replacement::All(probes) => match commands(probes).as_slice() {
                [command] => self.exec_form(command),
                commands => self.shell_form(&shell_script(commands, " && ")),
            },
            Replacement::Any(probes) => self.shell_form(&shell_script(&commands(probes), " || ")),
        }
    }

    fn exec_form(&self, args: &[String]) -> String {
        match &self.check.format {
            Format::Dockerfile => format!("HEALTHCHECK {}CMD {}", self.timing_flags(), self.list(args)),
            Format::Compose(_) => {
                let items: Vec<String> = ["CMD".to_owned()].iter().chain(args).cloned().collect();
                format!("test: {}", self.list(&items))
            }
        }
    }

    fn shell_form(&self, script: &str) -> String {
        match &self.check.format {
            Format::Dockerfile => format!("HEALTHCHECK {}CMD {script}", self.timing_flags()),
            Format::Compose(_) => format!("test: {}", self.list(&["CMD-SHELL".into(), script.into()])),
        }
    }

    fn timing_flags(&self) -> String {
        let flag = |(name, value): &(&str, String)| format!("--{name}={value} ");
        self.check.timing.options().iter().map(flag).collect::<Vec<_>>().concat()
    }

    /// `ENTRYPOINT ...` or `entrypoint: ...`, by the options of PID 1.
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
                let commands: Vec<Vec<String>> = probes.iter().map(|probe| command(probe, None)).collect();
                options.extend(["--health-cmd".to_owned(), shell_script(&commands, " || ")]);
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
        };
        Some(self.entrypoint_line(vec!["--health-cmd".into(), command]))
    }

    fn entrypoint_line(&self, options: Vec<String>) -> String {
        let mut args = vec!["/hinit".to_owned()];
        args.extend(options);
        for (name, value) in self.check.timing.options() {
            args.extend([format!("--health-{name}"), value.clone()]);
        }
        args.push("--".into());
        match &self.check.format {
            Format::Dockerfile => format!("ENTRYPOINT {}", self.list(&args)),
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

/// `/hinit probe ...`, with this timeout if it has none of its own.
fn command(probe: &ProbeCommand, timeout: Option<&str>) -> Vec<String> {
    let mut args = vec!["/hinit".to_owned(), "probe".to_owned()];
    args.extend(probe.args());
    if let Some(timeout) = timeout.filter(|_| !probe.has("timeout")) {
        args.extend(["--timeout".to_owned(), timeout.to_owned()]);
    }
    args
}

/// Commands for a shell, which leaves `${NAME}` for hinit to expand.
fn shell_script(commands: &[Vec<String>], operator: &str) -> String {
    let command =
        |args: &Vec<String>| args.iter().map(|arg| quote_literal(arg)).collect::<Vec<_>>().join(" ");
    commands.iter().map(command).collect::<Vec<_>>().join(operator)
}
