//! Verifies the drop; trusts only what the kernel reports afterwards.
//!
//! With `4294967295` setpriv exits 0 and is still root, and a seccomp filter can
//! make any call claim success.

use super::account::Account;
use super::capability::Set;
use super::sets::Sets;
use nix::errno::Errno;
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, getgroups, getresgid, getresuid, setresgid, setresuid};
use std::io;

/// The ids of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ids {
    /// Real, effective and saved.
    pub(super) uids: [u32; 3],
    /// Real, effective and saved.
    pub(super) gids: [u32; 3],
    /// The supplementary list, sorted.
    pub(super) groups: Vec<u32>,
}

impl Ids {
    /// The current ids.
    pub(super) fn now() -> io::Result<Self> {
        let (uid, gid) = (getresuid()?, getresgid()?);
        let groups = getgroups()?.into_iter().map(Gid::as_raw).collect();
        Ok(Self {
            uids: [uid.real, uid.effective, uid.saved].map(Uid::as_raw),
            gids: [gid.real, gid.effective, gid.saved].map(Gid::as_raw),
            groups: sorted(groups),
        })
    }

    /// Whether all uids and gids are the account's.
    pub(super) fn are(&self, account: &Account) -> bool {
        self.uids == [account.uid; 3] && self.gids == [account.gid; 3]
    }

    /// The capabilities that a change to the account needs.
    pub(super) fn capabilities_to_become(&self, account: &Account) -> Set {
        let has_groups = self.gids == [account.gid; 3] && self.have_groups_of(account);
        let (gid, uid) = (!has_groups, self.uids != [account.uid; 3]);
        (if gid { Set::SETGID } else { Set::NONE }) | (if uid { Set::SETUID } else { Set::NONE })
    }

    /// Whether the groups are the account's.
    pub(super) fn have_groups_of(&self, account: &Account) -> bool {
        self.groups == sorted(account.groups.clone())
    }
}

fn sorted(mut groups: Vec<u32>) -> Vec<u32> {
    groups.sort_unstable();
    groups
}

/// The privileges that this process still has, or could regain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Privileges {
    sets: Sets,
    no_new_privs: bool,
    /// Whether uid 0 could be regained.
    root_again: bool,
    /// Whether gid 0 could be regained.
    root_group_again: bool,
}

impl Privileges {
    /// The current privileges. Tries to become root again, so it is called only
    /// after a drop, when no capability is effective.
    pub(super) fn now() -> io::Result<Self> {
        let same = (Uid::from_raw(u32::MAX), Gid::from_raw(u32::MAX));
        Ok(Self {
            sets: Sets::now()?,
            no_new_privs: prctl::get_no_new_privs()?,
            root_again: possible(setresuid(same.0, Uid::from_raw(0), same.0))?,
            root_group_again: possible(setresgid(same.1, Gid::from_raw(0), same.1))?,
        })
    }
}

/// EPERM is a refusal of the kernel, EINVAL that of a user namespace without that
/// id. Any other error proves nothing.
fn possible(attempt: nix::Result<()>) -> io::Result<bool> {
    match attempt {
        Ok(()) => Ok(true),
        Err(Errno::EPERM | Errno::EINVAL) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// What is wrong with the ids; none if they are the account's.
pub(super) fn wrong_ids(account: &Account, ids: &Ids) -> Option<&'static str> {
    if ids.uids != [account.uid; 3] {
        Some("a uid is not the requested one")
    } else if ids.gids != [account.gid; 3] {
        Some("a gid is not the requested one")
    } else if !ids.have_groups_of(account) {
        Some("the groups are not the requested ones")
    } else {
        None
    }
}

/// What is wrong with the privileges; none if nothing is left of root except what
/// was requested.
pub(super) fn wrong_privileges(
    account: &Account,
    no_new_privs: bool,
    wanted: &Sets,
    found: &Privileges,
) -> Option<&'static str> {
    if found.root_again {
        Some("uid 0 could be regained")
    } else if found.root_group_again && account.gid != 0 {
        Some("gid 0 could be regained")
    } else if no_new_privs && !found.no_new_privs {
        Some("no_new_privs is not set")
    } else {
        wrong_sets(wanted, &found.sets, found.no_new_privs)
    }
}

