//! The `USER[:GROUP]` of `--user`.

use crate::error::{Error, Result};
use std::fmt;

/// The highest uid or gid: 2^31-1, as in moby.
///
/// Higher numbers made other programs stay root: 2^32 wraps to 0 in su-exec, and
/// 2^32-1 means "no change" to the kernel (CVE-2019-14287, CVE-2024-40635).
pub const HIGHEST_ID: u32 = 0x7fff_ffff;

/// A parsed user spec; nothing has been looked up yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSpec {
    /// Before the colon.
    pub user: Name,
    /// After the colon.
    pub group: Option<Name>,
}

/// A number, or a name to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// Digits are always a number, never looked up as a name (CVE-2016-3697).
    /// At most [`HIGHEST_ID`].
    Id(u32),
    /// A name of /etc/passwd or /etc/group. Never empty, and without colons, white
    /// space and control characters.
    Text(String),
}

impl UserSpec {
    /// Reads `USER` or `USER:GROUP`, each a name or a number from 0 to
    /// [`HIGHEST_ID`].
    ///
    /// # Errors
    /// An empty part (gosu and su-exec stay root on it), a second colon (gosu
    /// takes `1000:1000:9`), white space or NUL, a sign, a leading zero, or a
    /// number that is too high.
    pub fn parse(text: &str) -> Result<Self> {
        parse_parts(text).map_err(|why| Error::new(format!("'{}' is not a user: {why}", text.escape_debug())))
    }
}

fn parse_parts(text: &str) -> std::result::Result<UserSpec, String> {
    const UNSET: &str = "(an unset variable leaves an empty string)";
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (text, None),
    };
    match (user, group) {
        ("", None | Some("")) => {
            Err(format!("it is empty; write USER or USER:GROUP, such as 10001:10001 {UNSET}"))
        }
        ("", Some(_)) => {
            Err(format!("nothing is before the colon; write USER:GROUP, such as 10001:10001 {UNSET}"))
        }
        (_, Some("")) => Err(format!(
            "nothing is after the colon; write USER alone or USER:GROUP, such as 10001:10001 {UNSET}"
        )),
        (_, Some(group)) if group.contains(':') => {
            Err("it has more than one colon; write USER:GROUP, such as 10001:10001".to_owned())
        }
        (user, group) => Ok(UserSpec { user: parse_name(user)?, group: group.map(parse_name).transpose()? }),
    }
}

fn parse_name(text: &str) -> std::result::Result<Name, String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Err("it has white space or a control character in it; write USER or USER:GROUP without".to_owned())
    } else if is_number(text) {
        parse_id(text).map(Name::Id)
    } else if is_number(text.get(1..).unwrap_or_default()) && text.starts_with(['+', '-']) {
        Err(format!("{text} has a sign; write a number from 0 to {HIGHEST_ID}"))
    } else {
        Ok(Name::Text(text.to_owned()))
    }
}

/// Reads a number, given only digits.
fn parse_id(digits: &str) -> std::result::Result<u32, String> {
    let id = digits.parse().ok().filter(|id| *id <= HIGHEST_ID);
    let id = id.ok_or_else(|| format!("{digits} is too high; write a number from 0 to {HIGHEST_ID}"))?;
    if digits.len() > 1 && digits.starts_with('0') {
        return Err(format!("{digits} has a leading zero; write {id}"));
    }
    Ok(id)
}

/// As the user wrote it.
impl fmt::Display for UserSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.group {
            Some(group) => write!(f, "{}:{group}", self.user),
            None => write!(f, "{}", self.user),
        }
    }
}

