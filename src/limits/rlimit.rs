//! `--ulimit`: resource limits of the app.

use crate::error::{Error, Result};
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use std::fmt;
use std::io;

/// Docker's names, which are those of getrlimit(2). The units are the kernel's
/// (bytes, seconds, numbers), not the kibibytes of a shell.
const NAMES: [(&str, Resource); 15] = [
    ("core", Resource::RLIMIT_CORE),
    ("cpu", Resource::RLIMIT_CPU),
    ("data", Resource::RLIMIT_DATA),
    ("fsize", Resource::RLIMIT_FSIZE),
    ("locks", Resource::RLIMIT_LOCKS),
    ("memlock", Resource::RLIMIT_MEMLOCK),
    ("msgqueue", Resource::RLIMIT_MSGQUEUE),
    ("nice", Resource::RLIMIT_NICE),
    ("nofile", Resource::RLIMIT_NOFILE),
    ("nproc", Resource::RLIMIT_NPROC),
    ("rss", Resource::RLIMIT_RSS),
    ("rtprio", Resource::RLIMIT_RTPRIO),
    ("rttime", Resource::RLIMIT_RTTIME),
    ("sigpending", Resource::RLIMIT_SIGPENDING),
    ("stack", Resource::RLIMIT_STACK),
];

/// No limit: `RLIM_INFINITY`, -1 in Docker.
const UNLIMITED: rlim_t = rlim_t::MAX;

/// One limit, soft at most hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    name: &'static str,
    resource: Resource,
    soft: rlim_t,
    hard: rlim_t,
}

impl Limit {
    /// Reads `NAME=SOFT[:HARD]` as `docker run --ulimit` does. The hard limit is
    /// the soft one by default; -1 and `unlimited` are no limit.
    ///
    /// # Errors
    /// An unknown name, not a number, or a soft limit above the hard one.
    pub fn parse(text: &str) -> Result<Self> {
        let shown = text.escape_debug();
        let (name, values) = text.split_once('=').ok_or_else(|| {
            Error::new(format!("'{shown}' is not a limit; write NAME=SOFT[:HARD], such as nofile=1024:2048"))
        })?;
        let (name, resource) = *NAMES.iter().find(|(known, _)| *known == name).ok_or_else(|| {
            let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
            Error::new(format!(
                "'{}' is not a limit's name; write one of {}",
                name.escape_debug(),
                names.join(", ")
            ))
        })?;
        let (soft, hard) = values.split_once(':').unwrap_or((values, values));
        let (soft, hard) = (parse_value(soft)?, parse_value(hard)?);
        if soft > hard {
            return Err(Error::new(format!(
                "'{shown}' has a soft limit above the hard one; write the lower one first"
            )));
        }
        Ok(Self { name, resource, soft, hard })
    }

    /// Keeps the last one of each kind, as Docker does.
    pub fn last_of_each(all: Vec<Self>) -> Vec<Self> {
        let mut kept: Vec<Self> = Vec::with_capacity(all.len());
        for limit in all {
            kept.retain(|other| other.resource != limit.resource);
            kept.push(limit);
        }
        kept
    }

    /// Raises hinit's own hard limit to the app's if that is higher, which needs
    /// `CAP_SYS_RESOURCE`. hinit's soft limit does not change.
    ///
    /// # Errors
    /// hinit is not permitted to raise it.
    pub fn raise_hard_limit(&self) -> Result<()> {
        let raise = || match getrlimit(self.resource)? {
            (_, now) if self.hard <= now => Ok(()),
            (soft, _) => setrlimit(self.resource, soft, self.hard),
        };
        raise().map_err(|errno: Errno| {
            let now = getrlimit(self.resource).map_or(0, |(_, hard)| hard);
            let next = format!(
                "the hard limit is {} here; write no more than that, or set it for the container: docker run --ulimit {self}",
                Value(now)
            );
            Error::with_fix(&format!("--ulimit {self}"), errno.desc(), &next)
        })
    }

    /// Sets both. After [`Self::raise_hard_limit`] that is always permitted.
    ///
    /// # Errors
    /// The kernel rejects it: above the hard limit without CAP_SYS_RESOURCE.
    pub fn set(&self) -> io::Result<()> {
        Ok(setrlimit(self.resource, self.soft, self.hard)?)
    }
}

fn parse_value(text: &str) -> Result<rlim_t> {
    if text == "-1" || text == "unlimited" {
        return Ok(UNLIMITED);
    }
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let value = text.parse().ok().filter(|value| digits && i64::try_from(*value).is_ok());
    value.ok_or_else(|| {
        Error::new(format!(
            "'{}' is not a limit's value; write a number, or -1 for none",
            text.escape_debug()
        ))
    })
}

/// In the syntax of Docker.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}:{}", self.name, Value(self.soft), Value(self.hard))
    }
}

struct Value(rlim_t);

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            UNLIMITED => f.write_str("-1"),
            value => write!(f, "{value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn parsed(text: &str) -> Limit {
        Limit::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn reads_limits_as_docker_does() {
        let table = [
            ("nofile=1024:2048", "nofile=1024:2048"),
            ("nofile=1024", "nofile=1024:1024"),
            ("core=0", "core=0:0"),
            ("core=-1", "core=-1:-1"),
            ("memlock=unlimited", "memlock=-1:-1"),
            ("stack=8388608:-1", "stack=8388608:-1"),
            ("nproc=9223372036854775807", "nproc=9223372036854775807:9223372036854775807"),
        ];
        for (text, shown) in table {
            assert_eq!(parsed(text).to_string(), shown);
        }
    }

    #[test]
    fn rejects_what_docker_rejects_and_says_what_to_write() {
        let table = [
            ("", "write NAME=SOFT[:HARD]"),
            ("nofile", "write NAME=SOFT[:HARD]"),
            ("nofiles=1", "write one of core, cpu"),
            ("=1", "write one of core, cpu"),
            ("as=1", "write one of core, cpu"),
            ("nofile=", "write a number"),
            ("nofile=:1", "write a number"),
            ("nofile=1:", "write a number"),
            ("nofile=1:2:3", "write a number"),
            ("nofile=+1", "write a number"),
            ("nofile=-2", "write a number"),
            ("nofile=1k", "write a number"),
            ("nofile= 1", "write a number"),
            ("nofile=9223372036854775808", "write a number"),
            ("nofile=2:1", "write the lower one first"),
            ("nofile=-1:1", "write the lower one first"),
        ];
        for (text, fix) in table {
            let line = Limit::parse(text).unwrap_err().to_string();
            assert!(line.contains(fix), "{text}: {line}");
        }
    }

    #[test]
    fn the_last_one_of_a_kind_counts() {
        let all = ["core=1", "nofile=5", "core=2"].map(parsed).to_vec();
        let shown: Vec<_> = Limit::last_of_each(all).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["nofile=5:5", "core=2:2"]);
    }

    proptest! {
        #[test]
        fn reads_what_it_shows(index in 0..NAMES.len(), soft in 0..=i64::MAX, more in 0..=i64::MAX) {
            let limit = parsed(&format!("{}={soft}:{}", NAMES[index].0, soft.saturating_add(more)));
            prop_assert_eq!(parsed(&limit.to_string()), limit);
        }

        #[test]
        fn an_error_is_one_line(text in "(nofile=)?.*") {
            if let Err(error) = Limit::parse(&text) {
                prop_assert!(!error.to_string().contains(char::is_control));
            }
        }
    }
}
