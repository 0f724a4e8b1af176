//! A probe in hinit's words, as the tools find it.

use super::shell::word::Why;
use super::source::is_frozen;
use crate::plan::probe::options;

/// What one command of the old check looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probe {
    /// `http://localhost:8080/health`.
    pub(super) target: String,
    /// Checks in the order of the line: a name without `--`, and its value if it takes one.
    pub(super) checks: Vec<(&'static str, Option<String>)>,
    /// Its exit codes other than 0.
    pub(super) codes: Codes,
    /// What the old command printed, for whoever looks at it.
    pub(super) prints: Prints,
    /// For a command that hinit can only run: why it has no target of its own.
    pub(super) foreign: Option<String>,
    /// Which answers it takes that hinit does not.
    pub(super) lenient: Option<&'static str>,
    /// The file that it leaves its answer in.
    pub(super) writes: Option<String>,
}

/// What a command prints of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Prints {
    #[default]
    Body,
    /// Status line and headers.
    Head,
    /// Status line, headers and body: `curl -i`, HTTP by hand.
    Whole,
    /// The status alone: curl's `-w '%{http_code}'`.
    Status,
    /// The status behind the body.
    BodyAndStatus,
    /// The value at this path of its JSON: `jq -r .status`.
    Value(String),
    /// What a filter left of the body.
    Filtered,
}

/// What a tool exits with when it does not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Codes {
    /// The server answered, with an error status (400 to 599).
    pub(super) refused_by_server: i32,
    /// There was no answer.
    pub(super) no_answer: i32,
}

impl Probe {
    pub(super) fn new(target: impl Into<String>) -> Self {
        let codes = Codes { refused_by_server: 1, no_answer: 1 };
        Self {
            target: target.into(),
            checks: Vec::new(),
            codes,
            prints: Prints::Body,
            foreign: None,
            lenient: None,
            writes: None,
        }
    }

    /// A command as it is, with the reason why nothing better can be said.
    pub(super) fn foreign(command: &str, why: impl Into<String>) -> Self {
        Self { foreign: Some(why.into()), ..Self::new(format!("exec:{command}")) }
    }

    /// Adds a check that takes a value.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.checks.push((name, Some(value.into())));
        self
    }

    /// Sets a check that can be given only once.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.checks.retain(|(known, _)| *known != name);
        self.checks.push((name, Some(value.into())));
    }

    /// Adds a check; of one that can be given only once, the last value holds.
    pub(super) fn add(&mut self, name: &'static str, value: String) {
        match name {
            "header" => self.checks.push((name, Some(value))),
            _ => self.set(name, value),
        }
    }

    /// Adds a check that takes no value.
    pub(super) fn flag(&mut self, name: &'static str) {
        if !self.has(name) {
            self.checks.push((name, None));
        }
    }

    /// Takes away what hinit refuses because it can have no effect: TLS options
    /// where no TLS is spoken, a root beside `--insecure`.
    pub(super) fn drop_idle_tls(&mut self) {
        let no_tls =
            !self.has("follow") && self.target.split_once("://").is_some_and(|(scheme, _)| scheme != "https");
        let insecure = self.has("insecure");
        self.checks.retain(|(name, _)| match *name {
            "insecure" | "cert" | "key" => !no_tls,
            "cacert" => !no_tls && !insecure,
            _ => true,
        });
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.checks.iter().any(|(known, _)| *known == name)
    }

    pub(super) fn is_http(&self) -> bool {
        self.foreign.is_none() && self.target.starts_with("http")
    }

    /// That hinit itself takes these words. What a variable holds is not
    /// known here, so that any of a few guesses may do.
    pub(super) fn accepted(&self) -> Result<(), Why> {
        const GUESSES: [&str; 4] = ["1", "", "h:1", "http://h/"];
        let mut tried = GUESSES.iter().map(|guess| {
            let words = self.words().into_iter().map(|word| word.replace(is_frozen, guess));
            options::parse(words, &|_| Some((*guess).to_owned()))
        });
        let first = tried.next().map_or(Ok(()), |first| first.map(drop));
        match first {
            Err(why) if !tried.any(|other| other.is_ok()) => Err(format!("hinit would refuse it: {why}")),
            _ => Ok(()),
        }
    }

    /// The words after `hinit probe`.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = vec![self.target.clone()];
        for (name, value) in &self.checks {
            words.push(format!("--{name}"));
            words.extend(value.clone());
        }
        words
    }
}
