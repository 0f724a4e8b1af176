//! Resolves a user spec to the ids that the kernel needs. Pure.

use super::database::{Database, GROUP, PASSWD, User};
use super::spec::{Name, UserSpec};
use crate::error::{Error, Result};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// The most groups a process can be in: the kernel's `NGROUPS_MAX`.
pub const MOST_GROUPS: usize = 65536;

/// The user to become. Resolved once, since the app may edit /etc/passwd later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub uid: u32,
    /// The primary group.
    pub gid: u32,
    /// The whole list for setgroups: the primary group first (CVE-2022-36109),
    /// then the supplementary ones; no gid twice, at most [`MOST_GROUPS`].
    pub groups: Vec<u32>,
    /// The name, if /etc/passwd has one.
    pub name: Option<OsString>,
    /// The home directory (default `/`).
    pub home: OsString,
}

impl Account {
    /// The variables to set, or to unset for none, after a drop.
    pub fn environment(&self) -> [(&'static str, Option<OsString>); 3] {
        [("HOME", Some(self.home.clone())), ("USER", self.name.clone()), ("LOGNAME", self.name.clone())]
    }
}

/// Resolves `spec` to ids.
///
/// Supplementary groups are added only if no group was given. Root's uid or gid is
/// rejected unless it was requested literally: `0`, `root`, `app:0`.
///
/// # Errors
/// No such user or group, no known group for a uid, a malformed line for it, or
/// accidental root.
pub fn resolve(spec: &UserSpec, database: &Database) -> Result<Account> {
    let account = find(spec, database)?;
    reject_accidental_root(spec, &account)?;
    Ok(account)
}

/// The same, but accepts root's uid and gid from the files.
///
/// # Errors
/// As for [`resolve`], except accidental root.
pub(crate) fn find(spec: &UserSpec, database: &Database) -> Result<Account> {
    let user = find_user(&spec.user, database)?;
    let uid = match (&spec.user, &user) {
        (Name::Id(uid), _) => *uid,
        (Name::Text(_), Some(user)) => user.uid,
        (Name::Text(name), None) => return Err(no_such("user", name, PASSWD, "10001:10001")),
    };
    let (gid, others) = find_groups(spec, user.as_ref(), database)?;
    let (name, home) = user.map_or((None, OsString::new()), |user| (Some(user.name), user.home));
    let home = if home.is_empty() { "/".into() } else { home };
    let groups = std::iter::once(gid).chain(others).collect();
    Ok(Account { uid, gid, groups, name, home })
}

fn find_user(user: &Name, database: &Database) -> Result<Option<User>> {
    match user {
        Name::Id(uid) => database.user_by_uid(*uid),
        Name::Text(name) => database.user_by_name(name),
    }
}

/// The primary group and the supplementary ones.
fn find_groups(spec: &UserSpec, user: Option<&User>, database: &Database) -> Result<(u32, Vec<u32>)> {
    match (&spec.group, user) {
        (Some(Name::Id(gid)), _) => Ok((*gid, Vec::new())),
        (Some(Name::Text(name)), _) => match database.group_by_name(name)? {
            Some(gid) => Ok((gid, Vec::new())),
            None => Err(no_such("group", name, GROUP, &format!("{}:10001", spec.user))),
        },
        (None, Some(user)) => Ok((user.gid, supplementary(user, database)?)),
        (None, None) => Err(Error::new(format!(
            "{PASSWD} has no user {0}, so its group is unknown; write it too, such as {0}:{0}",
            spec.user
        ))),
    }
}

fn no_such(kind: &str, name: &str, file: &str, example: &str) -> Error {
    Error::new(format!(
        "{file} has no {kind} '{name}'; add it to the image, or write numeric ids, such as {example}"
    ))
}

fn supplementary(user: &User, database: &Database) -> Result<Vec<u32>> {
    let mut others = database.groups_with_member(user.name.as_bytes())?;
    others.sort_unstable();
    others.dedup();
    others.retain(|gid| *gid != user.gid);
    if others.len() >= MOST_GROUPS {
        log::warn!("{GROUP} has a user in {} groups; the kernel allows {MOST_GROUPS}", others.len() + 1);
        others.truncate(MOST_GROUPS - 1);
    }
    Ok(others)
}

fn reject_accidental_root(spec: &UserSpec, account: &Account) -> Result<()> {
    let (user, uid, gid) = (&spec.user, account.uid, account.gid);
    let group_is_literal = spec.group.as_ref().map_or_else(|| is_literal_root(user), is_literal_root);
    if uid == 0 && !is_literal_root(user) {
        return Err(Error::new(format!(
            "{PASSWD} makes '{user}' uid 0, which is root; write another user, or 0 if root is meant"
        )));
    }
    if account.groups.contains(&0) && !group_is_literal {
        let (file, what) = match &spec.group {
            Some(group) => (GROUP, format!("makes '{group}' gid 0")),
            None if gid == 0 => (PASSWD, format!("puts '{user}' into gid 0")),
            None => (GROUP, format!("puts '{user}' into gid 0")),
        };
        return Err(Error::new(format!(
            "{file} {what}, which is root's group; write {user}:GROUP with another one, or {user}:0 if it is meant"
        )));
    }
    Ok(())
}

/// Whether root was requested literally.
fn is_literal_root(name: &Name) -> bool {
    match name {
        Name::Id(id) => *id == 0,
        Name::Text(text) => text == "root",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write;

    const PASSWD_FILE: &str = "\
root:x:0:0:root:/root:/bin/sh
app:x:1000:1001::/srv/app:/bin/sh
1234:x:77:77::/digits:/bin/sh
toor:x:0:1000::/root:/bin/sh
wheelie:x:1003:0::/home/wheelie:/bin/sh
member:x:1004:1004::/home/member:/bin/sh
homeless:x:1005:1005:::/bin/sh
bad:x:abc:0::/:/bin/sh
short:x
";
    const GROUP_FILE: &str = "\
root:x:0:root,member
app:x:1001:
wheel:x:0:
web:x:33:app,1004
log:x:4:app
again:x:33:app
own:x:1001:app
555:x:66:
rooted:x:44:root
";

    fn database() -> Database {
        Database { passwd: PASSWD_FILE.into(), group: GROUP_FILE.into() }
    }

    fn resolved(spec: &str) -> Result<Account> {
        resolve(&UserSpec::parse(spec).unwrap(), &database())
    }

    fn numbers(spec: &str) -> (u32, u32, Vec<u32>) {
        let account = resolved(spec).unwrap_or_else(|error| panic!("{spec}: {error}"));
        (account.uid, account.gid, account.groups)
    }

    #[track_caller]
    fn assert_rejected(spec: &str, what: &str, fix: &str) {
        let line = resolved(spec).unwrap_err().to_string();
        assert!(line.contains(what) && line.contains(fix), "{spec}: {line}");
    }

    #[test]
    fn digits_are_never_a_name_even_if_a_user_is_called_so() {
        assert_rejected("1234", "has no user 1234", "such as 1234:1234");
        assert_eq!(numbers("1234:555"), (1234, 555, vec![555]));
    }

    #[test]
    fn a_number_takes_group_and_home_from_passwd() {
        assert_eq!(numbers("1000"), (1000, 1001, vec![1001, 4, 33]));
        assert_eq!(resolved("1000").unwrap().home, "/srv/app");
    }

    #[test]
    fn a_number_without_an_entry_needs_a_group_where_gosu_keeps_gid_0() {
        assert_rejected("4711", "has no user 4711", "write it too, such as 4711:4711");
        assert_eq!(numbers("4711:4712"), (4711, 4712, vec![4712]));
        assert!(resolve(&UserSpec::parse("0").unwrap(), &Database::default()).is_err());
    }

    #[test]
    fn a_group_leaves_no_other_groups_and_is_in_the_list_where_gosu_leaves_it_empty() {
        assert_eq!(numbers("app:web"), (1000, 33, vec![33]));
        assert_eq!(numbers("app:app"), (1000, 1001, vec![1001]));
    }

    #[test]
    fn supplementary_groups_come_once_each_after_the_primary_one() {
        assert_eq!(numbers("app"), (1000, 1001, vec![1001, 4, 33]));
    }

    #[test]
    fn names_that_do_not_exist_are_named() {
        assert_rejected("nobody", "/etc/passwd has no user 'nobody'", "such as 10001:10001");
        assert_rejected("app:nogroup", "/etc/group has no group 'nogroup'", "such as app:10001");
    }

    #[test]
    fn a_malformed_line_is_an_error_where_gosu_becomes_root() {
        for (spec, line) in [("bad", 8), ("short", 9), ("bad:1000", 8)] {
            assert_rejected(spec, &format!("/etc/passwd line {line} is malformed"), "write ");
        }
    }

    #[test]
    fn accidental_root_is_rejected() {
        assert_rejected("toor", "makes 'toor' uid 0", "or 0 if root is meant");
        assert_rejected("toor:1000", "makes 'toor' uid 0", "another user");
        assert_rejected("wheelie", "/etc/passwd puts 'wheelie' into gid 0", "wheelie:0");
        assert_rejected("1003", "/etc/passwd puts '1003' into gid 0", "1003:0");
        assert_rejected("member", "/etc/group puts 'member' into gid 0", "member:GROUP");
        assert_rejected("app:wheel", "/etc/group makes 'wheel' gid 0", "app:0");
    }

    #[test]
    fn find_accepts_users_that_the_files_make_root() {
        let found = |spec: &str| {
            let account = find(&UserSpec::parse(spec).unwrap(), &database()).unwrap();
            (account.uid, account.gid, account.groups)
        };
        assert_eq!(found("toor"), (0, 1000, vec![1000]));
        assert_eq!(found("wheelie"), (1003, 0, vec![0]));
        assert_eq!(found("member"), (1004, 1004, vec![1004, 0]));
        assert_eq!(found("app:wheel"), (1000, 0, vec![0]));
    }

    #[test]
    fn root_requested_literally_is_root() {
        assert_eq!(numbers("root"), (0, 0, vec![0, 44]));
        assert_eq!(numbers("0"), (0, 0, vec![0, 44]));
        assert_eq!(numbers("0:0"), (0, 0, vec![0]));
        assert_eq!(numbers("root:1000"), (0, 1000, vec![1000]));
        for spec in ["app:0", "app:root", "1000:0"] {
            assert_eq!(numbers(spec), (1000, 0, vec![0]), "{spec}");
        }
    }

    #[test]
    fn sets_home_user_and_logname() {
        let app = [("HOME", Some("/srv/app")), ("USER", Some("app")), ("LOGNAME", Some("app"))];
        let homeless = [("HOME", Some("/")), ("USER", Some("homeless")), ("LOGNAME", Some("homeless"))];
        let unknown = [("HOME", Some("/")), ("USER", None), ("LOGNAME", None)];
        for (spec, expected) in [("app", app), ("1000:33", app), ("homeless", homeless), ("7:7", unknown)] {
            let expected = expected.map(|(name, value)| (name, value.map(OsString::from)));
            assert_eq!(resolved(spec).unwrap().environment(), expected, "{spec}");
        }
    }

    #[test]
    fn takes_no_more_groups_than_the_kernel_does() {
        let mut group = String::new();
        for gid in 1..=70_000 {
            writeln!(group, "g{gid}:x:{gid}:app").unwrap();
        }
        let database = Database { passwd: PASSWD_FILE.into(), group: group.into() };
        let account = resolve(&UserSpec::parse("app").unwrap(), &database).unwrap();
        assert_eq!((account.groups.len(), account.groups[0]), (MOST_GROUPS, 1001));
    }

    proptest! {
        #[test]
        fn no_one_becomes_root_without_requesting_it(
            passwd in "((root|app|b|):x:(0|1|7|00|x|):(0|1|7|-0|):c:(/h)?:s\n){0,4}",
            group in "((root|app|b|):x:(0|1|7|00|):(app|b|app,b|)\n){0,4}",
            spec in "(app|b|7|1)(:(app|b|7|1))?",
        ) {
            let database = Database { passwd: passwd.into(), group: group.into() };
            if let Ok(account) = resolve(&UserSpec::parse(&spec).unwrap(), &database) {
                prop_assert!(account.uid != 0 && account.gid != 0 && !account.groups.contains(&0));
                prop_assert_eq!(account.groups[0], account.gid);
            }
        }
    }
}
