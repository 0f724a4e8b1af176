//! `catatonit [-ghLPV] [--] PROGRAM [ARG...]`: podman's init, and the pause
//! process of its pods.

use super::args::{arguments, argv0};
use super::default_plan::default_plan;
use super::exit::Exit;
use super::getopt::{Getopt, HasArg, OptionTable};
use crate::logging;
use crate::personality::Personality;
use crate::plan::Plan;
use crate::supervisor::{self, pod_pause};
use crate::sys::process;
use crate::sys::start::Start;
use log::{Level, LevelFilter};
use std::ffi::OsString;

/// catatonit reports itself as tini, because podman looks for that.
const VERSION: &str = concat!("tini version 0.2.1_catatonit - hinit ", env!("CARGO_PKG_VERSION"), "\n");

const USAGE: &str = "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";

pub(crate) const OPTIONS: OptionTable = OptionTable { short: "ghLPV", long: &[("version", HasArg::No, 'V')] };

/// The exit code for a usage error.
const USAGE_ERROR: i32 = 1;

/// Runs catatonit and returns its exit code.
pub(super) fn main(start: &Start) -> i32 {
    let mode = match parse(&argv0(start), arguments(start)) {
        Ok(mode) => mode,
        Err(exit) => return exit.print(),
    };
    logging::init_as(LevelFilter::Warn, log_line);
    match mode {
        Mode::Run(plan) => supervisor::run(*plan, start.inherited),
        Mode::Pause => pod_pause::run(Personality::Catatonit),
    }
}

#[derive(Debug)]
pub(super) enum Mode {
    Run(Box<Plan>),
    /// `-P`: no program is run, even if one is given.
    Pause,
}

pub(super) fn parse(argv0: &str, args: &[OsString]) -> Result<Mode, Exit> {
    let (mut group, mut pause) = (false, false);
    let mut getopt = Getopt::new(&OPTIONS, args);
    for option in &mut getopt {
        match option.map_err(|error| Exit::failure(USAGE_ERROR, format!("{argv0}: {error}\n{USAGE}")))? {
            ('g', _) => group = true,
            ('P', _) => pause = true,
            ('L', _) => return Err(Exit::license()),
            ('V', _) => return Err(Exit::success(VERSION)),
            // catatonit prints its help to stderr.
            _ => return Err(Exit::failure(0, help())),
        }
    }
    if pause {
        return Ok(Mode::Pause);
    }
    let mut plan = default_plan(getopt.rest(), Personality::Catatonit).ok_or_else(missing_program)?;
    plan.stop.group = group;
    Ok(Mode::Run(Box::new(plan)))
}

fn missing_program() -> Exit {
    Exit::failure(USAGE_ERROR, format!("{}\n{USAGE}", log_line(Level::Error, "missing program name")))
}

/// `ERROR (catatonit:7): ...`
fn log_line(level: Level, text: &str) -> String {
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

    fn parsed(line: &str) -> Result<Mode, Exit> {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        parse("/bin/catatonit", &args)
    }

    #[test]
    fn runs_a_program_and_signals_its_group_on_request() {
        for (line, group) in [("app -x", false), ("-- app -x", false), ("-g -- app -x", true)] {
            let Mode::Run(plan) = parsed(line).unwrap() else { panic!("{line}") };
            assert_eq!((plan.app.args, plan.stop.group), (vec![OsString::from("-x")], group), "{line}");
        }
    }

    #[test]
    fn pauses_even_with_a_program() {
        for line in ["-P", "-gP", "-P app", "-P -- app"] {
            assert!(matches!(parsed(line), Ok(Mode::Pause)), "{line}");
        }
    }

    #[test]
    fn prints_what_catatonit_prints() {
        for (line, code, text) in [
            ("", 1, "missing program name\nusage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n"),
            ("-z app", 1, "/bin/catatonit: invalid option -- 'z'\nusage: catatonit"),
            ("--help", 1, "/bin/catatonit: unrecognized option '--help'\nusage: catatonit"),
            ("-h", 0, "usage: catatonit [-ghLPV]"),
        ] {
            let exit = parsed(line).unwrap_err();
            assert!(exit.code == code && exit.stderr.contains(text) && exit.stdout.is_empty(), "{exit:?}");
        }
        assert!(parsed("--version").unwrap_err().stdout.starts_with("tini version 0.2.1_catatonit"));
        assert!(parsed("-L").unwrap_err().stdout.contains("MIT License"));
    }

    proptest! {
        #[test]
        fn any_arguments_give_a_mode_or_an_exit(args in prop::collection::vec(".*|-[ghLPV]{0,3}", 0..5)) {
            let args: Vec<OsString> = args.into_iter().map(OsString::from).collect();
            let _ = parse("catatonit", &args);
        }
    }
}
