//! /etc/passwd and /etc/group as a pure lookup over their bytes, without NSS.
//!
//! The first matching line wins, and it must be well formed: gosu takes uid 0 from
//! a line such as `app:x:abc` or `app:x`. Other malformed lines are skipped, and
//! [`Database::malformed`] reports them.

use super::spec::HIGHEST_ID;
use crate::error::{Error, Result};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// The file of users.
pub(crate) const PASSWD: &str = "/etc/passwd";
/// The file of groups.
pub(crate) const GROUP: &str = "/etc/group";

/// The longest line that is read: 1 MiB.
pub(crate) const LONGEST_LINE: usize = 1 << 20;

/// The bytes of both files; empty for a file that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Database {
    /// Lines of `name:password:UID:GID:comment:home:shell` (passwd(5)).
    pub passwd: Vec<u8>,
    /// Lines of `name:password:GID:member,member` (group(5)).
    pub group: Vec<u8>,
}

/// A line of /etc/passwd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Never empty; any bytes except white space and control characters.
    pub name: OsString,
    /// At most [`HIGHEST_ID`].
    pub uid: u32,
    /// The primary group; at most [`HIGHEST_ID`].
    pub gid: u32,
    /// The home directory as written there; may be empty.
    pub home: OsString,
}

impl Database {
    /// The first user of this name.
    ///
    /// # Errors
    /// That line is malformed.
    pub fn user_by_name(&self, name: &str) -> Result<Option<User>> {
        first(PASSWD, &self.passwd, |line| field(line, 0) == Some(name.as_bytes()), parse_user)
    }

    /// The first user with this number.
    ///
    /// # Errors
    /// That line is malformed.
    pub fn user_by_uid(&self, uid: u32) -> Result<Option<User>> {
        first(PASSWD, &self.passwd, |line| field(line, 2).and_then(parse_id) == Some(uid), parse_user)
    }

    /// The gid of the first group of this name.
    ///
    /// # Errors
    /// That line is malformed.
    pub fn group_by_name(&self, name: &str) -> Result<Option<u32>> {
        first(GROUP, &self.group, |line| field(line, 0) == Some(name.as_bytes()), parse_group)
    }

    /// The gids of all groups that list this user as a member, in the file's
    /// order.
    ///
    /// # Errors
    /// One of those lines is malformed.
    pub fn groups_with_member(&self, user: &[u8]) -> Result<Vec<u32>> {
        let lists_user =
            |line: &[u8]| field(line, 3).is_some_and(|list| list.split(|b| *b == b',').any(|m| m == user));
        lines(&self.group)
            .filter(|(_, line)| lists_user(line))
            .map(|(number, line)| parse_group(line).map_err(|why| matched(GROUP, number, why)))
            .collect()
    }

    /// One log line for each file that has malformed lines.
    pub fn malformed(&self) -> Vec<String> {
        let passwd = malformed(PASSWD, &self.passwd, parse_user);
        passwd.into_iter().chain(malformed(GROUP, &self.group, parse_group)).collect()
    }
}

/// Why a line is malformed; completes "it is malformed: ...".
type Why = &'static str;

fn first<T>(
    file: &str,
    bytes: &[u8],
    matches: impl Fn(&[u8]) -> bool,
    parse: fn(&[u8]) -> std::result::Result<T, Why>,
) -> Result<Option<T>> {
    lines(bytes)
        .find(|(_, line)| matches(line))
        .map(|(number, line)| parse(line).map_err(|why| matched(file, number, why)))
        .transpose()
}

fn matched(file: &str, number: usize, why: Why) -> Error {
    Error::new(format!("{file} line {number} is malformed: {why}"))
}

fn malformed<T>(file: &str, bytes: &[u8], parse: fn(&[u8]) -> std::result::Result<T, Why>) -> Option<String> {
    let mut bad = lines(bytes).filter_map(|(number, line)| parse(line).err().map(|why: Why| (number, why)));
    let (number, why) = bad.next()?;
    Some(match bad.count() {
        0 => format!("{file} line {number} is skipped as malformed: {why}"),
        more => format!("{file} line {number} and {more} more are skipped as malformed: {why}"),
    })
}

/// The lines with their numbers from 1, without empty ones and comments.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let all = bytes.split(|b| *b == b'\n').enumerate();
    all.map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.is_empty() && line[0] != b'#')
}

