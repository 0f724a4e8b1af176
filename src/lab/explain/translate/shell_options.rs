//! How the shell that runs a script behaves.

use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::shell::word::Word;

#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent options")]
pub(super) struct ShellOptions {
    /// No shell at all.
    pub(super) exec_form: bool,
    /// Only bash has /dev/tcp and `&>`.
    pub(super) bash: bool,
    /// `set -e`: every command has to succeed.
    pub(super) errexit: bool,
    /// Every command of a pipeline has to succeed.
    pub(super) pipefail: bool,
}

impl ShellOptions {
    /// Applies `set -euo pipefail` and `bash -eo pipefail`.
    pub(super) fn set(&mut self, command: &SimpleCommand) {
        let args: Vec<String> = command.argv.iter().skip(1).filter_map(Word::as_text).collect();
        self.errexit |= args.iter().any(|arg| is_errexit(arg));
        self.pipefail |= args.iter().any(|arg| arg == "pipefail");
    }
}

/// `-e`, `-eu`, `-euo`, `errexit`.
fn is_errexit(arg: &str) -> bool {
    let letters = arg.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    arg == "errexit" || letters.is_some_and(|letters| letters.contains('e'))
}
