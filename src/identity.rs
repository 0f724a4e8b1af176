//! The user that the app runs as: the user spec, the passwd and group files, the
//! drop and its verification (docs/design.md, section 5).
//!
//! [`spec`], [`database`], [`account`] and [`capability`] are pure; `files` reads,
//! and [`mod@drop`] acts. [`resolve_from_files`] is called once, then [`become_user`]
//! before the first fork (H5). A restart of the app keeps the ids.

pub(crate) mod account;
pub(crate) mod capability;
pub(crate) mod database;
pub(crate) mod drop;
mod files;
mod sets;
pub(crate) mod spec;
mod stdio;
mod verify;

pub(crate) use account::Account;
pub(crate) use drop::{Outcome, become_user, check_capabilities, stay, switch_user};

use crate::error::Result;
use database::Database;
use spec::{Name, UserSpec};

/// Resolves `spec` with this container's /etc/passwd and /etc/group, and warns of
/// malformed lines there.
///
/// # Errors
/// As for [`account::resolve`], and files that cannot be read.
pub(crate) fn resolve_from_files(spec: &UserSpec) -> Result<Account> {
    look_up(spec, account::resolve).map_err(|error| error.at(&format!("--user {spec}")))
}

/// The same, but accepts root's uid and gid from the files, as gosu and su-exec
/// do. The error names no option.
///
/// # Errors
/// As for [`account::find`], and files that cannot be read.
pub(crate) fn find_in_files(spec: &UserSpec) -> Result<Account> {
    look_up(spec, account::find)
}

fn look_up(spec: &UserSpec, among: fn(&UserSpec, &Database) -> Result<Account>) -> Result<Account> {
    let group_is_known = matches!(spec.group, Some(Name::Id(_)));
    let database = files::read(!group_is_known)?;
    let account = among(spec, &database)?;
    for line in database.malformed() {
        log::warn!("{line}");
    }
    Ok(account)
}
