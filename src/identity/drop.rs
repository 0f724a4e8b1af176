//! The drop: hinit becomes the account for good, and verifies it.
//!
//! PID 1 itself does this before its first fork. Signals to the app then need no
//! capability, and no input is parsed as root. The order of the steps in
//! `give_up_root` matters (docs/design.md, section 5).

use super::account::Account;
use super::capability::{Choice, Set};
use super::sets::Sets;
use super::stdio;
use super::verify::{Ids, Privileges, wrong_ids, wrong_privileges, wrong_sets};
use crate::error::{Error, Result};
use crate::sys::creds::{self, Capabilities};
use crate::text::one_line;
use nix::errno::Errno;
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};
use std::io;

/// Of an emulator, in an error: in bytes.
const LONGEST_NAME: usize = 64;

/// Whether the user has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// hinit already was this user, or is root as requested: the environment
    /// stays.
    Kept,
    /// Root is given up for good: [`Account::environment`] has to be set.
    Dropped,
}

/// Makes this process `account`, before its first fork.
///
/// Without a value `no_new_privs` is set unless the account is root. Root that stays
/// root keeps its capabilities, except for what `capabilities` changes. A process that
/// already is this user loses what it has of root all the same.
///
/// # Errors
/// The step that failed. The process must then not go on: some steps have been
/// done.
pub(crate) fn become_user(
    account: &Account,
    no_new_privs: Option<bool>,
    capabilities: Choice,
) -> Result<Outcome> {
    let become_it = || {
        let ids = ids_now()?;
        if account.uid != 0 && ids.are(account) {
            restrict(account, &ids, no_new_privs.unwrap_or(true), capabilities)?;
            return Ok(Outcome::Kept);
        }
        switch(account, &ids, no_new_privs, capabilities)
    };
    become_it().map_err(|error: Error| error.at(&name_of(account)))
}

/// Fails if hinit lacks a capability to become `account`, and names all that are
/// missing at once: also those that `--chown` needs, if that is to be done too.
///
/// # Errors
/// A capability is missing.
pub(crate) fn check_capabilities(account: &Account, with_chown: bool) -> Result<()> {
    missing_capabilities(account, with_chown)
        .and_then(|missing| match missing {
            Set::NONE => Ok(()),
            missing => Err(Error::new(format!(
                "the container lacks {missing}; start it with docker run {}, or {AS_THAT_USER}",
                missing.as_options()
            ))),
        })
        .map_err(|error| error.at(&name_of(account)))
}

fn missing_capabilities(account: &Account, with_chown: bool) -> Result<Set> {
    let (held, ids) = (Set(sets_now()?.held.effective), ids_now()?);
    let [_, effective, _] = ids.uids;
    let missing = ids.capabilities_to_become(account) - held;
    // Anybody but root cannot change at all, which is another error.
    if effective != 0 || missing == Set::NONE {
        return Ok(Set::NONE);
    }
    let chown = if with_chown { Set::CHOWN | Set::DAC_OVERRIDE } else { Set::NONE };
    Ok(missing | (chown - held))
}

fn name_of(account: &Account) -> String {
    format!("--user {}:{}", account.uid, account.gid)
}

/// Keeps the user of this process, with these capabilities.
///
/// # Errors
/// As for [`become_user`].
pub(crate) fn stay(no_new_privs: Option<bool>, capabilities: Choice) -> Result<Outcome> {
    let no_new_privs = no_new_privs == Some(true);
    apply_no_new_privs(no_new_privs)?;
    if !capabilities.is_empty() {
        check_single_threaded()?;
        let is_root = nix::unistd::geteuid().is_root();
        let wanted = sets_now()?.staying(capabilities, is_root)?;
        let no_new_privs = prctl::get_no_new_privs().unwrap_or(false);
        shrink_bounding_set(wanted.bounding, no_new_privs)?;
        set_capabilities(&wanted, BY_DOCKER)?;
        wrong_sets(&wanted, &sets_now()?, no_new_privs)
            .map_or(Ok(()), |what| Err(unverified(what, BY_DOCKER)))?;
    }
    Ok(Outcome::Kept)
}

/// From here on no exec grants a privilege (setuid programs, file capabilities).
/// Fails before Linux 3.5.
fn set_no_new_privs() -> Result<()> {
    prctl::set_no_new_privs().map_err(|errno| {
        Error::new(format!("no_new_privs: {}; write --no-new-privs=false to go without", errno.desc()))
    })
}

