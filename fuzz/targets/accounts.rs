//! /etc/passwd and /etc/group: nobody becomes root who did not ask for it.
//!
//! The input is a spec, a NUL, the passwd file, a NUL, the group file.
#![no_main]

use hinit::testing::identity::account::{MOST_GROUPS, resolve};
use hinit::testing::identity::database::Database;
use hinit::testing::identity::spec::{HIGHEST_ID, Name, UserSpec};
use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(3, |byte| *byte == 0);
    let Some(Ok(spec)) = parts.next().map(std::str::from_utf8) else { return };
    let mut file = || parts.next().unwrap_or_default().to_vec();
    let database = Database { passwd: file(), group: file() };
    database.malformed();
    let Ok(spec) = UserSpec::parse(spec) else { return };
    let Ok(account) = resolve(&spec, &database) else { return };
    assert!(account.uid <= HIGHEST_ID && account.gid <= HIGHEST_ID);
    assert!(account.uid != 0 || literal(&spec.user), "{spec} is root");
    let group = spec.group.as_ref().unwrap_or(&spec.user);
    assert!(!account.groups.contains(&0) || literal(group), "{spec} is in root's group");
    assert_eq!(account.groups.first(), Some(&account.gid));
    assert!(account.groups.len() <= MOST_GROUPS);
    assert_eq!(account.groups.iter().collect::<HashSet<_>>().len(), account.groups.len());
    assert!(!account.home.is_empty());
});

fn literal(name: &Name) -> bool {
    matches!(name, Name::Id(0)) || matches!(name, Name::Text(text) if text == "root")
}
