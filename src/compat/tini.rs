//! `tini [OPTIONS] PROGRAM [ARG...]`, which is also Docker's `docker-init`.

use super::getopt::{Choice, Grammar, Options};
use super::{Answer, LICENCE, called, text, variable, words};
use crate::logging;
use crate::personality::Personality;
use crate::plan::{Life, Plan, Stop};
use crate::signal::Signal;
use crate::supervisor;
use crate::sys::process;
use crate::sys::start::Start;
use log::{Level, LevelFilter};
use std::ffi::OsString;
use std::path::Path;

/// What stands before ` - ` is what `docker info` shows.
const VERSION: &str = concat!("tini version 0.19.0 - hinit ", env!("CARGO_PKG_VERSION"));

const GRAMMAR: Grammar = Grammar { short: "hvwgle:p:s", long: &[] };

/// tini: words in, exit code out.
pub fn main(start: &Start) -> i32 {
    match read(&called(start), words(start), variable) {
        Ok((plan, verbosity)) => {
            logging::init_as(level(verbosity), line);
            supervisor::run(plan, start.inherited)
        }
        Err(answer) => answer.give(),
    }
}

/// What the options say.
struct Flags {
    stop: Stop,
    life: Life,
    adopts: bool,
    verbosity: i32,
}

/// The plan and the verbosity, from words and environment.
pub(super) fn read(
    called: &str,
    words: &[OsString],
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<(Plan, i32), Answer> {
    if words == ["--version"] {
        return Err(Answer::told(format!("{VERSION}\n")));
    }
    let is_set = |name| variable(name).is_some();
    let stop = Stop { group: is_set("TINI_KILL_PROCESS_GROUP"), ..Stop::default() };
    let adopts = is_set("TINI_SUBREAPER");
    let mut flags = Flags { stop, life: Life::default(), adopts, verbosity: 1 };
    let mut options = Options::new(&GRAMMAR, words);
    for choice in &mut options {
        let choice =
            choice.map_err(|wrong| Answer::wrong(format!("{called}: {wrong}\n{}", usage(called))))?;
        flags.take(called, &choice)?;
    }
    let plan = super::plan(options.rest(), Personality::Tini { adopts: flags.adopts });
    let plan = plan.ok_or_else(|| Answer::wrong(usage(called)))?;
    let verbosity = variable("TINI_VERBOSITY").map_or(flags.verbosity, |set| number(text(Some(&set))));
    Ok((Plan { stop: flags.stop, life: flags.life, ..plan }, verbosity))
}

impl Flags {
    fn take(&mut self, called: &str, (letter, value): &Choice) -> Result<(), Answer> {
        match (letter, text(value.as_ref())) {
            ('l', _) => return Err(Answer::told(LICENCE)),
            ('s', _) => self.adopts = true,
            ('g', _) => self.stop.group = true,
            ('w', _) => self.life.warn_on_reap = true,
            ('v', _) => self.verbosity += 1,
            ('p', name) => {
                self.stop.parent_death = Some(Signal::parse(name).map_err(|_| invalid('p', name))?);
            }
            ('e', code) => {
                let code: u8 = code.parse().map_err(|_| invalid('e', code))?;
                self.life.ok_exit.push(code.into());
            }
            _ => return Err(Answer::told(usage(called))),
        }
        Ok(())
    }
}

/// atoi(3), whose answer to what is no number is 0: silence.
fn number(text: &str) -> i32 {
    text.trim().parse().unwrap_or(0)
}

fn invalid(letter: char, value: &str) -> Answer {
    Answer::wrong(line(Level::Error, &format!("Not a valid option for -{letter}: {value}")) + "\n")
}

/// tini counts from 0, which leaves only what is fatal.
fn level(verbosity: i32) -> LevelFilter {
    match verbosity {
        ..=0 => LevelFilter::Error,
        1 => LevelFilter::Warn,
        2 => LevelFilter::Info,
        3.. => LevelFilter::Debug,
    }
}

/// `[WARN  tini (7)] ...`. tini has its lesser levels on stdout, where they
/// are in the way of the app's own output; here all are on stderr.
fn line(level: Level, text: &str) -> String {
    let name = if level == Level::Error { "FATAL" } else { level.as_str() };
    format!("[{name:<5} tini ({})] {text}", process::own_pid())
}

fn usage(called: &str) -> String {
    let name = Path::new(called).file_name().unwrap_or_default().display();
    format!(
        "{name} ({VERSION})
Usage: {name} [OPTIONS] PROGRAM -- [ARGS] | --version

Execute a program under the supervision of a valid init process ({name})

Command line options:

  --version: Show version and exit.
  -h: Show this help message and exit.
  -s: Register as a process subreaper (requires Linux >= 3.4).
  -p SIGNAL: Trigger SIGNAL when parent dies, e.g. \"-p SIGKILL\".
  -v: Generate more verbose output. Repeat up to 3 times.
  -w: Print a warning when processes are getting reaped.
  -g: Send signals to the child's process group.
  -e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0.
  -l: Show license and exit.

Environment variables:

  TINI_SUBREAPER: Register as a process subreaper (requires Linux >= 3.4).
  TINI_VERBOSITY: Set the verbosity level (default: 1).
  TINI_KILL_PROCESS_GROUP: Send signals to the child's process group.

"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn given(line: &str, set: &[(&str, &str)]) -> Result<(Plan, i32), Answer> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let variable =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        read("/sbin/tini", &words, variable)
    }

    fn plan(line: &str) -> Plan {
        given(line, &[]).unwrap().0
    }

    #[test]
    fn reads_every_option() {
        let plan = plan("-gsw -p SIGUSR1 -e 143 -e1 -- app -g");
        assert_eq!((plan.app.program, plan.app.args), ("app".into(), vec!["-g".into()]));
        assert_eq!(plan.stop.parent_death.map(Signal::number), Some(10));
        assert!(plan.stop.group && plan.life.warn_on_reap);
        assert_eq!((plan.life.ok_exit, plan.personality), (vec![143, 1], Personality::Tini { adopts: true }));
    }

    #[test]
    fn options_of_the_program_are_its_own() {
        assert_eq!(plan("ls -l -d /").app.args.len(), 3);
    }

    #[test]
    fn a_variable_counts_by_being_set() {
        for (name, value) in [("TINI_SUBREAPER", ""), ("TINI_SUBREAPER", "0")] {
            let (plan, _) = given("app", &[(name, value)]).unwrap();
            assert_eq!(plan.personality, Personality::Tini { adopts: true });
        }
        assert!(given("app", &[("TINI_KILL_PROCESS_GROUP", "")]).unwrap().0.stop.group);
        assert_eq!(plan("app").personality, Personality::Tini { adopts: false });
    }

    #[test]
    fn the_variable_sets_the_verbosity_whatever_the_flags_say() {
        for (line, set, verbosity) in
            [("app", "3", 3), ("-vv app", "1", 1), ("app", "x", 0), ("app", "-1", -1), ("app", "", 0)]
        {
            assert_eq!(given(line, &[("TINI_VERBOSITY", set)]).unwrap().1, verbosity, "{line} {set}");
        }
        assert_eq!(given("-vvv app", &[]).unwrap().1, 4);
    }

    #[test]
    fn says_what_is_wrong_as_tini_does() {
        for (line, said) in [
            ("-e 256 app", "[FATAL tini ("),
            ("-e 256 app", "Not a valid option for -e: 256\n"),
            ("-p FOO app", "Not a valid option for -p: FOO\n"),
            ("-z", "/sbin/tini: invalid option -- 'z'\ntini (tini version 0.19.0"),
            ("-g --", "Usage: tini [OPTIONS] PROGRAM -- [ARGS] | --version\n"),
        ] {
            let answer = given(line, &[]).unwrap_err();
            assert!(answer.code == 1 && answer.err.contains(said) && answer.out.is_empty(), "{answer:?}");
        }
    }

    #[test]
    fn shows_what_is_asked_for_on_stdout() {
        for (line, said) in [
            ("-h -z", "Environment variables:\n"),
            ("-vl app", "MIT License"),
            ("--version", "tini version 0.19.0 - "),
        ] {
            let answer = given(line, &[]).unwrap_err();
            assert!(answer.code == 0 && answer.out.contains(said) && answer.err.is_empty(), "{answer:?}");
        }
    }

    proptest! {
        #[test]
        fn any_words_are_a_plan_or_an_answer(words in prop::collection::vec(".*|-[hvwgleps]{0,3}|[0-9]{1,4}", 0..5)) {
            let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
            let _ = read("tini", &words, |_| None);
        }
    }
}
