//! Signals by number and by name, realtime signals included.
//!
//! Numbers are the kernel's, so that musl and glibc builds agree: 32 and 33 are
//! ordinary realtime signals here, although a C library keeps them for itself, and
//! `RTMIN` is 34 as in `docker kill`.

use crate::error::{Error, Result};
use std::fmt;

/// A signal number from 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(i32);

const RTMIN: i32 = 34;
const RTMAX: i32 = 64;

/// Linux's numbers on x86, arm, riscv and the other generic architectures.
const NAMES: [(&str, i32); 34] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("STKFLT", 16),
    ("CHLD", 17),
    ("CONT", 18),
    ("STOP", 19),
    ("TSTP", 20),
    ("TTIN", 21),
    ("TTOU", 22),
    ("URG", 23),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("VTALRM", 26),
    ("PROF", 27),
    ("WINCH", 28),
    ("IO", 29),
    ("PWR", 30),
    ("SYS", 31),
    // Aliases, never shown.
    ("IOT", 6),
    ("CLD", 17),
    ("POLL", 29),
];

impl Signal {
    /// A terminal went away.
    pub const HUP: Self = Self(1);
    /// `^C`.
    pub const INT: Self = Self(2);
    /// `^\`; the STOPSIGNAL of the nginx and php-fpm images.
    pub const QUIT: Self = Self(3);
    /// Cannot be caught, so it is never forwarded.
    pub const KILL: Self = Self(9);
    /// A write to a pipe without a reader.
    pub const PIPE: Self = Self(13);
    /// What `docker stop` sends by default.
    pub const TERM: Self = Self(15);
    /// A child changed state.
    pub const CHLD: Self = Self(17);
    /// Continues a stopped process.
    pub const CONT: Self = Self(18);
    /// Cannot be caught, so it is never forwarded.
    pub const STOP: Self = Self(19);
    /// `^Z`.
    pub const TSTP: Self = Self(20);
    /// A background process read from the terminal.
    pub const TTIN: Self = Self(21);
    /// A background process wrote to the terminal.
    pub const TTOU: Self = Self(22);

    /// The terminal changed its size; the STOPSIGNAL of the httpd image.
    pub const WINCH: Self = Self(28);
    /// `RTMIN+3` halts systemd; the STOPSIGNAL of its images.
    pub const HALT: Self = Self(RTMIN + 3);

    /// The signal with this number, if there is one (1 to 64).
    pub fn from_number(number: i32) -> Option<Self> {
        (1..=RTMAX).contains(&number).then_some(Self(number))
    }

    /// The kernel's number.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Reads `TERM`, `SIGTERM`, `sigterm`, `15`, `RTMIN+3` or `SIGRTMAX-1`, as
    /// `docker run --stop-signal` does.
    ///
    /// # Errors
    /// An unknown name, or a number outside 1 to 64.
    pub fn parse(text: &str) -> Result<Self> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        by_number(text)
            .or_else(|| by_name(name))
            .or_else(|| realtime(name))
            .and_then(Self::from_number)
            .ok_or_else(|| {
                Error::new(format!(
                    "'{text}' is not a signal; write a name such as TERM or RTMIN+3, or a number from 1 to 64"
                ))
            })
    }
}

fn by_number(text: &str) -> Option<i32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

fn by_name(name: &str) -> Option<i32> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

fn realtime(name: &str) -> Option<i32> {
    let number = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(""), _) => RTMIN,
        (_, Some("")) => RTMAX,
        (Some(offset), _) => RTMIN.checked_add(by_number(offset.strip_prefix('+')?)?)?,
        (_, Some(offset)) => RTMAX.checked_sub(by_number(offset.strip_prefix('-')?)?)?,
        _ => return None,
    };
    (RTMIN..=RTMAX).contains(&number).then_some(number)
}

/// `SIGTERM`, `SIGRTMIN+3`, or `signal 32`.
impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(_, number)| *number == self.0) {
            Some((name, _)) => write!(f, "SIG{name}"),
            None if self.0 == RTMIN => f.write_str("SIGRTMIN"),
            None if self.0 > RTMIN => write!(f, "SIGRTMIN+{}", self.0 - RTMIN),
            None => write!(f, "signal {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_and_numbers_as_docker_does() {
        let table = [
            ("TERM", 15),
            ("SIGTERM", 15),
            ("sigterm", 15),
            ("15", 15),
            ("IOT", 6),
            ("RTMIN", 34),
            ("SIGRTMIN+3", 37),
            ("RTMAX", 64),
            ("RTMAX-1", 63),
            ("64", 64),
            ("32", 32),
        ];
        for (text, number) in table {
            assert_eq!(Signal::parse(text).unwrap().number(), number, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_signal() {
        for text in [
            "",
            "0",
            "65",
            "-1",
            "TREM",
            "RTMIN+31",
            "RTMAX-31",
            "RTMIN-1",
            "RTMIN+",
            "SIG",
            "99999999999",
            "+15",
            "RTMIN+9999999999",
            "RTMIN+2147483647",
            "RTMAX-2147483647",
        ] {
            assert!(Signal::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shows_the_names_people_know() {
        let table =
            [(15, "SIGTERM"), (6, "SIGABRT"), (34, "SIGRTMIN"), (37, "SIGRTMIN+3"), (32, "signal 32")];
        for (number, name) in table {
            assert_eq!(Signal(number).to_string(), name);
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_back_every_name_it_shows(number in 1..=64i32) {
            let signal = Signal(number);
            let shown = signal.to_string();
            let text = shown.strip_prefix("signal ").unwrap_or(&shown);
            proptest::prop_assert_eq!(Signal::parse(text), Ok(signal));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = Signal::parse(&text);
            let _ = crate::time::parse_duration(&text);
        }
    }
}
