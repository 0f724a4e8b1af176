//! The environment of a program.

use std::ffi::{OsStr, OsString};

/// Names and values in order.
pub type Environment = Vec<(OsString, OsString)>;

/// Sets a variable in place of all of that name; none takes it away.
pub fn set(environment: &mut Environment, name: &OsStr, value: Option<&OsStr>) {
    environment.retain(|(known, _)| known != name);
    environment.extend(value.map(|value| (name.to_owned(), value.to_owned())));
}