/// What is wrong with the capabilities; none if they are exactly the requested
/// ones.
///
/// What stays in the bounding set (without `CAP_SETPCAP`) is out of reach with
/// no_new_privs.
pub(super) fn wrong_sets(wanted: &Sets, found: &Sets, no_new_privs: bool) -> Option<&'static str> {
    let (held, kept) = (found.held, wanted.held);
    let left = held.effective & !kept.effective
        | held.permitted & !kept.permitted
        | held.inheritable & !kept.inheritable;
    if left != 0 {
        Some("a capability is left")
    } else if held != kept {
        Some("a capability to keep is missing")
    } else if found.ambient != wanted.ambient {
        Some("the ambient set is not the requested one")
    } else if found.bounding - wanted.bounding != Set::NONE && !no_new_privs {
        Some("the bounding set is not the requested one")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::creds::Capabilities;

    #[test]
    fn only_what_changes_needs_a_capability() {
        let ids = |uid, gid, groups: &[u32]| Ids { uids: [uid; 3], gids: [gid; 3], groups: groups.into() };
        let both = Set::SETGID | Set::SETUID;
        let table = [
            (ids(0, 0, &[0]), both),
            (ids(0, 1000, &[4, 1000]), Set::SETUID),
            (ids(0, 1000, &[1000]), both),
            (ids(1000, 0, &[4, 1000]), Set::SETGID),
            (ids(1000, 1000, &[4, 1000]), Set::NONE),
        ];
        for (ids, needed) in table {
            assert_eq!(ids.capabilities_to_become(&account(1000)), needed, "{ids:?}");
        }
    }

    fn account(gid: u32) -> Account {
        Account { uid: 1000, gid, groups: vec![gid, 4], name: None, home: "/".into() }
    }

    fn ids() -> Ids {
        Ids { uids: [1000; 3], gids: [1001; 3], groups: vec![4, 1001] }
    }

    const NOTHING: Sets = Sets {
        held: Capabilities { effective: 0, permitted: 0, inheritable: 0 },
        ambient: Set::NONE,
        bounding: Set::NONE,
    };

    fn dropped() -> Privileges {
        Privileges { sets: NOTHING, no_new_privs: true, root_again: false, root_group_again: false }
    }

    /// What is wrong if nothing was to be kept.
    fn wrong(gid: u32, no_new_privs: bool, found: &Privileges) -> Option<&'static str> {
        wrong_privileges(&account(gid), no_new_privs, &NOTHING, found)
    }

    #[test]
    fn finds_nothing_wrong_after_a_full_drop() {
        assert_eq!(wrong_ids(&account(1001), &ids()), None);
        assert_eq!(wrong(1001, true, &dropped()), None);
        assert_eq!(wrong(1001, false, &Privileges { no_new_privs: false, ..dropped() }), None);
    }

    #[test]
    fn finds_every_id_that_stayed() {
        for index in 0..3 {
            let (mut uids, mut gids) = (ids(), ids());
            uids.uids[index] = 0;
            gids.gids[index] = 0;
            assert!(wrong_ids(&account(1001), &uids).unwrap().contains("uid"));
            assert!(wrong_ids(&account(1001), &gids).unwrap().contains("gid"));
        }
    }

    #[test]
    fn finds_a_group_too_many_or_too_few() {
        for groups in [vec![], vec![1001], vec![0, 4, 1001]] {
            let ids = Ids { groups, ..ids() };
            assert!(wrong_ids(&account(1001), &ids).unwrap().contains("groups"));
        }
    }

    #[test]
    fn finds_every_privilege_that_stayed() {
        let holding = |held| Privileges { sets: Sets { held, ..NOTHING }, ..dropped() };
        let none = Capabilities::default();
        let table = [
            (holding(Capabilities { effective: 1, ..none }), "capability"),
            (holding(Capabilities { permitted: 1 << 40, ..none }), "capability"),
            (holding(Capabilities { inheritable: 1, ..none }), "capability"),
            (Privileges { sets: Sets { ambient: Set(1), ..NOTHING }, ..dropped() }, "ambient"),
            (Privileges { root_again: true, ..dropped() }, "uid 0"),
            (Privileges { root_group_again: true, ..dropped() }, "gid 0"),
            (Privileges { no_new_privs: false, ..dropped() }, "no_new_privs"),
        ];
        for (found, what) in table {
            assert!(wrong(1001, true, &found).unwrap().contains(what), "{what}");
        }
    }

    #[test]
    fn finds_a_kept_capability_that_is_missing_or_not_alone() {
        let kept = |bits| {
            let held = Capabilities { effective: 0, permitted: bits, inheritable: bits };
            Sets { held, ambient: Set(bits), bounding: Set(bits) }
        };
        let wanted = kept(0b10);
        assert_eq!(wrong_sets(&wanted, &wanted, true), None);
        assert_eq!(wrong_sets(&wanted, &kept(0), true), Some("a capability to keep is missing"));
        assert_eq!(wrong_sets(&wanted, &kept(0b11), true), Some("a capability is left"));
        let without_ambient = Sets { ambient: Set::NONE, ..wanted };
        assert_eq!(
            wrong_sets(&wanted, &without_ambient, true),
            Some("the ambient set is not the requested one")
        );
    }

    #[test]
    fn a_full_bounding_set_is_harmless_only_without_new_privileges() {
        let full = Privileges { sets: Sets { bounding: Set(1), ..NOTHING }, ..dropped() };
        assert_eq!(wrong(1001, true, &full), None);
        let open = Privileges { no_new_privs: false, ..full };
        assert!(wrong(1001, false, &open).unwrap().contains("bounding"));
    }

    #[test]
    fn gid_0_that_was_requested_may_be_regained() {
        let found = Privileges { root_group_again: true, ..dropped() };
        assert_eq!(wrong(0, true, &found), None);
    }
}
