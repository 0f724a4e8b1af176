//! Capabilities by name, and what `--cap-add` and `--cap-drop` mean together.
//! Pure.

use crate::error::{Error, Result};
use crate::text;
use std::fmt;
use std::ops::{BitAnd, BitOr, Sub};

/// All that Linux 6.18 knows, by number (capability.h(0p), capabilities(7)).
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// A set of capabilities: bit N is capability N, as in the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Set(pub u64);

impl Set {
    /// No capability.
    pub const NONE: Self = Self(0);
    /// Every capability, also those of future kernels.
    pub const ALL: Self = Self(!0);

    /// Changes the owner of files.
    pub(crate) const CHOWN: Self = Self(1 << 0);
    /// Reads, writes and searches whatever the mode is.
    pub(crate) const DAC_OVERRIDE: Self = Self(1 << 1);
    /// Changes the gids and the groups of a process.
    pub(crate) const SETGID: Self = Self(1 << 6);
    /// Changes the uids of a process.
    pub(crate) const SETUID: Self = Self(1 << 7);

    /// Reads `NET_BIND_SERVICE`, `CAP_NET_BIND_SERVICE` or `ALL` in any case,
    /// as `docker run` does.
    ///
    /// # Errors
    /// There is no capability of that name.
    pub fn parse(text: &str) -> Result<Self> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
        if name == "ALL" {
            return Ok(Self::ALL);
        }
        let number = NAMES.iter().position(|known| *known == name);
        number.map(|number| Self(1 << number)).ok_or_else(|| unknown(text, name))
    }

    /// Whether all of these are among `others`.
    pub fn is_within(self, others: Self) -> bool {
        self - others == Self::NONE
    }

    /// As options of `docker run`: `--cap-add SETGID --cap-add SETUID`.
    pub(crate) fn as_options(self) -> String {
        let options: Vec<String> =
            self.numbers().map(|number| format!("--cap-add {}", Self(1 << number))).collect();
        options.join(" ")
    }

    /// The numbers, lowest first.
    pub fn numbers(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |number| self.0 >> number & 1 == 1)
    }
}

fn unknown(text: &str, name: &str) -> Error {
    let shown = text.escape_debug();
    Error::new(match text::nearest(name, NAMES.into_iter()) {
        Some(nearest) => format!("'{shown}' is not a capability; did you mean {nearest}?"),
        None => format!(
            "'{shown}' is not a capability; write one of capabilities(7), such as NET_BIND_SERVICE, or ALL"
        ),
    })
}

/// As `docker run` takes them: `NET_BIND_SERVICE NET_RAW`.
impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.numbers().enumerate() {
            let space = if index == 0 { "" } else { " " };
            match NAMES.get(number as usize) {
                Some(name) => write!(f, "{space}{name}")?,
                None => write!(f, "{space}{number}")?,
            }
        }
        Ok(())
    }
}

impl BitAnd for Set {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Set {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Sub for Set {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// The values of `--cap-add` and `--cap-drop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Choice {
    /// Everything added; [`Set::ALL`] for `ALL`.
    pub add: Set,
    /// Everything dropped; [`Set::ALL`] for `ALL`.
    pub drop: Set,
}

impl Choice {
    /// Whether neither option was given.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Applies the options to `basics` as moby's `TweakCapabilities` does. With
    /// `add` ALL the result is everything `available` except what is dropped by
    /// name; with `drop` ALL it is what is added; else `basics` without the drops
    /// and with the adds.
    pub(crate) fn applied(self, basics: Set, available: Set) -> Set {
        match (self.add, self.drop) {
            (Set::ALL, Set::ALL) => available,
            (Set::ALL, drop) => available - drop,
            (add, Set::ALL) => add,
            (add, drop) => (basics - drop) | add,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(names: &str) -> Set {
        names.split_whitespace().map(|name| Set::parse(name).unwrap()).fold(Set::NONE, BitOr::bitor)
    }

    #[test]
    fn reads_names_as_docker_does() {
        for name in ["NET_BIND_SERVICE", "CAP_NET_BIND_SERVICE", "net_bind_service", "cap_net_bind_service"] {
            assert_eq!(Set::parse(name), Ok(Set(1 << 10)), "{name}");
        }
        assert_eq!(Set::parse("CHOWN"), Ok(Set(1)));
        assert_eq!(Set::parse("CHECKPOINT_RESTORE"), Ok(Set(1 << 40)));
        assert_eq!(Set::parse("all"), Ok(Set::ALL));
    }

    #[test]
    fn the_constants_have_the_numbers_of_their_names() {
        let constants = Set::CHOWN | Set::DAC_OVERRIDE | Set::SETGID | Set::SETUID;
        assert_eq!(set("CHOWN DAC_OVERRIDE SETGID SETUID"), constants);
    }

    #[test]
    fn rejects_unknown_names_and_suggests_the_nearest() {
        let error_for = |text| Set::parse(text).unwrap_err().to_string();
        assert!(error_for("NET_BIND_SERVCE").ends_with("did you mean NET_BIND_SERVICE?"));
        for text in ["", "CAP_", "10", "A,B", "\u{1b}"] {
            let line = error_for(text);
            assert!(line.contains("write one of") && !line.contains(char::is_control), "{line}");
        }
    }

    #[test]
    fn combines_add_and_drop_as_docker_does() {
        let (held, all) = (set("CHOWN KILL NET_RAW"), set("CHOWN KILL NET_RAW SYS_TIME"));
        let table = [
            ("", "", "CHOWN KILL NET_RAW"),
            ("", "KILL", "CHOWN NET_RAW"),
            ("", "ALL", ""),
            ("SYS_TIME", "", "CHOWN KILL NET_RAW SYS_TIME"),
            ("KILL", "ALL", "KILL"),
            ("KILL", "KILL", "CHOWN KILL NET_RAW"),
            ("ALL", "", "CHOWN KILL NET_RAW SYS_TIME"),
            ("ALL", "KILL", "CHOWN NET_RAW SYS_TIME"),
            ("ALL", "ALL", "CHOWN KILL NET_RAW SYS_TIME"),
        ];
        for (add, drop, left) in table {
            let choice = Choice { add: set(add), drop: set(drop) };
            assert_eq!(choice.applied(held, all).to_string(), left, "add {add} drop {drop}");
        }
    }

    proptest! {
        #[test]
        fn never_leaves_what_is_neither_there_nor_added(add: u64, drop: u64, basics: u64, available: u64) {
            let (basics, available) = (Set(basics), Set(available));
            let choice = Choice { add: Set(add) & available, drop: Set(drop) };
            prop_assert!(choice.applied(basics, available).is_within(basics | available));
            let dropped = Choice { add: Set::NONE, drop: Set(drop) };
            prop_assert_eq!(dropped.applied(basics, available) & Set(drop), Set::NONE);
        }

        #[test]
        fn reads_what_it_shows(bits in 0..(1u64 << 41)) {
            prop_assert_eq!(set(&Set(bits).to_string()), Set(bits));
        }

        #[test]
        fn an_error_is_one_line(text: String) {
            if let Err(error) = Set::parse(&text) {
                prop_assert!(!error.to_string().contains(char::is_control));
            }
        }
    }
}
