//! `dumb-init [OPTIONS] PROGRAM [ARG...]`.

use super::args::{arguments, argv0, env_var, utf8};
use super::default_plan::default_plan;
use super::exit::Exit;
use super::getopt::{Getopt, HasArg, OptionTable};
use crate::logging;
use crate::personality::Personality;
use crate::plan::{Isolation, Plan, Stop};
use crate::signal::Signal;
use crate::supervisor;
use crate::sys::start::Start;
use log::{Level, LevelFilter, debug};
use std::ffi::OsString;

/// dumb-init's own tests compare this string.
const VERSION: &str = "dumb-init v1.2.5";

pub(crate) const OPTIONS: OptionTable = OptionTable {
    short: "hvVcr:",
    long: &[
        ("help", HasArg::No, 'h'),
        ("single-child", HasArg::No, 'c'),
        ("rewrite", HasArg::Required, 'r'),
        ("verbose", HasArg::No, 'v'),
        ("version", HasArg::No, 'V'),
    ],
};

/// The exit code for a usage error.
const USAGE_ERROR: i32 = 1;

/// Runs dumb-init and returns its exit code.
pub(super) fn main(start: &Start) -> i32 {
    match parse(&argv0(start), arguments(start), env_var) {
        Ok(parsed) => {
            logging::init_as(parsed.log_level, log_line);
            for message in parsed.debug_messages {
                debug!("{message}");
            }
            supervisor::run(parsed.plan, start.inherited)
        }
        Err(exit) => exit.print(),
    }
}

/// What the arguments and the environment set.
#[derive(Debug)]
pub(super) struct ParsedArgs {
    plan: Plan,
    log_level: LevelFilter,
    /// To log before the program is started.
    debug_messages: Vec<&'static str>,
}

