//! `tini [OPTIONS] PROGRAM [ARG...]`, which is also Docker's `docker-init`.

use super::args::{arguments, argv0, env_var, utf8};
use super::default_plan::default_plan;
use super::exit::Exit;
use super::getopt::{Getopt, OptionTable, ParsedOption};
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

/// `docker info` shows what is before ` - `.
const VERSION: &str = concat!("tini version 0.19.0 - hinit ", env!("CARGO_PKG_VERSION"));

pub(crate) const OPTIONS: OptionTable = OptionTable { short: "hvwgle:p:s", long: &[] };

/// The exit code for a usage error.
const USAGE_ERROR: i32 = 1;
const DEFAULT_VERBOSITY: i32 = 1;

/// Runs tini and returns its exit code.
pub(super) fn main(start: &Start) -> i32 {
    match parse(&argv0(start), arguments(start), env_var) {
        Ok((plan, verbosity)) => {
            logging::init_as(log_level(verbosity), log_line);
            supervisor::run(plan, start.inherited)
        }
        Err(exit) => exit.print(),
    }
}

/// What the options set.
struct Flags {
    stop: Stop,
    life: Life,
    subreaper: bool,
    verbosity: i32,
}

/// The plan and the verbosity, from arguments and environment.
pub(super) fn parse(
    argv0: &str,
    args: &[OsString],
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<(Plan, i32), Exit> {
    if args == ["--version"] {
        return Err(Exit::success(format!("{VERSION}\n")));
    }
    let is_set = |name| env(name).is_some();
    let stop = Stop { group: is_set("TINI_KILL_PROCESS_GROUP"), ..Stop::default() };
    let subreaper = is_set("TINI_SUBREAPER");
    let mut flags = Flags { stop, life: Life::default(), subreaper, verbosity: DEFAULT_VERBOSITY };
    let mut getopt = Getopt::new(&OPTIONS, args);
    for option in &mut getopt {
        let option = option.map_err(|error| usage_error(format!("{argv0}: {error}\n{}", usage(argv0))))?;
        flags.set(argv0, &option)?;
    }
    let plan = default_plan(getopt.rest(), Personality::Tini { adopts: flags.subreaper });
    let plan = plan.ok_or_else(|| usage_error(usage(argv0)))?;
    let verbosity = env("TINI_VERBOSITY").map_or(flags.verbosity, |value| atoi(utf8(Some(&value))));
    Ok((Plan { stop: flags.stop, life: flags.life, ..plan }, verbosity))
}

impl Flags {
    fn set(&mut self, argv0: &str, (letter, value): &ParsedOption) -> Result<(), Exit> {
        match (letter, utf8(value.as_ref())) {
            ('l', _) => return Err(Exit::license()),
            ('s', _) => self.subreaper = true,
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
            _ => return Err(Exit::success(usage(argv0))),
        }
        Ok(())
    }
}

/// atoi(3): 0 for what is not a number, which silences tini.
fn atoi(text: &str) -> i32 {
    text.trim().parse().unwrap_or(0)
}

fn usage_error(message: String) -> Exit {
    Exit::failure(USAGE_ERROR, message)
}

fn invalid(letter: char, value: &str) -> Exit {
    usage_error(log_line(Level::Error, &format!("Not a valid option for -{letter}: {value}")) + "\n")
}

/// tini counts from 0, at which only fatal errors are logged.
fn log_level(verbosity: i32) -> LevelFilter {
    match verbosity {
        ..=0 => LevelFilter::Error,
        1 => LevelFilter::Warn,
        2 => LevelFilter::Info,
        3.. => LevelFilter::Debug,
    }
}

/// `[WARN  tini (7)] ...`. tini writes its lower levels to stdout, between the
/// app's own output. Here all of them go to stderr.
fn log_line(level: Level, text: &str) -> String {
    let name = if level == Level::Error { "FATAL" } else { level.as_str() };
    format!("[{name:<5} tini ({})] {text}", process::own_pid())
}

fn usage(argv0: &str) -> String {
    let name = Path::new(argv0).file_name().unwrap_or_default().display();
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

    fn parsed(line: &str, set: &[(&str, &str)]) -> Result<(Plan, i32), Exit> {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let env =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        parse("/sbin/tini", &args, env)
    }

    fn plan(line: &str) -> Plan {
        parsed(line, &[]).unwrap().0
    }

    #[test]
    fn parses_every_option() {
        let plan = plan("-gsw -p SIGUSR1 -e 143 -e1 -- app -g");
        assert_eq!((plan.app.program, plan.app.args), ("app".into(), vec!["-g".into()]));
        assert_eq!(plan.stop.parent_death.map(Signal::number), Some(10));
        assert!(plan.stop.group && plan.life.warn_on_reap);
        assert_eq!((plan.life.ok_exit, plan.personality), (vec![143, 1], Personality::Tini { adopts: true }));
    }

    #[test]
    fn options_of_the_program_belong_to_the_program() {
        assert_eq!(plan("ls -l -d /").app.args.len(), 3);
    }

    #[test]
    fn a_variable_counts_if_it_is_set_at_all() {
        for (name, value) in [("TINI_SUBREAPER", ""), ("TINI_SUBREAPER", "0")] {
            let (plan, _) = parsed("app", &[(name, value)]).unwrap();
            assert_eq!(plan.personality, Personality::Tini { adopts: true });
        }
        assert!(parsed("app", &[("TINI_KILL_PROCESS_GROUP", "")]).unwrap().0.stop.group);
        assert_eq!(plan("app").personality, Personality::Tini { adopts: false });
    }

    #[test]
    fn the_variable_sets_the_verbosity_whatever_the_flags_say() {
        for (line, set, verbosity) in
            [("app", "3", 3), ("-vv app", "1", 1), ("app", "x", 0), ("app", "-1", -1), ("app", "", 0)]
        {
            assert_eq!(parsed(line, &[("TINI_VERBOSITY", set)]).unwrap().1, verbosity, "{line} {set}");
        }
        assert_eq!(parsed("-vvv app", &[]).unwrap().1, 4);
    }

    #[test]
    fn reports_errors_as_tini_does() {
        for (line, text) in [
            ("-e 256 app", "[FATAL tini ("),
            ("-e 256 app", "Not a valid option for -e: 256\n"),
            ("-p FOO app", "Not a valid option for -p: FOO\n"),
            ("-z", "/sbin/tini: invalid option -- 'z'\ntini (tini version 0.19.0"),
            ("-g --", "Usage: tini [OPTIONS] PROGRAM -- [ARGS] | --version\n"),
        ] {
            let exit = parsed(line, &[]).unwrap_err();
            assert!(exit.code == 1 && exit.stderr.contains(text) && exit.stdout.is_empty(), "{exit:?}");
        }
    }

    #[test]
    fn prints_requested_text_to_stdout() {
        for (line, text) in [
            ("-h -z", "Environment variables:\n"),
            ("-vl app", "MIT License"),
            ("--version", "tini version 0.19.0 - "),
        ] {
            let exit = parsed(line, &[]).unwrap_err();
            assert!(exit.code == 0 && exit.stdout.contains(text) && exit.stderr.is_empty(), "{exit:?}");
        }
    }

    proptest! {
        #[test]
        fn any_arguments_give_a_plan_or_an_exit(args in prop::collection::vec(".*|-[hvwgleps]{0,3}|[0-9]{1,4}", 0..5)) {
            let args: Vec<OsString> = args.into_iter().map(OsString::from).collect();
            let _ = parse("tini", &args, |_| None);
        }
    }
}
