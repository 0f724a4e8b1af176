//! As whom the app runs: the user spec, the passwd and group files, the drop
//! and its verification.
//!
//! [`spec`], [`database`], [`account`] and [`capability`] are pure; `files` reads, and
//! [`mod@drop`] acts. First [`resolve_from_files`], once, then [`become_user`]
//! before the first fork (H5): a restart of the app reuses the numbers.

pub mod account;
pub mod capability;
pub mod database;
pub mod drop;
mod files;
mod sets;
pub mod spec;
mod stdio;
mod verify;

pub use account::Account;
pub use drop::{Outcome, become_user, stay, switch_user};

use crate::error::Result;
use database::Database;
use spec::{Name, UserSpec};

/// Finds who `spec` means in this container's /etc/passwd and /etc/group, and
/// warns of lines there that nobody can read.
///
/// # Errors
/// What [`account::resolve`] refuses, and files that cannot be read.
pub fn resolve_from_files(spec: &UserSpec) -> Result<Account> {
    look_up(spec, account::resolve).map_err(|error| error.at(&format!("--user {spec}")))
}

/// The same with whatever the files say, be it root's uid or gid, and with an
/// error that names no option: for gosu and su-exec, which believe them too.
///
/// # Errors
/// What [`account::find`] refuses, and files that cannot be read.
pub fn find_in_files(spec: &UserSpec) -> Result<Account> {
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
