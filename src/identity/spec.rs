//! The `USER[:GROUP]` of `--user`.

/// A user spec by its syntax alone; nothing has been looked up yet.
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
    Id(u32),
    /// To be found in /etc/passwd or /etc/group.
    Text(String),
}
