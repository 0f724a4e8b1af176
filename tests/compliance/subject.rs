//! The programs, and what each calls an option.

use crate::common::{self, As, Builder};
use std::process::Command;

pub enum Subject {
    Hinit,
    Tini,
    DumbInit,
    Catatonit,
    Gosu,
}

pub const HINIT: Subject = Subject::Hinit;
pub const PEERS: [Subject; 4] = [Subject::Tini, Subject::DumbInit, Subject::Catatonit, Subject::Gosu];

/// What a row asks for, beside running the app.
#[derive(Debug, Clone, Copy)]
pub enum Wish<'a> {
    /// As it comes: the app alone or its group, as the program likes it.
    Plain,
    Group,
    /// Say more.
    Verbose,
    Rewrite(&'a str, &'a str),
    Ignore(&'a str),
    KillAfter(&'a str),
    Drain(&'a str),
    Sweep(&'a str),
    ParentDeath(&'a str),
    OkExit(&'a str),
    Restart(&'a str),
}

impl Subject {
    pub fn is_hinit(&self) -> bool {
        matches!(self, Self::Hinit)
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Hinit => "hinit",
            Self::Tini => "tini",
            Self::DumbInit => "dumb-init",
            Self::Catatonit => "catatonit",
            Self::Gosu => "gosu",
        }
    }

    /// Debian's, without its revision.
    pub fn version(&self) -> String {
        if self.is_hinit() {
            return env!("CARGO_PKG_VERSION").to_owned();
        }
        let asked = Command::new("dpkg-query").args(["-W", "-f=${Version}", self.name()]).output().unwrap();
        assert!(asked.status.success(), "{} is not installed; the table needs it", self.name());
        String::from_utf8_lossy(&asked.stdout).split('-').next().unwrap_or_default().to_owned()
    }

    pub fn program(&self) -> &'static str {
        match self {
            Self::Hinit => common::HINIT,
            other => other.name(),
        }
    }

    /// The words before the app; none if it cannot do that.
    fn options(&self, wish: Wish<'_>) -> Option<Vec<String>> {
        let words = match self {
            Self::Hinit => hinit(wish),
            Self::Tini => tini(wish)?,
            Self::DumbInit => dumb_init(wish)?,
            Self::Catatonit => catatonit(wish)?,
            // It becomes the app, and then there is no init.
            Self::Gosu => return None,
        };
        Some(words)
    }

    /// The program and its words; none if it has no such option.
    pub fn words(&self, wish: Wish<'_>, app: &[&str]) -> Option<Vec<String>> {
        let mut words = self.options(wish)?;
        words.insert(0, self.program().to_owned());
        words.push("--".to_owned());
        words.extend(app.iter().map(|word| (*word).to_owned()));
        Some(words)
    }

    /// The program with the app under it; none if it has no such option.
    pub fn run(&self, mode: As, wish: Wish<'_>, app: &[&str]) -> Option<Builder> {
        Some(common::hinit(mode, self.words(wish, app)?.split_off(1)).program(self.program()))
    }

    /// The same without the two dashes.
    pub fn run_bare(&self, mode: As, app: &[&str]) -> Option<Builder> {
        self.options(Wish::Plain)?;
        Some(common::hinit(mode, app).program(self.program()))
    }

    /// Drops to a user; an empty word is one that an unset variable left.
    pub fn drop_to(&self, user: &str, app: &[&str]) -> Option<Builder> {
        let words = match self {
            Self::Hinit => [&["--user", user, "--"], app].concat(),
            Self::Gosu => [&[user], app].concat(),
            _ => return None,
        };
        Some(common::hinit(As::Pid1, words).program(self.program()))
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn hinit(wish: Wish<'_>) -> Vec<String> {
    match wish {
        Wish::Plain => vec![],
        Wish::Group => words(&["--group"]),
        Wish::Verbose => words(&["-v"]),
        Wish::Rewrite(from, to) => vec!["--rewrite".into(), format!("{from}={to}")],
        Wish::Ignore(signal) => vec!["--rewrite".into(), format!("{signal}=ignore")],
        Wish::KillAfter(time) => words(&["--stop-timeout", time]),
        Wish::Drain(time) => words(&["--drain", time]),
        Wish::Sweep(time) => words(&["--sweep", time]),
        Wish::ParentDeath(signal) => words(&["--pdeath-signal", signal]),
        Wish::OkExit(code) => words(&["--ok-exit", code]),
        Wish::Restart(policy) => words(&["--restart", policy]),
    }
}

fn tini(wish: Wish<'_>) -> Option<Vec<String>> {
    Some(match wish {
        Wish::Plain => vec![],
        Wish::Group => words(&["-g"]),
        Wish::Verbose => words(&["-vvv"]),
        Wish::ParentDeath(signal) => words(&["-p", signal]),
        Wish::OkExit(code) => words(&["-e", code]),
        _ => return None,
    })
}

fn dumb_init(wish: Wish<'_>) -> Option<Vec<String>> {
    Some(match wish {
        Wish::Plain | Wish::Group => vec![],
        Wish::Verbose => words(&["-v"]),
        Wish::Rewrite(from, to) => vec!["-r".into(), format!("{from}:{to}")],
        Wish::Ignore(signal) => vec!["-r".into(), format!("{signal}:0")],
        _ => return None,
    })
}

fn catatonit(wish: Wish<'_>) -> Option<Vec<String>> {
    Some(match wish {
        // It has no way to say more.
        Wish::Plain | Wish::Verbose => vec![],
        Wish::Group => words(&["-g"]),
        _ => return None,
    })
}
