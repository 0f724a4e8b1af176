//! The environment of a program.

use std::ffi::{OsStr, OsString};

/// Names and values in order.
pub(crate) type Environment = Vec<(OsString, OsString)>;

/// Sets a variable and replaces all of that name; none removes it.
pub(crate) fn set(environment: &mut Environment, name: &OsStr, value: Option<&OsStr>) {
    environment.retain(|(known, _)| known != name);
    environment.extend(value.map(|value| (name.to_owned(), value.to_owned())));
}