fn switch(account: &Account, ids: &Ids, no_new_privs: Option<bool>, capabilities: Choice) -> Result<Outcome> {
    check_single_threaded()?;
    if ids.are(account) {
        return stay(no_new_privs, capabilities);
    }
    let [_, effective, _] = ids.uids;
    if effective != 0 {
        return Err(Error::new(format!(
            "hinit was started as {effective}:{}, which cannot change; leave --user out, or start the container as root",
            ids.gids[1]
        )));
    }
    if account.uid == 0 {
        change_ids(account, ids)?;
        return stay(no_new_privs, capabilities);
    }
    give_up_root(account, ids, no_new_privs.unwrap_or(true), capabilities)?;
    Ok(Outcome::Dropped)
}

/// Becomes `account` before an exec, as gosu and su-exec do. no_new_privs is not
/// set, so that setuid programs work.
///
/// # Errors
/// As for [`become_user`], without the name of the option.
pub(crate) fn switch_user(account: &Account) -> Result<Outcome> {
    switch(account, &ids_now()?, Some(false), Choice::default())
}

/// The kernel keeps credentials by thread, and raw calls change only one thread.
fn check_single_threaded() -> Result<()> {
    match std::fs::read_dir("/proc/self/task").map(Iterator::count) {
        Ok(2..) => Err(more_than_one_thread(emulator().as_deref())),
        // Without /proc it cannot be checked.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn more_than_one_thread(emulator: Option<&str>) -> Error {
    match emulator {
        Some(name) => Error::new(format!(
            "hinit runs under the emulator {name}, which has a thread that would stay root; start the container as that user (docker run --user, or USER in the Dockerfile), or run an image of this machine's architecture (--platform)"
        )),
        None => Error::new("hinit has more than one thread and cannot drop; please report this"),
    }
}

/// The program that executes hinit's instructions, if it is not the kernel: an
/// emulator shows the emulated program as /proc/self/exe, but not as every other name
/// of that link.
fn emulator() -> Option<String> {
    let [own, thread] = ["/proc/self/exe", "/proc/thread-self/exe"].map(|link| std::fs::read_link(link).ok());
    let (own, thread) = own.zip(thread).filter(|(own, thread)| own != thread)?;
    let name = thread.file_name().unwrap_or(own.as_os_str());
    Some(one_line(&name.to_string_lossy(), LONGEST_NAME))
}

fn ids_now() -> Result<Ids> {
    Ids::now().map_err(|error| failed("reading the ids", &error, AS_THAT_USER))
}

fn sets_now() -> Result<Sets> {
    Sets::now().map_err(|error| failed("reading the capabilities", &error, AS_THAT_USER))
}

/// Drops what this user still has of root, as under `docker run --user` or Kubernetes'
/// `runAsUser`. None of it needs a privilege, except for the bounding set, which
/// no_new_privs puts out of reach, and the groups, which can only be reported.
fn restrict(account: &Account, ids: &Ids, no_new_privs: bool, capabilities: Choice) -> Result<()> {
    let before = sets_now()?;
    // The app inherits from this thread. Another one, of an emulator, has no more.
    if before.held != Capabilities::default() || before.ambient != Set::NONE {
        check_single_threaded()?;
    }
    let wanted = before.after_drop(capabilities, no_new_privs)?;
    shrink_bounding_set(wanted.bounding, no_new_privs)?;
    set_capabilities(&wanted, AS_THAT_USER)?;
    apply_no_new_privs(no_new_privs)?;
    verify_privileges(account, no_new_privs, &wanted)?;
    if !ids.have_groups_of(account) {
        warn_other_groups(account, ids);
    }
    Ok(())
}

/// A volume's group is one of them (`fsGroup` in Kubernetes), so they are no error.
fn warn_other_groups(account: &Account, ids: &Ids) {
    let list = |groups: Vec<&u32>| groups.into_iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let (gid, has) = (account.gid, |group: &&u32| ids.groups.contains(group));
    // Engines leave the primary group out of the list, which changes nothing.
    let missing = list(account.groups.iter().filter(|group| **group != gid && !has(group)).collect());
    let other = list(ids.groups.iter().filter(|group| !account.groups.contains(group)).collect());
    if !other.is_empty() {
        log::warn!(
            "{}: hinit was started as that user and keeps the groups {other} too (--group-add, fsGroup)",
            name_of(account)
        );
    }
    if !missing.is_empty() {
        log::warn!(
            "{}: hinit was started as that user and without its groups {missing}; add them (--group-add), or start the container as root",
            name_of(account)
        );
    }
}

fn give_up_root(account: &Account, ids: &Ids, no_new_privs: bool, capabilities: Choice) -> Result<()> {
    let wanted = sets_now()?.after_drop(capabilities, no_new_privs)?;
    stdio::change_owner(account.uid);
    shrink_bounding_set(wanted.bounding, no_new_privs)?;
    keep_permitted(wanted.held.permitted != 0)?;
    change_ids(account, ids)?;
    set_capabilities(&wanted, AS_THAT_USER)?;
    keep_permitted(false)?;
    apply_no_new_privs(no_new_privs)?;
    verify(account, no_new_privs, &wanted)?;
    set_dumpable()
}

fn shrink_bounding_set(wanted: Set, no_new_privs: bool) -> Result<()> {
    let drop_others = || {
        let others = Set(creds::bounding_set()?) - wanted;
        others.numbers().try_for_each(creds::drop_from_bounding_set)
    };
    match drop_others() {
        // Without CAP_SETPCAP. With no_new_privs no exec grants what is left in it.
        Err(error) if no_new_privs && is(&error, libc::EPERM) => {
            log_bounding_set(wanted);
            Ok(())
        }
        done => done.map_err(|error| {
            failed("bounding set", &error, "set --no-new-privs, or add SETPCAP to the container")
        }),
    }
}

/// Usual as a user (`docker run --user`), and then not worth a line.
fn log_bounding_set(wanted: Set) {
    let level = if nix::unistd::geteuid().is_root() { log::Level::Info } else { log::Level::Debug };
    let left = creds::bounding_set().map_or(Set::NONE, Set) - wanted;
    log::log!(
        level,
        "the bounding set keeps {left}, since the container lacks SETPCAP; no_new_privs puts it out of reach"
    );
}

/// Whether the permitted set survives the change of uid.
fn keep_permitted(wanted: bool) -> Result<()> {
    prctl::set_keepcaps(wanted).map_err(|errno| failed("keepcaps", &errno.into(), AS_THAT_USER))
}

/// Groups first, since that needs root; the user last, since that ends root.
fn change_ids(account: &Account, before: &Ids) -> Result<()> {
    let (uid, gid) = (Uid::from_raw(account.uid), Gid::from_raw(account.gid));
    change_groups(account, before)?;
    setresgid(gid, gid, gid).map_err(|errno| id_failed("setresgid", errno, "gid", "SETGID"))?;
    setresuid(uid, uid, uid).map_err(|errno| id_failed("setresuid", errno, "uid", "SETUID"))?;
    wrong_ids(account, &ids_now()?).map_or(Ok(()), |what| Err(unverified(what, AS_THAT_USER)))
}

/// A user namespace can deny setgroups; that is no error if nothing changes.
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

/// Sets all capability sets. The change of uid has emptied the ambient one.
fn set_capabilities(wanted: &Sets, next: &str) -> Result<()> {
    creds::set_capabilities(wanted.held).map_err(|error| failed("capset", &error, next))?;
    let raise = || {
        creds::drop_ambient()?;
        wanted.ambient.numbers().try_for_each(creds::raise_ambient)
    };
    raise().map_err(|error| failed("ambient set", &error, next))
}

fn apply_no_new_privs(wanted: bool) -> Result<()> {
    if wanted { set_no_new_privs() } else { Ok(()) }
}

/// Verifies the drop. The ids are checked again, since the attempts to regain root
/// come after the first check.
fn verify(account: &Account, no_new_privs: bool, wanted: &Sets) -> Result<()> {
    verify_privileges(account, no_new_privs, wanted)?;
    wrong_ids(account, &ids_now()?).map_or(Ok(()), |what| Err(unverified(what, AS_THAT_USER)))
}

fn verify_privileges(account: &Account, no_new_privs: bool, wanted: &Sets) -> Result<()> {
    let privileges = Privileges::now().map_err(|error| failed("verification", &error, AS_THAT_USER))?;
    wrong_privileges(account, no_new_privs, wanted, &privileges)
        .map_or(Ok(()), |what| Err(unverified(what, AS_THAT_USER)))
}

/// Lets the app open /proc/1/fd/1, as it can with a `USER` line in the image.
///
/// setresuid has made the process undumpable, and only an unprivileged one may
/// change that back: never before the verification (CVE-2016-8659). The app has
/// the kept capabilities as well, and a process with fewer may not trace hinit
/// (ptrace(2)).
fn set_dumpable() -> Result<()> {
    prctl::set_dumpable(true).map_err(|errno| failed("dumpable", &errno.into(), AS_THAT_USER))
}

const AS_THAT_USER: &str = "start the container as that user instead of with --user";

const BY_DOCKER: &str = "leave --cap-add and --cap-drop to docker run";

fn unverified(what: &str, next: &str) -> Error {
    Error::new(format!("after the drop {what}; {next}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_emulator_runs_these_tests() {
        assert_eq!(emulator(), None);
    }

    #[test]
    fn an_emulator_is_named_with_the_way_out() {
        let line = more_than_one_thread(Some("qemu-aarch64-static")).to_string();
        assert!(line.starts_with("hinit runs under the emulator qemu-aarch64-static, "), "{line}");
        assert!(line.contains("docker run --user") && line.contains("--platform"), "{line}");
        assert!(more_than_one_thread(None).to_string().ends_with("please report this"));
    }
}
