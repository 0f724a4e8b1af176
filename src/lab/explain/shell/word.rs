//! A word of the shell: pieces of text, variables and command substitutions.

use crate::lab::explain::notes::Reason;
use crate::lab::explain::variable::{first_variable, name_length};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// From single quotes or exec form, where a `$` is not special.
    Literal(String),
    /// `$NAME` and `${NAME}`, with the default of `${NAME:-DEFAULT}`.
    Variable {
        name: String,
        default: Option<String>,
    },
    /// `$?`.
    ExitStatus,
    /// `$(...)` or backquotes.
    Command(String),
    /// An expansion that needs a shell: `$1`, `${NAME%.*}`, `$((1 + 1))`.
    Other(String),
}

impl Word {
    pub(crate) fn literal(text: &str) -> Self {
        Self(vec![Part::Literal(text.to_owned())])
    }

    /// The text, if nothing in it is expanded.
    pub(crate) fn as_text(&self) -> Option<String> {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) | Part::Literal(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The text in hinit's notation, in which `${NAME}` is expanded without a shell.
    pub(crate) fn to_hinit(&self) -> Result<String, Reason> {
        self.0.iter().map(part_to_hinit).collect()
    }

    /// Whether it names a variable that no shell expands.
    pub(crate) fn has_unexpanded_variable(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Literal(text) if first_variable(text).is_some()))
    }

    /// Name and value of `NAME=VALUE`.
    pub(crate) fn as_assignment(&self) -> Option<(String, Self)> {
        let Part::Text(text) = self.0.first()? else { return None };
        let (name, value) = text.split_once('=')?;
        if name.is_empty() || name_length(name) != name.len() {
            return None;
        }
        let mut parts = self.0.clone();
        parts[0] = Part::Text(value.to_owned());
        Some((name.to_owned(), Self(parts)))
    }

    pub(super) fn push_text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Text(before)) => before.push_str(text),
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }
}

fn part_to_hinit(part: &Part) -> Result<String, Reason> {
    match part {
        Part::Text(text) | Part::Literal(text) => Ok(text.clone()),
        Part::Variable { name, default: None } => Ok(format!("${{{name}}}")),
        Part::Variable { name, default: Some(default) } => Ok(format!("${{{name}:-{default}}}")),
        Part::ExitStatus => Err("it uses $?, the exit code of another command".into()),
        // Docker sets HOSTNAME, and /etc/hosts maps it to the container's address.
        Part::Command(command) if is_hostname(command) => Ok("${HOSTNAME}".into()),
        Part::Command(command) => Err(format!("an argument is the output of a command: $({command})")),
        Part::Other(text) => Err(format!("it needs a shell to expand {text}")),
    }
}

/// `hostname`, or `hostname -i | awk ...`: this container by name or address.
fn is_hostname(command: &str) -> bool {
    command.split_whitespace().next() == Some("hostname")
}
