//! A shell's word: pieces of text, variables and command substitutions.

/// Why something cannot be said: a clause for the reader.
pub(crate) type Why = String;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// As it stands.
    Text(String),
    /// From between single quotes, or a word of the exec form: a `$` in it is only a `$`.
    Literal(String),
    /// `$NAME` and `${NAME}`, with the default of `${NAME:-DEFAULT}`.
    Variable { name: String, default: Option<String> },
    /// `$?`.
    Status,
    /// `$(...)` or backquotes.
    Command(String),
    /// An expansion only a shell can do: `$1`, `${NAME%.*}`, `$((1 + 1))`.
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

    /// In hinit's notation, in which `${NAME}` is expanded without a shell.
    pub(crate) fn in_hinit(&self) -> Result<String, Why> {
        self.0.iter().map(part_in_hinit).collect()
    }

    /// Whether a variable stands where no shell looks for one.
    pub(crate) fn has_dead_variable(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Literal(text) if variable_in(text).is_some()))
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Text(before)) => before.push_str(text),
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }
}

fn part_in_hinit(part: &Part) -> Result<String, Why> {
    match part {
        Part::Text(text) | Part::Literal(text) => Ok(text.clone()),
        Part::Variable { name, default: None } => Ok(format!("${{{name}}}")),
        Part::Variable { name, default: Some(default) } => Ok(format!("${{{name}:-{default}}}")),
        Part::Status => Err("it uses $?, the exit code of another command".into()),
        // Docker sets HOSTNAME, and /etc/hosts leads from it to the container's address.
        Part::Command(command) if is_hostname(command) => Ok("${HOSTNAME}".into()),
        Part::Command(command) => Err(format!("a part of it is what another command prints: $({command})")),
        Part::Other(text) => Err(format!("it needs a shell to expand {text}")),
    }
}

/// `hostname`, or `hostname -i | awk ...`: this container by name or address.
fn is_hostname(command: &str) -> bool {
    command.split_whitespace().next() == Some("hostname")
}

/// The first `$NAME` or `${NAME` in a text, without its dollar sign and brace.
pub(crate) fn variable_in(text: &str) -> Option<&str> {
    text.split('$').skip(1).find_map(|after| {
        let name = after.strip_prefix('{').unwrap_or(after);
        let name = &name[..name_length(name)];
        (!name.is_empty()).then_some(name)
    })
}

/// How many bytes of a variable's name `text` begins with.
pub(crate) fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// `$NAME` as hinit writes it: `${NAME}`.
pub(crate) fn with_braces(text: &str) -> String {
    let mut pieces = text.split('$');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_at(name_length(piece));
        let (open, close) = if name.is_empty() { ("$", "") } else { ("${", "}") };
        out.extend([open, name, close, rest]);
    }
    out
}