pub(super) fn parse(
    argv0: &str,
    args: &[OsString],
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<ParsedArgs, Exit> {
    let mut verbose = false;
    let mut single_child = false;
    let mut rewrites = Vec::new();
    let mut getopt = Getopt::new(&OPTIONS, args);
    for option in &mut getopt {
        match option.map_err(|error| usage_error(format!("{argv0}: {error}\n")))? {
            ('r', value) => {
                rewrites.insert(0, parse_rewrite(utf8(value.as_ref())).ok_or_else(invalid_rewrite)?);
            }
            ('v', _) => verbose = true,
            ('c', _) => single_child = true,
            ('V', _) => return Err(requested(format!("{VERSION}\n"))),
            _ => return Err(requested(help(argv0))),
        }
    }
    let mut plan =
        default_plan(getopt.rest(), Personality::DumbInit).ok_or_else(|| missing_program(argv0))?;
    let debug = env("DUMB_INIT_DEBUG").is_some_and(|value| value == "1");
    let no_setsid = env("DUMB_INIT_SETSID").is_some_and(|value| value == "0");
    let session = !single_child && !no_setsid;
    plan.stop = stop(session, rewrites);
    plan.app.isolation = if session { Isolation::Session } else { Isolation::Group };
    Ok(ParsedArgs {
        plan,
        log_level: if verbose || debug { LevelFilter::Debug } else { LevelFilter::Warn },
        debug_messages: [(debug, "Running in debug mode."), (no_setsid, "Not running in setsid mode.")]
            .into_iter()
            .filter_map(|(applies, message)| applies.then_some(message))
            .collect(),
    })
}

/// The process group of a new session is orphaned, and in such a group the kernel
/// does not stop a process by TSTP, TTIN or TTOU. They are forwarded as STOP.
fn stop(session: bool, mut rewrites: Vec<(Signal, Option<Signal>)>) -> Stop {
    if session {
        let terminal_stops = [Signal::TSTP, Signal::TTIN, Signal::TTOU];
        rewrites.extend(terminal_stops.map(|signal| (signal, Some(Signal::STOP))));
    }
    let stop = Stop { group: session, rewrites, stops_with_app: true, ..Stop::default() };
    Stop { group_exit_signal: stop.rewritten(Signal::TERM), ..stop }
}

/// `15:3`, `15:0` to drop the signal, and `TERM:QUIT`, which dumb-init does not
/// accept. Numbers end at 31 as in dumb-init; names include realtime signals.
fn parse_rewrite(text: &str) -> Option<(Signal, Option<Signal>)> {
    let (from, to) = text.split_once(':')?;
    let to = if to == "0" { None } else { Some(parse_signal(to)?) };
    Some((parse_signal(from)?, to))
}

fn parse_signal(text: &str) -> Option<Signal> {
    let number: Option<i32> = text.parse().ok();
    Signal::parse(text).ok().filter(|signal| number.is_none() || signal.number() <= 31)
}

/// dumb-init prints help and version to stderr.
fn requested(text: String) -> Exit {
    Exit::failure(0, text)
}

fn usage_error(message: impl Into<String>) -> Exit {
    Exit::failure(USAGE_ERROR, message)
}

fn log_line(level: Level, text: &str) -> String {
    let prefix = if level == Level::Warn { "warning: " } else { "" };
    format!("[dumb-init] {prefix}{text}")
}

fn missing_program(argv0: &str) -> Exit {
    usage_error(format!("Usage: {argv0} [option] program [args]\nTry {argv0} --help for full usage.\n"))
}

fn invalid_rewrite() -> Exit {
    usage_error(
        "Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.\n\
         This option can be specified multiple times.\n\
         Use --help for full usage.\n",
    )
}

fn help(argv0: &str) -> String {
    format!(
        "{VERSION}
Usage: {argv0} [option] command [[arg] ...]

dumb-init is a simple process supervisor that forwards signals to children.
It is designed to run as PID1 in minimal container environments.

Optional arguments:
   -c, --single-child   Run in single-child mode.
                        In this mode, signals are only proxied to the
                        direct child and not any of its descendants.
   -r, --rewrite s:r    Rewrite received signal s to new signal r before proxying.
                        To ignore (not proxy) a signal, rewrite it to 0.
                        This option can be specified multiple times.
   -v, --verbose        Print debugging information to stderr.
   -h, --help           Print this help message and exit.
   -V, --version        Print the current version and exit.

Full help is available online at https://github.com/Yelp/dumb-init
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(line: &str, set: &[(&str, &str)]) -> Result<ParsedArgs, Exit> {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let env =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        parse("dumb-init", &args, env)
    }

    fn stop(line: &str) -> Stop {
        parsed(line, &[]).unwrap().plan.stop
    }

    /// The number that a signal is forwarded as; 0 if it is dropped.
    fn forwarded(stop: &Stop, number: i32) -> i32 {
        stop.rewritten(Signal::from_number(number).unwrap()).map_or(0, Signal::number)
    }

    #[test]
    fn has_a_session_by_default() {
        for (line, set, session) in [
            ("app", None, true),
            ("-c app", None, false),
            ("--single-child app", None, false),
            ("app", Some("0"), false),
            ("app", Some("1"), true),
            ("app", Some(""), true),
            ("-c app", Some("1"), false),
        ] {
            let set: Vec<_> = set.into_iter().map(|value| ("DUMB_INIT_SETSID", value)).collect();
            let plan = parsed(line, &set).unwrap().plan;
            assert_eq!((plan.stop.group, plan.app.isolation == Isolation::Session), (session, session));
        }
    }

    #[test]
    fn rewrites_by_number_and_by_name_and_drops_by_0() {
        let stop = stop("-r 15:2 --rewrite=1:0 -r USR1:SIGQUIT -r RTMIN+1:9 -r 15:3 app");
        assert_eq!([15, 1, 10, 35, 12].map(|number| forwarded(&stop, number)), [3, 0, 3, 9, 12]);
        assert_eq!(stop.group_exit_signal.map(Signal::number), Some(3));
    }

    #[test]
    fn terminal_signals_stop_a_session_unless_rewritten() {
        let session = stop("-r 20:15 app");
        assert_eq!([20, 21, 22].map(|number| forwarded(&session, number)), [15, 19, 19]);
        let single = stop("-c app");
        assert_eq!([20, 21, 22].map(|number| forwarded(&single, number)), [20, 21, 22]);
        assert!(session.stops_with_app && single.stops_with_app);
    }

    #[test]
    fn rejects_invalid_rewrites() {
        for rewrite in
            ["15", "herp", "herp:derp", "15::12", "15:derp", "1:32", "-1:15", "1:-1", "0:15", ":", "64:1"]
        {
            assert_eq!(
                parsed(&format!("-r {rewrite} app"), &[]).unwrap_err(),
                invalid_rewrite(),
                "{rewrite}"
            );
        }
    }

    #[test]
    fn logs_only_warnings_by_default() {
        assert_eq!(parsed("app", &[("DUMB_INIT_DEBUG", "0")]).unwrap().log_level, LevelFilter::Warn);
        assert_eq!(parsed("-v app", &[]).unwrap().log_level, LevelFilter::Debug);
        let debugged = parsed("app", &[("DUMB_INIT_DEBUG", "1"), ("DUMB_INIT_SETSID", "0")]).unwrap();
        assert_eq!(debugged.log_level, LevelFilter::Debug);
        assert_eq!(debugged.debug_messages, ["Running in debug mode.", "Not running in setsid mode."]);
    }

    #[test]
    fn prints_everything_to_stderr() {
        for (line, code, text) in [
            ("", 1, "Usage: dumb-init [option] program [args]\nTry dumb-init --help for full usage.\n"),
            ("-v", 1, "Usage: dumb-init [option] program [args]\nTry dumb-init --help for full usage.\n"),
            ("--version -x", 0, "dumb-init v1.2.5\n"),
            ("-x", 1, "dumb-init: invalid option -- 'x'\n"),
            ("--nope", 1, "dumb-init: unrecognized option '--nope'\n"),
            ("-r", 1, "dumb-init: option requires an argument -- 'r'\n"),
        ] {
            let exit = parsed(line, &[]).unwrap_err();
            assert_eq!((exit.code, exit.stdout.as_str(), exit.stderr.as_str()), (code, "", text), "{line}");
        }
        assert!(
            parsed("-h", &[])
                .unwrap_err()
                .stderr
                .starts_with("dumb-init v1.2.5\nUsage: dumb-init [option] command")
        );
    }

    proptest! {
        #[test]
        fn any_arguments_give_a_plan_or_an_exit(args in prop::collection::vec(".*|-[hvVcr]{0,3}|[0-9:]{1,4}", 0..5)) {
            let args: Vec<OsString> = args.into_iter().map(OsString::from).collect();
            let _ = parse("dumb-init", &args, |_| None);
        }
    }
}
