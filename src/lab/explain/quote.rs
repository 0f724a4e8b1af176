//! Quotes arguments for a command line.

use super::compose_variables::is_placeholder;

/// Quotes an argument for hinit's own splitting, and for a shell that may
/// expand its variables.
pub(super) fn quote(arg: &str) -> String {
    quote_unless(arg, |c| c.is_alphanumeric() || "-_./:=@%+,?[]{}~^$!*".contains(c) || is_placeholder(c))
}

/// Quotes an argument for a shell that must not expand anything in it.
pub(super) fn quote_literal(arg: &str) -> String {
    quote_unless(arg, |c| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c))
}

fn quote_unless(arg: &str, is_plain: impl Fn(char) -> bool) -> String {
    if !arg.is_empty() && arg.chars().all(is_plain) {
        return arg.to_owned();
    }
    format!("'{}'", arg.replace('\'', r"'\''"))
}