fn field(line: &[u8], index: usize) -> Option<&[u8]> {
    line.split(|b| *b == b':').nth(index)
}

fn parse_user(line: &[u8]) -> std::result::Result<User, Why> {
    let [name, _, uid, gid, _, home, _] = fields(line, "write 7 fields, name:x:UID:GID:comment:home:shell")?;
    Ok(User {
        name: OsString::from_vec(parse_name(name)?.to_vec()),
        uid: parse_id(uid).ok_or("write a UID from 0 to 2147483647 in its third field")?,
        gid: parse_id(gid).ok_or("write a GID from 0 to 2147483647 in its fourth field")?,
        home: OsString::from_vec(home.to_vec()),
    })
}

fn parse_group(line: &[u8]) -> std::result::Result<u32, Why> {
    let [name, _, gid, _] = fields(line, "write 4 fields, name:x:GID:member,member")?;
    parse_name(name)?;
    parse_id(gid).ok_or("write a GID from 0 to 2147483647 in its third field")
}

fn fields<const N: usize>(line: &[u8], otherwise: Why) -> std::result::Result<[&[u8]; N], Why> {
    if line.len() > LONGEST_LINE {
        return Err("it is longer than 1 MiB; shorten it");
    }
    if line.iter().any(|b| b.is_ascii_control() && *b != b'\t') {
        return Err("remove the control character (a carriage return, if it was written on Windows)");
    }
    let mut found = [line; N];
    let mut parts = line.split(|b| *b == b':');
    for slot in &mut found {
        *slot = parts.next().ok_or(otherwise)?;
    }
    if parts.next().is_some() { Err(otherwise) } else { Ok(found) }
}

fn parse_name(name: &[u8]) -> std::result::Result<&[u8], Why> {
    match name {
        [] => Err("write a name in its first field"),
        _ if name.iter().any(u8::is_ascii_whitespace) => Err("remove the space from the name"),
        _ => Ok(name),
    }
}

