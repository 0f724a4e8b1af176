//! Becomes the account, for good, and verifies it.
//!
//! PID 1 itself does this before its first fork: signals to the app then need
//! no capability, and nothing ever parses input as root. The order matters and
//! is that of the functions in [`give_up_root`].

use super::account::Account;
use super::stdio;
use super::verify::{Ids, Privileges, wrong_ids, wrong_privileges};
use crate::error::{Error, Result};
use crate::sys::creds;
use nix::errno::Errno;
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};
use std::io;

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// hinit was this user already, or is root as asked: the environment stays.
    Kept,
    /// Root is given up for good; [`Account::environment`] is now to be set.
    Dropped,
}

/// Makes this process `account`, before it has made any other.
///
/// `no_new_privs` left open means after a drop only. Root asked for as root
/// keeps its capabilities. A process that is this user already is left as it
/// is.
///
/// # Errors
/// Any step that fails, by its name; whatever has been done by then, the
/// process must not go on.
pub fn become_user(account: &Account, no_new_privs: Option<bool>) -> Result<Outcome> {
    take_on(account, no_new_privs)
        .map_err(|error| error.at(&format!("--user {}:{}", account.uid, account.gid)))
}

/// Makes sure that no exec from here on gives a privilege (setuid programs,
/// file capabilities).
///
/// # Errors
/// A kernel before 3.5.
pub fn set_no_new_privs() -> Result<()> {
    prctl::set_no_new_privs().map_err(|errno| {
        Error::new(format!("no_new_privs: {}; write --no-new-privs=false to go without", errno.desc()))
    })
}

fn take_on(account: &Account, no_new_privs: Option<bool>) -> Result<Outcome> {
    be_alone()?;
    let ids = ids_now()?;
    if ids.are(account) {
        keep_new_privs_out(no_new_privs == Some(true))?;
        return Ok(Outcome::Kept);
    }
    let [_, effective, _] = ids.uids;
    if effective != 0 {
        return Err(Error::new(format!(
            "hinit was started as {effective}:{}, which cannot change; leave --user out, or start the container as root",
            ids.gids[1]
        )));
    }
    if account.uid == 0 {
        change_ids(account, &ids)?;
        keep_new_privs_out(no_new_privs == Some(true))?;
        return Ok(Outcome::Kept);
    }
    give_up_root(account, &ids, no_new_privs.unwrap_or(true))?;
    Ok(Outcome::Dropped)
}

