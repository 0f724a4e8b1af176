//! The programs, and their options.

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

/// The option that a row needs.
#[derive(Debug, Clone, Copy)]
pub enum Feature<'a> {
    /// No option: the default behaviour.
    Plain,
    Group,
    /// More log messages.
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

    /// The version of Debian's package, without the revision.
    pub fn version(&self) -> String {
        if self.is_hinit() {
            return env!("CARGO_PKG_VERSION").to_owned();
        }
        let query = Command::new("dpkg-query").args(["-W", "-f=${Version}", self.name()]).output().unwrap();
        assert!(query.status.success(), "{} is not installed; the table needs it", self.name());
        String::from_utf8_lossy(&query.stdout).split('-').next().unwrap_or_default().to_owned()
    }

    pub fn program(&self) -> &'static str {
        match self {
            Self::Hinit => common::HINIT,
            other => other.name(),
        }
    }

    /// The arguments before the app. `None` if there is no such option.
    fn options(&self, feature: Feature<'_>) -> Option<Vec<String>> {
        let args = match self {
            Self::Hinit => hinit(feature),
            Self::Tini => tini(feature)?,
            Self::DumbInit => dumb_init(feature)?,
            Self::Catatonit => catatonit(feature)?,
            // gosu executes the app, so there is no init.
            Self::Gosu => return None,
        };
        Some(args)
    }

    /// The whole command line. `None` if there is no such option.
    pub fn command_line(&self, feature: Feature<'_>, app: &[&str]) -> Option<Vec<String>> {
        let mut args = self.options(feature)?;
        args.insert(0, self.program().to_owned());
        args.push("--".to_owned());
        args.extend(app.iter().map(|arg| (*arg).to_owned()));
        Some(args)
    }

    /// The program with the app. `None` if there is no such option.
    pub fn run(&self, mode: As, feature: Feature<'_>, app: &[&str]) -> Option<Builder> {
        Some(common::hinit(mode, self.command_line(feature, app)?.split_off(1)).program(self.program()))
    }

    /// The same without `--`.
    pub fn run_bare(&self, mode: As, app: &[&str]) -> Option<Builder> {
        self.options(Feature::Plain)?;
        Some(common::hinit(mode, app).program(self.program()))
    }

    /// Runs the app as this user. `None` if there is no such option.
    pub fn drop_to(&self, user: &str, app: &[&str]) -> Option<Builder> {
        let args = match self {
            Self::Hinit => [&["--user", user, "--"], app].concat(),
            Self::Gosu => [&[user], app].concat(),
            _ => return None,
        };
        Some(common::hinit(As::Pid1, args).program(self.program()))
    }
}

fn owned(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

fn hinit(feature: Feature<'_>) -> Vec<String> {
    match feature {
        Feature::Plain => vec![],
        Feature::Group => owned(&["--group"]),
        Feature::Verbose => owned(&["-v"]),
        Feature::Rewrite(from, to) => vec!["--rewrite".into(), format!("{from}={to}")],
        Feature::Ignore(signal) => vec!["--rewrite".into(), format!("{signal}=ignore")],
        Feature::KillAfter(time) => owned(&["--stop-timeout", time]),
        Feature::Drain(time) => owned(&["--drain", time]),
        Feature::Sweep(time) => owned(&["--sweep", time]),
        Feature::ParentDeath(signal) => owned(&["--pdeath-signal", signal]),
        Feature::OkExit(code) => owned(&["--ok-exit", code]),
        Feature::Restart(policy) => owned(&["--restart", policy]),
    }
}

fn tini(feature: Feature<'_>) -> Option<Vec<String>> {
    Some(match feature {
        Feature::Plain => vec![],
        Feature::Group => owned(&["-g"]),
        Feature::Verbose => owned(&["-vvv"]),
        Feature::ParentDeath(signal) => owned(&["-p", signal]),
        Feature::OkExit(code) => owned(&["-e", code]),
        _ => return None,
    })
}

fn dumb_init(feature: Feature<'_>) -> Option<Vec<String>> {
    Some(match feature {
        Feature::Plain | Feature::Group => vec![],
        Feature::Verbose => owned(&["-v"]),
        Feature::Rewrite(from, to) => vec!["-r".into(), format!("{from}:{to}")],
        Feature::Ignore(signal) => vec!["-r".into(), format!("{signal}:0")],
        _ => return None,
    })
}

fn catatonit(feature: Feature<'_>) -> Option<Vec<String>> {
    Some(match feature {
        // catatonit has no option for more messages.
        Feature::Plain | Feature::Verbose => vec![],
        Feature::Group => owned(&["-g"]),
        _ => return None,
    })
}
