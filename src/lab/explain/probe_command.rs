//! The `hinit probe` command that replaces one command of the old check.

use super::compose_variables::is_placeholder;
use super::notes::{Notes, Reason};
use super::rules::Rule;
use crate::plan::probe::{StatusSet, options};

/// A target with its options, and how the old command behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProbeCommand {
    /// `http://localhost:8080/health`.
    pub(super) target: String,
    /// In the order of the line: a name without `--`, and its value if it takes one.
    pub(super) options: Vec<(&'static str, Option<String>)>,
    /// The failure codes of the old command.
    pub(super) exit_codes: ExitCodes,
    /// What the old command prints.
    pub(super) output: Output,
    /// Why the old command has no equivalent; hinit can only execute it.
    pub(super) unsupported: Option<Reason>,
    /// Which responses the old command accepts and hinit rejects.
    pub(super) lenient: Option<Lenient>,
    /// The file in which the old command stores the response.
    pub(super) output_file: Option<String>,
}

/// What a command prints of a response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Output {
    #[default]
    Body,
    /// Status line and headers.
    Headers,
    /// Status line, headers and body: `curl -i`, or a hand-written request.
    HeadersAndBody,
    /// Only the status: curl's `-w '%{http_code}'`.
    Status,
    /// The body, then the status.
    BodyAndStatus,
    /// The value at this path of the JSON body: `jq -r .status`.
    JsonValue(String),
    /// The part of the body that a filter has selected.
    Filtered,
}

/// What a command exits with when it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ExitCodes {
    /// For a response with an error status, 400 to 599.
    pub(super) error_status: i32,
    pub(super) no_response: i32,
}

impl ExitCodes {
    pub(super) const ONE: Self = Self { error_status: 1, no_response: 1 };
}

/// Which responses a command accepts and hinit rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lenient {
    /// Those with an error status, by this command.
    ErrorStatus(&'static str),
    /// Those of any status, since a pipeline checks only the body.
    PipedBody,
}

impl Lenient {
    pub(super) fn add_note(self, notes: &mut Notes) {
        let healthy = StatusSet::default();
        match self {
            Self::ErrorStatus(command) => notes.add(
                Rule::ErrorStatusPasses,
                format!("{command} succeeds for status 500; hinit requires {healthy}"),
            ),
            Self::PipedBody => notes.add(
                Rule::PipelineAnyStatus,
                format!("the pipeline checks the body for any status; hinit also requires status {healthy}"),
            ),
        }
    }
}

impl ProbeCommand {
    pub(super) fn new(target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            options: Vec::new(),
            exit_codes: ExitCodes::ONE,
            output: Output::Body,
            unsupported: None,
            lenient: None,
            output_file: None,
        }
    }

    /// Executes the old command, which has no equivalent for this reason.
    pub(super) fn unsupported(command: &str, reason: impl Into<Reason>) -> Self {
        Self { unsupported: Some(reason.into()), ..Self::new(format!("exec:{command}")) }
    }

    #[must_use]
    pub(super) fn with_timeout(mut self, timeout: Option<String>) -> Self {
        if let Some(timeout) = timeout {
            self.set("timeout", timeout);
        }
        self
    }

    /// Adds an option that can be repeated.
    pub(super) fn push(&mut self, name: &'static str, value: impl Into<String>) {
        self.options.push((name, Some(value.into())));
    }

    /// Sets an option that can be given only once.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.options.retain(|(known, _)| *known != name);
        self.push(name, value);
    }

    /// Adds an option; the last value wins for one that can be given only once.
    pub(super) fn add(&mut self, name: &'static str, value: String) {
        match name {
            "header" => self.push(name, value),
            _ => self.set(name, value),
        }
    }

    /// Adds an option that takes no value.
    pub(super) fn flag(&mut self, name: &'static str) {
        if !self.has(name) {
            self.options.push((name, None));
        }
    }

    /// Drops TLS options that hinit rejects because they have no effect: all of
    /// them without TLS, a root certificate beside `--insecure`.
    pub(super) fn drop_unused_tls_options(&mut self) {
        let no_tls =
            !self.has("follow") && self.target.split_once("://").is_some_and(|(scheme, _)| scheme != "https");
        let insecure = self.has("insecure");
        self.options.retain(|(name, _)| match *name {
            "insecure" | "cert" | "key" => !no_tls,
            "cacert" => !no_tls && !insecure,
            _ => true,
        });
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(known, _)| *known == name)
    }

    /// The value of an option that can be given only once.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.as_deref())
    }

    pub(super) fn is_http(&self) -> bool {
        self.unsupported.is_none() && self.target.starts_with("http")
    }

    /// Checks that hinit accepts the arguments. The values of variables are
    /// not known here: one of a few guesses has to be accepted.
    pub(super) fn validate(&self) -> Result<(), Reason> {
        const GUESSES: [&str; 4] = ["1", "", "h:1", "http://h/"];
        let mut attempts = GUESSES.iter().map(|guess| {
            let args = self.args().into_iter().map(|arg| arg.replace(is_placeholder, guess));
            options::parse(args, &|_| Some((*guess).to_owned()))
        });
        let first = attempts.next().map_or(Ok(()), |first| first.map(drop));
        match first {
            Err(error) if !attempts.any(|other| other.is_ok()) => {
                Err(format!("hinit would reject it: {error}"))
            }
            _ => Ok(()),
        }
    }

    /// The arguments of `hinit probe`.
    pub(super) fn args(&self) -> Vec<String> {
        let mut args = vec![self.target.clone()];
        for (name, value) in &self.options {
            args.push(format!("--{name}"));
            args.extend(value.clone());
        }
        args
    }
}
