//! clap's commands: those of the lab's own verbs parse, those of PID 1's verbs
//! are made from the pages that [`crate::options`] parses by, for completions and
//! man pages only.

use crate::error::{Error, Result};
use crate::options::{Definition, Help, Options, Value, define};
use crate::text::one_line;
use clap::builder::PossibleValue;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use std::ffi::OsString;

/// The command of a verb that PID 1's own parser reads.
pub(crate) fn of_help(verb: &'static str, help: &Help) -> Command {
    let summary = help.about.lines().next().unwrap_or_default();
    let notes = (help.notes)();
    let command = bare(verb)
        .about(summary.trim_end_matches(['.', ':']))
        .long_about(help.about)
        .override_usage(help.usage)
        .args(arguments(help.options));
    if notes.is_empty() { command } else { command.after_long_help(notes.trim().to_owned()) }
}

/// A command without the options that clap adds by itself.
pub(crate) fn bare(name: &'static str) -> Command {
    Command::new(name).disable_help_flag(true).disable_help_subcommand(true).disable_version_flag(true)
}

/// What the arguments of a verb turn out to be.
pub(crate) enum Parsed {
    /// Its help is requested, which is this.
    Help(String),
    Matches(ArgMatches),
}

/// In bytes; an argument may be long.
const LONGEST_ERROR: usize = 500;

/// Parses the arguments of a verb of the lab.
///
/// # Errors
/// A usage error as one line.
pub(crate) fn parse(command: Command, arguments: &[OsString]) -> Result<Parsed> {
    match command.no_binary_name(true).try_get_matches_from(arguments) {
        Ok(matches) => Ok(Parsed::Matches(matches)),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(Parsed::Help(error.to_string())),
        Err(error) => Err(Error::new(one_line(&summary(&error), LONGEST_ERROR))),
    }
}

/// The first paragraph of clap's message in one line.
fn summary(error: &clap::Error) -> String {
    let text = error.to_string();
    let lines = text.strip_prefix("error: ").unwrap_or(&text).lines();
    let first: Vec<_> = lines.take_while(|line| !line.is_empty()).map(str::trim).collect();
    format!("{}; see --help", first.join(" "))
}

/// The options of a table, each under its page's heading.
fn arguments(options: Options) -> Vec<Arg> {
    let mut arguments = Vec::new();
    for page in options.0 {
        let mut lines = page.lines().peekable();
        let heading = lines.next().unwrap_or_default().trim_end_matches(':');
        while let Some(line) = lines.next() {
            let mut help = line.trim_start().split_once("  ").unwrap_or_default().1.trim().to_owned();
            while let Some(more) = lines.next_if(|line| define(line).is_none()) {
                help = format!("{help} {}", more.trim());
            }
            arguments.extend(define(line).map(|option| argument(option, help).help_heading(heading)));
        }
    }
    arguments
}

fn argument(option: Definition, mut help: String) -> Arg {
    if option.repeatable {
        help.push_str(" (may be repeated)");
    }
    let argument = Arg::new(option.name).long(option.name).help(help);
    let argument = option.short.map_or(argument.clone(), |letter| argument.short(char::from(letter)));
    match option.value {
        Value::None if option.repeatable => argument.action(ArgAction::Count),
        Value::None => argument.action(ArgAction::SetTrue),
        Value::Required(shown) => with_value(argument, shown, option.repeatable),
        Value::Optional(shown) => with_value(argument, shown, option.repeatable)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value(Value::if_missing(shown)),
    }
}

fn with_value(argument: Arg, shown: &'static str, repeatable: bool) -> Arg {
    let action = if repeatable { ArgAction::Append } else { ArgAction::Set };
    let argument = argument.action(action).value_name(shown.trim_matches('\'')).value_hint(hint(shown));
    match values(shown) {
        [] => argument,
        values => argument
            .value_parser(values.iter().map(PossibleValue::new).collect::<Vec<_>>())
            .hide_possible_values(true),
    }
}

/// What a shell completes a value with, by the name that the help gives it.
fn hint(shown: &str) -> ValueHint {
    match shown {
        "PATH" | "FILE" => ValueHint::AnyPath,
        "DIR" => ValueHint::DirPath,
        "COMMAND" => ValueHint::CommandString,
        "USER[:GROUP]" => ValueHint::Username,
        _ => ValueHint::Other,
    }
}

/// All values there are, where these are few.
fn values(shown: &str) -> &'static [&'static str] {
    match shown {
        "BOOL" => &["true", "false"],
        "ACTION" => &["none", "stop", "restart", "kill"],
        "FORMAT" => &["text", "json"],
        "POLICY" => &["no", "on-failure", "always", "unless-stopped"],
        "healthy" => &["healthy"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
Some, of it:
  -u, --user USER[:GROUP]   Become this user:
                            for good
  -g, --group[=BOOL]        Signal the group
  -v, --verbose...          Log more
      --env NAME=VALUE...   Set it
      --follow              Follow it
";

    fn argument(name: &str) -> Arg {
        let mut all = arguments(Options(&[PAGE])).into_iter();
        all.find(|argument| argument.get_id() == name).unwrap()
    }

    #[test]
    fn carries_over_names_values_texts_and_headings() {
        let user = argument("user");
        assert_eq!((user.get_short(), user.get_long()), (Some('u'), Some("user")));
        assert_eq!(user.get_help().unwrap().to_string(), "Become this user: for good");
        assert_eq!(user.get_help_heading(), Some("Some, of it"));
        assert_eq!(user.get_value_names().unwrap(), ["USER[:GROUP]"]);
    }

    #[test]
    fn an_optional_value_needs_an_equals_sign() {
        let group = argument("group");
        assert!(group.is_require_equals_set());
        assert_eq!(group.get_num_args(), Some((0..=1).into()));
        assert!(!argument("user").is_require_equals_set());
    }

    #[test]
    fn knows_what_may_be_repeated_and_what_takes_no_value() {
        let action = |name| format!("{:?}", argument(name).get_action().clone());
        assert_eq!(["user", "verbose", "env", "follow"].map(action), ["Set", "Count", "Append", "SetTrue"]);
    }
}
