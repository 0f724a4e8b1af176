//! Commands that run another command: `timeout 5 curl ...`, `env A=b curl ...`,
//! `sh -c SCRIPT`.

use crate::lab::explain::shell::ast::SimpleCommand;
use crate::lab::explain::shell::word::Word;

/// The command that `exec` or `env NAME=VALUE` runs.
pub(super) fn without_first(command: &SimpleCommand) -> SimpleCommand {
    let mut rest = command.clone();
    rest.argv.remove(0);
    let is_assignment = |word: &Word| word.as_text().is_some_and(|text| text.contains('='));
    while rest.argv.len() > 1 && is_assignment(&rest.argv[0]) {
        rest.argv.remove(0);
    }
    rest
}

/// The limit of `timeout -k 1 5 curl ...`, and the command that it runs.
pub(super) fn timeout(command: &SimpleCommand) -> (Option<String>, SimpleCommand) {
    let mut args = command.argv.iter().skip(1).peekable();
    while let Some(option) = args.next_if(|arg| arg.as_text().is_some_and(|arg| arg.starts_with('-'))) {
        if option.as_text().is_some_and(|option| option == "-k" || option == "-s") {
            args.next();
        }
    }
    let limit = args.next().and_then(Word::as_text);
    (limit, SimpleCommand { argv: args.cloned().collect(), ..command.clone() })
}

/// The shell with its options, and the script of `bash -eo pipefail -c SCRIPT`.
pub(super) fn shell_script(command: &SimpleCommand) -> Option<(SimpleCommand, &Word)> {
    let is_c = |word: &Word| word.as_text().is_some_and(|text| text.starts_with('-') && text.ends_with('c'));
    let at = command.argv.iter().position(is_c)?;
    let script = command.argv.get(at + 1)?;
    Some((SimpleCommand { argv: command.argv[..=at].to_vec(), ..SimpleCommand::default() }, script))
}