/// As the user wrote it.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error_for(text: &str) -> String {
        UserSpec::parse(text).unwrap_err().to_string()
    }

    #[track_caller]
    fn assert_rejected(text: &str, why: &str) {
        let line = error_for(text);
        assert!(line.contains(why), "{text:?}: {line}");
        assert!(line.contains("write "), "names no fix: {line}");
    }

    #[test]
    fn reads_names_and_numbers() {
        let text = |name: &str| Name::Text(name.to_owned());
        let table = [
            ("app", text("app"), None),
            ("1000", Name::Id(1000), None),
            ("0", Name::Id(0), None),
            ("app:app", text("app"), Some(text("app"))),
            ("1000:app", Name::Id(1000), Some(text("app"))),
            ("app:0", text("app"), Some(Name::Id(0))),
            ("2147483647:2147483647", Name::Id(HIGHEST_ID), Some(Name::Id(HIGHEST_ID))),
            ("www-data", text("www-data"), None),
            ("-x", text("-x"), None),
            ("0x10", text("0x10"), None),
            ("J\u{f6}rg", text("J\u{f6}rg"), None),
            ("\u{663}", text("\u{663}"), None),
        ];
        for (spec, user, group) in table {
            assert_eq!(UserSpec::parse(spec), Ok(UserSpec { user, group }), "{spec}");
        }
    }

    #[test]
    fn rejects_an_empty_user_where_gosu_and_su_exec_stay_root() {
        for (text, why) in [("", "it is empty"), (":", "it is empty"), (":1000", "before the colon")] {
            assert_rejected(text, why);
            assert!(error_for(text).contains("an unset variable leaves an empty string"));
        }
    }

    #[test]
    fn rejects_an_empty_group_where_gosu_and_su_exec_take_the_user_alone() {
        for text in ["app:", "1000:"] {
            assert_rejected(text, "after the colon");
            assert!(error_for(text).contains("an unset variable leaves an empty string"));
        }
    }

    #[test]
    fn rejects_a_second_colon_where_gosu_ignores_the_rest() {
        for text in ["1000:1000:9", "1000:1000:", "a:b:c", "a::"] {
            assert_rejected(text, "more than one colon");
        }
    }

    #[test]
    fn rejects_numbers_out_of_range_where_su_exec_wraps_to_root() {
        for text in ["4294967296", "1000:4294967296"] {
            assert_rejected(text, "4294967296 is too high");
        }
    }

    #[test]
    fn rejects_minus_one_in_disguise_where_setpriv_stays_root() {
        assert_rejected("4294967295", "4294967295 is too high");
        assert_rejected("1000:4294967295", "4294967295 is too high");
    }

    #[test]
    fn rejects_more_digits_than_any_integer_where_gosu_takes_them_for_a_name() {
        assert_rejected("99999999999999999999999", "is too high");
        assert_rejected("2147483648", "is too high");
    }

    #[test]
    fn rejects_signs_and_leading_zeros() {
        for text in ["-1", "+1000", "-0", "1000:-1"] {
            assert_rejected(text, "has a sign");
        }
        for (text, fix) in [("007", "write 7"), ("00", "write 0"), ("1:0100", "write 100")] {
            assert_rejected(text, "has a leading zero");
            assert!(error_for(text).contains(fix));
        }
    }

    #[test]
    fn rejects_white_space_and_nul_and_stays_on_one_line() {
        for text in [" 1000", "1000 ", "10 00", "app\n", "app\0", "a\tb", "\u{a0}app", "app:\u{1b}[2J"] {
            assert_rejected(text, "white space or a control character");
            assert!(!error_for(text).contains(char::is_control), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn shows_each_spec_as_it_was_written(text in ".*|[0-9a-z]{0,12}(:[0-9a-z]{0,12})?") {
            if let Ok(spec) = UserSpec::parse(&text) {
                prop_assert_eq!(spec.to_string(), text);
            }
        }

        #[test]
        fn every_number_in_range_is_itself(id in 0..=HIGHEST_ID) {
            let spec = UserSpec::parse(&id.to_string()).unwrap();
            prop_assert_eq!(spec, UserSpec { user: Name::Id(id), group: None });
        }

        #[test]
        fn digits_never_become_a_name(digits in "[0-9]{1,40}") {
            if let Ok(spec) = UserSpec::parse(&digits) {
                prop_assert!(matches!(spec.user, Name::Id(_)));
            }
        }

        #[test]
        fn an_error_is_one_line(text in "[\\x00-\\x20:0-9]*") {
            if let Err(error) = UserSpec::parse(&text) {
                prop_assert!(!error.to_string().contains(char::is_control));
            }
        }
    }
}
