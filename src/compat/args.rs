//! What a program was started with: its name, arguments and environment.

use crate::sys::start::Start;
use std::ffi::OsString;

/// `argv[0]` as it is, which the C library puts in front of its messages.
pub(super) fn argv0(start: &Start) -> String {
    start.args.first().map_or_else(String::new, |name| name.display().to_string())
}

/// The arguments after `argv[0]`.
pub(super) fn arguments(start: &Start) -> &[OsString] {
    start.args.get(1..).unwrap_or_default()
}

/// An environment variable.
pub(super) fn env_var(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// An option's value as text. Empty if it is not UTF-8: no option accepts that.
pub(super) fn utf8(value: Option<&OsString>) -> &str {
    value.and_then(|value| value.to_str()).unwrap_or_default()
}
