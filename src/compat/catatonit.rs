//! `catatonit [-ghLPV] [--] PROGRAM [ARG...]`, podman's init and the pause of
//! its pods.

use super::getopt::{Grammar, Options};
use super::{Answer, LICENCE, called, words};
use crate::logging;
use crate::personality::Personality;
use crate::plan::Plan;
use crate::supervisor::{self, pod_pause};
use crate::sys::process;
use crate::sys::start::Start;
use log::{Level, LevelFilter};
use std::ffi::OsString;

/// catatonit calls itself tini, since podman's users ask for that.
const VERSION: &str = concat!("tini version 0.2.1_catatonit - hinit ", env!("CARGO_PKG_VERSION"), "\n");

const USAGE: &str = "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";

const GRAMMAR: Grammar = Grammar { short: "ghLPV", long: &[("version", 'V')] };

/// catatonit: words in, exit code out.
pub fn main(start: &Start) -> i32 {
    let asked = match read(&called(start), words(start)) {
        Ok(asked) => asked,
        Err(answer) => return answer.give(),
    };
    logging::init_as(LevelFilter::Warn, line);
    match asked {
        Asked::Run(plan) => supervisor::run(*plan, start.inherited),
        Asked::Pause => pod_pause::run(Personality::Catatonit),
    }
}

/// What the words ask for.
#[derive(Debug)]
pub(super) enum Asked {
    Run(Box<Plan>),
    /// No program at all, whatever stands there.
    Pause,
}

pub(super) fn read(called: &str, words: &[OsString]) -> Result<Asked, Answer> {
    let (mut group, mut pause) = (false, false);
    let mut options = Options::new(&GRAMMAR, words);
    for choice in &mut options {
        match choice.map_err(|wrong| Answer::wrong(format!("{called}: {wrong}\n{USAGE}")))? {
            ('g', _) => group = true,
            ('P', _) => pause = true,
            ('L', _) => return Err(Answer::told(LICENCE)),
            ('V', _) => return Err(Answer::told(VERSION)),
            _ => return Err(Answer { code: 0, out: String::new(), err: help() }),
        }
    }
    if pause {
        return Ok(Asked::Pause);
    }
    let plan = super::plan(options.rest(), Personality::Catatonit);
    let mut plan = plan
        .ok_or_else(|| Answer::wrong(format!("{}\n{USAGE}", line(Level::Error, "missing program name"))))?;
    plan.stop.group = group;
    Ok(Asked::Run(Box::new(plan)))
}

/// `ERROR (catatonit:7): ...`
fn line(level: Level, text: &str) -> String {
    format!("{} (catatonit:{}): {text}", level.as_str(), process::own_pid())
}

fn help() -> String {
    format!(
        "{USAGE}
options:
  -g              Forward signals to pid1's process group.
  -h              Print this help page.
  -L              Print license information.
  -P              Run in pause mode (no program is run and quit on SIGINT).
  -V, --version   Print version information.

The source code can be found at <https://github.com/openSUSE/catatonit/>.
For bug reporting instructions, please see: <https://bugs.opensuse.org/>.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn given(line: &str) -> Result<Asked, Answer> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        read("/bin/catatonit", &words)
    }

    #[test]
    fn starts_a_program_and_signals_its_group_if_asked() {
        for (line, group) in [("app -x", false), ("-- app -x", false), ("-g -- app -x", true)] {
            let Asked::Run(plan) = given(line).unwrap() else { panic!("{line}") };
            assert_eq!((plan.app.args, plan.stop.group), (vec![OsString::from("-x")], group), "{line}");
        }
    }

    #[test]
    fn pauses_whatever_program_is_given() {
        for line in ["-P", "-gP", "-P app", "-P -- app"] {
            assert!(matches!(given(line), Ok(Asked::Pause)), "{line}");
        }
    }

    #[test]
    fn says_what_catatonit_says() {
        for (line, code, said) in [
            ("", 1, "missing program name\nusage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n"),
            ("-z app", 1, "/bin/catatonit: invalid option -- 'z'\nusage: catatonit"),
            ("--help", 1, "/bin/catatonit: unrecognized option '--help'\nusage: catatonit"),
            ("-h", 0, "usage: catatonit [-ghLPV]"),
        ] {
            let answer = given(line).unwrap_err();
            assert!(answer.code == code && answer.err.contains(said) && answer.out.is_empty(), "{answer:?}");
        }
        assert!(given("--version").unwrap_err().out.starts_with("tini version 0.2.1_catatonit"));
        assert!(given("-L").unwrap_err().out.contains("MIT License"));
    }

    proptest! {
        #[test]
        fn any_words_are_a_plan_or_an_answer(words in prop::collection::vec(".*|-[ghLPV]{0,3}", 0..5)) {
            let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
            let _ = read("catatonit", &words);
        }
    }
}