/// The kernel keeps credentials by thread, and raw calls change only one.
fn be_alone() -> Result<()> {
    match std::fs::read_dir("/proc/self/task").map(Iterator::count) {
        Ok(2..) => Err(Error::new("hinit has more than one thread and cannot drop; please report this")),
        // Without /proc it cannot be asked.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn ids_now() -> Result<Ids> {
    Ids::now().map_err(|error| failed("reading the ids", &error, AS_THAT_USER))
}

fn give_up_root(account: &Account, ids: &Ids, no_new_privs: bool) -> Result<()> {
    stdio::hand_over(account.uid);
    empty_bounding_set(no_new_privs)?;
    change_ids(account, ids)?;
    drop_capabilities()?;
    keep_new_privs_out(no_new_privs)?;
    verify(account, no_new_privs)?;
    be_dumpable()
}

fn empty_bounding_set(no_new_privs: bool) -> Result<()> {
    let drop_all = || {
        let set = creds::bounding_set()?;
        (0..64).filter(|capability| set >> capability & 1 == 1).try_for_each(creds::drop_from_bounding_set)
    };
    match drop_all() {
        // Without CAP_SETPCAP: no exec can give it if there are no new privileges.
        Err(error) if no_new_privs && is(&error, libc::EPERM) => Ok(()),
        done => done.map_err(|error| {
            failed("bounding set", &error, "leave --no-new-privs on, or add SETPCAP to the container")
        }),
    }
}

/// Groups first, since they need root; the user last, since it ends root.
fn change_ids(account: &Account, before: &Ids) -> Result<()> {
    let (uid, gid) = (Uid::from_raw(account.uid), Gid::from_raw(account.gid));
    change_groups(account, before)?;
    setresgid(gid, gid, gid).map_err(|errno| id_failed("setresgid", errno, "gid", "SETGID"))?;
    setresuid(uid, uid, uid).map_err(|errno| id_failed("setresuid", errno, "uid", "SETUID"))?;
    wrong_ids(account, &ids_now()?).map_or(Ok(()), |what| Err(unverified(what)))
}

/// A user namespace can forbid setgroups; fine if there is nothing to change.
fn change_groups(account: &Account, before: &Ids) -> Result<()> {
    let groups: Vec<Gid> = account.groups.iter().copied().map(Gid::from_raw).collect();
    match setgroups(&groups) {
        Ok(()) => Ok(()),
        Err(Errno::EPERM) if before.have_groups_of(account) => Ok(()),
        Err(Errno::EPERM) if setgroups_is_denied() => Err(failed(
            "setgroups",
            &Errno::EPERM.into(),
            "/proc/self/setgroups denies it in this user namespace; map groups with newgidmap, or leave --user out",
        )),
        Err(errno) => Err(id_failed("setgroups", errno, "gid", "SETGID")),
    }
}

fn setgroups_is_denied() -> bool {
    std::fs::read("/proc/self/setgroups").is_ok_and(|state| state.starts_with(b"deny"))
}

/// Nothing is kept, so the ambient set is empty too.
fn drop_capabilities() -> Result<()> {
    creds::drop_capabilities().map_err(|error| failed("capset", &error, AS_THAT_USER))?;
    creds::drop_ambient().map_err(|error| failed("ambient set", &error, AS_THAT_USER))?;
    prctl::set_keepcaps(false).map_err(|errno| failed("keepcaps", &errno.into(), AS_THAT_USER))
}

fn keep_new_privs_out(wanted: bool) -> Result<()> {
    if wanted { set_no_new_privs() } else { Ok(()) }
}

/// Leaves no doubt; the ids again, since the attempts to get root back came
/// after them.
fn verify(account: &Account, no_new_privs: bool) -> Result<()> {
    let privileges = Privileges::now().map_err(|error| failed("verification", &error, AS_THAT_USER))?;
    wrong_privileges(account, no_new_privs, &privileges)
        .or(wrong_ids(account, &ids_now()?))
        .map_or(Ok(()), |what| Err(unverified(what)))
}

/// Lets the app open /proc/1/fd/1, as it can after a `USER` line.
///
/// setresuid takes that away, and only an unprivileged process may have it
/// back: never before the verification (CVE-2016-8659).
fn be_dumpable() -> Result<()> {
    prctl::set_dumpable(true).map_err(|errno| failed("dumpable", &errno.into(), AS_THAT_USER))
}

const AS_THAT_USER: &str = "start the container as that user instead of with --user";

fn unverified(what: &str) -> Error {
    Error::new(format!("after the drop {what}; {AS_THAT_USER}"))
}

fn id_failed(step: &str, errno: Errno, kind: &str, capability: &str) -> Error {
    let next = match errno {
        Errno::EPERM => format!("add {capability} to the container's capabilities, or {AS_THAT_USER}"),
        Errno::EINVAL => {
            format!(
                "this user namespace does not map that {kind} (/proc/self/{kind}_map); write one that it maps"
            )
        }
        _ => AS_THAT_USER.to_owned(),
    };
    failed(step, &errno.into(), &next)
}

fn failed(step: &str, error: &io::Error, next: &str) -> Error {
    let why = Errno::from_raw(error.raw_os_error().unwrap_or(0)).desc();
    Error::new(format!("{step}: {why}; {next}"))
}

fn is(error: &io::Error, number: i32) -> bool {
    error.raw_os_error() == Some(number)
}