/// Digits only, without leading zeros, at most [`HIGHEST_ID`].
fn parse_id(digits: &[u8]) -> Option<u32> {
    let plain = digits.iter().all(u8::is_ascii_digit) && (digits == b"0" || !digits.starts_with(b"0"));
    let text = plain.then(|| str::from_utf8(digits).ok()).flatten()?;
    text.parse().ok().filter(|id| *id <= HIGHEST_ID)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:An App,,,:/srv/app:/sbin/nologin\n";

    fn passwd(text: &str) -> Database {
        Database { passwd: text.as_bytes().to_vec(), group: Vec::new() }
    }

    fn group(text: &str) -> Database {
        Database { passwd: Vec::new(), group: text.as_bytes().to_vec() }
    }

    fn app() -> User {
        User { name: "app".into(), uid: 1000, gid: 1001, home: "/srv/app".into() }
    }

    #[test]
    fn finds_users_by_name_and_by_number() {
        assert_eq!(passwd(GOOD).user_by_name("app"), Ok(Some(app())));
        assert_eq!(passwd(GOOD).user_by_uid(1000), Ok(Some(app())));
        assert_eq!(passwd(GOOD).user_by_name("ap"), Ok(None));
        assert_eq!(passwd(GOOD).user_by_uid(1001), Ok(None));
        assert_eq!(Database::default().user_by_name("app"), Ok(None));
    }

    #[test]
    fn the_first_match_wins() {
        let twice = passwd("app:x:1:1::/a:\napp:x:2:2::/b:\nother:x:1:9::/c:\n");
        assert_eq!(twice.user_by_name("app").unwrap().unwrap().uid, 1);
        assert_eq!(twice.user_by_uid(1).unwrap().unwrap().gid, 1);
    }

    #[test]
    fn a_last_line_needs_no_newline_and_comments_are_no_lines() {
        let file = passwd("# app:x:5:5::/:\n\napp:x:1000:1001::/srv/app:");
        assert_eq!(file.user_by_name("app"), Ok(Some(app())));
        assert_eq!(file.malformed(), Vec::<String>::new());
    }

    #[test]
    fn fails_on_a_malformed_match_where_gosu_becomes_root() {
        let table = [
            "app:x:abc:1000::/:",
            "app:x:4294967296:1000::/:",
            "app:x",
            "app",
            "app:x::1000::/:",
            "app:x:1000:::/:",
            "app:x:1000:4294967295::/:",
            "app:x:-1:1000::/:",
            "app:x: 1000:1000::/:",
            "app:x:01000:1000::/:",
            "app:x:1000:1000::/",
            "app:x:1000:1000::/:/bin/sh:more",
            "app:x:1000:1000::/:\r",
            "app:x:1000:1000:\0:/:",
        ];
        for line in table {
            let error =
                passwd(&format!("{GOOD:.10}::\n{line}\n")).user_by_name("app").unwrap_err().to_string();
            assert!(error.starts_with("/etc/passwd line 2 is malformed: "), "{line:?}: {error}");
        }
    }

    #[test]
    fn a_number_whose_line_is_malformed_elsewhere_fails_too() {
        for line in ["app:x:1000", "app:x:1000:abc::/:", ":x:1000:1000::/:", "a b:x:1000:1000::/:"] {
            let error = passwd(line).user_by_uid(1000).unwrap_err().to_string();
            assert!(error.starts_with("/etc/passwd line 1 is malformed: "), "{line:?}: {error}");
        }
    }

    #[test]
    fn skips_other_malformed_lines_and_tells_of_them() {
        let file = passwd(&format!("broken\n+::::::\n{GOOD}"));
        assert_eq!(file.user_by_name("app"), Ok(Some(app())));
        assert_eq!(file.malformed().len(), 1);
        assert!(file.malformed()[0].starts_with("/etc/passwd line 1 and 1 more are skipped as malformed: "));
        let one = group("a:x:1:\nb:x:no:\n");
        assert!(one.malformed()[0].starts_with("/etc/group line 2 is skipped as malformed: write a GID"));
    }

    #[test]
    fn a_line_may_be_one_mebibyte_long_and_no_longer() {
        let line = |length: usize| format!("app:x:1000:1001:{}:/srv/app:", "c".repeat(length - 26));
        assert_eq!(line(LONGEST_LINE).len(), LONGEST_LINE);
        assert_eq!(passwd(&line(LONGEST_LINE)).user_by_name("app"), Ok(Some(app())));
        let error = passwd(&line(LONGEST_LINE + 1)).user_by_name("app").unwrap_err();
        assert_eq!(error.to_string(), "/etc/passwd line 1 is malformed: it is longer than 1 MiB; shorten it");
    }

    #[test]
    fn finds_groups_by_name_and_by_member() {
        let file = group("root:x:0:\nweb:x:33:app,other\nlog:x:4:other,app\nappx:x:5:xapp,appx\n");
        assert_eq!(file.group_by_name("web"), Ok(Some(33)));
        assert_eq!(file.group_by_name("none"), Ok(None));
        assert_eq!(file.groups_with_member(b"app"), Ok(vec![33, 4]));
        assert_eq!(file.groups_with_member(b"nobody"), Ok(vec![]));
    }

    #[test]
    fn never_takes_a_gid_that_is_no_number() {
        for line in ["web:x:abc:app", "web:x::app", "web:x:4294967296:app", "web:x:33:app:more"] {
            assert!(group(line).group_by_name("web").is_err(), "{line}");
            assert!(group(line).groups_with_member(b"app").is_err(), "{line}");
        }
        assert!(group("web:x").group_by_name("web").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_rejected(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let database = Database { passwd: bytes.clone(), group: bytes };
            let _ = (database.user_by_name("a"), database.user_by_uid(0), database.group_by_name("a"));
            let _ = (database.groups_with_member(b"a"), database.malformed());
        }

        #[test]
        fn a_found_user_was_written_in_full(
            text in "((a|b|):(x|):([0-9]{0,3}|-1|0x1):([0-9]{0,11}|z):c?:/?:(/s)?:?\n){0,4}"
        ) {
            if let Ok(Some(user)) = passwd(&text).user_by_name("a") {
                let start = format!("a:x:{}:{}:", user.uid, user.gid);
                let bare = format!("a::{}:{}:", user.uid, user.gid);
                prop_assert!(text.lines().any(|line| line.starts_with(&start) || line.starts_with(&bare)));
            }
        }
    }
}
