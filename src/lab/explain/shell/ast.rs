//! The syntax tree of a shell script, in the terms of POSIX.

use super::word::Word;

/// Pipelines joined by `;`, `&&` and `||`, which are left-associative and of
/// equal precedence here.
pub(crate) type List = Vec<(ListOperator, Pipeline)>;

/// The operator before a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListOperator {
    /// `;`, or nothing before the first pipeline.
    Sequence,
    And,
    Or,
}

/// `! a | b | c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pipeline {
    pub(crate) negated: bool,
    /// Never empty.
    pub(crate) commands: Vec<Command>,
    /// The source text, without the `!`.
    pub(crate) text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Simple(SimpleCommand),
    /// `( ... )` or `{ ...; }`; its redirections do not matter here.
    Group(List),
}

/// `NAME=VALUE program argument <redirection`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SimpleCommand {
    pub(crate) assignments: Vec<(String, Word)>,
    /// The program and its arguments.
    pub(crate) argv: Vec<Word>,
    pub(crate) redirections: Vec<Redirection>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirection {
    /// The descriptor before the operator; 0 for `<` and 1 for `>` without one.
    pub(crate) fd: u32,
    /// `<`, `>`, `>>`, `<>`, `<&`, `>&`.
    pub(crate) operator: String,
    pub(crate) target: Word,
}

impl SimpleCommand {
    /// A command without a shell, as in exec form.
    pub(crate) fn from_args(args: &[String]) -> Self {
        let argv = args.iter().map(|arg| Word::literal(arg)).collect();
        Self { argv, ..Self::default() }
    }

    /// The program's name without its directory, if nothing in it is expanded.
    pub(crate) fn program(&self) -> Option<String> {
        let path = self.argv.first()?.as_text()?;
        Some(path.rsplit('/').next().unwrap_or(&path).to_owned())
    }
}
