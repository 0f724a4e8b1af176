//! `hinit man [VERB]`: a man page on stdout.

use super::lab_commands::{self, VERB};
use super::output::{fail, show};
use crate::error::{Error, Result};
use crate::exit_code;
use crate::lab::command::{Parsed, parse};
use crate::lab::man::page;
use std::ffi::OsString;

/// The verb: arguments in, exit code out.
pub(super) fn main(arguments: &[OsString]) -> i32 {
    match text(arguments) {
        Ok(text) => show(&text),
        Err(error) => fail(&error, exit_code::NOT_HEALTHY),
    }
}

fn text(arguments: &[OsString]) -> Result<String> {
    match parse(lab_commands::man(), arguments)? {
        Parsed::Help(help) => Ok(help),
        Parsed::Matches(matches) => page_of(matches.get_one::<String>(VERB).map(String::as_str)),
    }
}

fn page_of(verb: Option<&str>) -> Result<String> {
    let mut hinit = lab_commands::hinit();
    hinit.build();
    let command = match verb.and_then(|verb| hinit.find_subcommand(verb)) {
        Some(command) => command.clone(),
        None => hinit,
    };
    let page = page(command).map_err(|error| Error::new(format!("cannot write the page: {error}")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
