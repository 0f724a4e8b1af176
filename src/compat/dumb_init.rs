//! `dumb-init [OPTIONS] PROGRAM [ARG...]`.

use super::getopt::{Grammar, Options};
use super::{Answer, called, text, variable, words};
use crate::logging;
use crate::personality::Personality;
use crate::plan::{Isolation, Plan, Stop};
use crate::signal::Signal;
use crate::supervisor;
use crate::sys::start::Start;
use log::{Level, LevelFilter, debug};
use std::ffi::OsString;

/// Compared to the letter by dumb-init's own tests.
const VERSION: &str = "dumb-init v1.2.5";

const GRAMMAR: Grammar = Grammar {
    short: "hvVcr:",
    long: &[("help", 'h'), ("single-child", 'c'), ("rewrite", 'r'), ("verbose", 'v'), ("version", 'V')],
};

/// dumb-init: words in, exit code out.
pub fn main(start: &Start) -> i32 {
    match read(&called(start), words(start), variable) {
        Ok(asked) => {
            logging::init_as(asked.level, line);
            for remark in asked.remarks {
                debug!("{remark}");
            }
            supervisor::run(asked.plan, start.inherited)
        }
        Err(answer) => answer.give(),
    }
}

/// What words and environment ask for.
#[derive(Debug)]
pub(super) struct Asked {
    plan: Plan,
    level: LevelFilter,
    /// What is to be said first.
    remarks: Vec<&'static str>,
}

pub(super) fn read(
    called: &str,
    words: &[OsString],
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Asked, Answer> {
    let mut verbose = false;
    let mut session = true;
    let mut rewrites = Vec::new();
    let mut options = Options::new(&GRAMMAR, words);
    for choice in &mut options {
        match choice.map_err(|wrong| Answer::wrong(format!("{called}: {wrong}\n")))? {
            ('r', value) => rewrites.insert(0, rewrite(text(value.as_ref())).ok_or_else(rewrite_usage)?),
            ('v', _) => verbose = true,
            ('c', _) => session = false,
            ('V', _) => return Err(aside(format!("{VERSION}\n"))),
            _ => return Err(aside(help(called))),
        }
    }
    let mut plan = super::plan(options.rest(), Personality::DumbInit).ok_or_else(|| usage(called))?;
    let debug = variable("DUMB_INIT_DEBUG").is_some_and(|value| value == "1");
    let switched_off = variable("DUMB_INIT_SETSID").is_some_and(|value| value == "0");
    session &= !switched_off;
    plan.stop = stop(session, rewrites);
    plan.app.isolation = if session { Isolation::Session } else { Isolation::Group };
    Ok(Asked {
        plan,
        level: if verbose || debug { LevelFilter::Debug } else { LevelFilter::Warn },
        remarks: [(debug, "Running in debug mode."), (switched_off, "Not running in setsid mode.")]
            .into_iter()
            .filter_map(|(so, remark)| so.then_some(remark))
            .collect(),
    })
}

/// A session has no terminal of its own to be stopped by, so it is stopped for
/// good where a terminal would have asked it to.
fn stop(session: bool, mut rewrites: Vec<(Signal, Option<Signal>)>) -> Stop {
    if session {
        let for_good = [Signal::TSTP, Signal::TTIN, Signal::TTOU];
        rewrites.extend(for_good.map(|signal| (signal, Some(Signal::STOP))));
    }
    let stop = Stop { group: session, rewrites, stops_with_app: true, ..Stop::default() };
    Stop { group_exit_signal: stop.rewritten(Signal::TERM), ..stop }
}

/// `15:3`, `15:0` to drop it, and `TERM:QUIT` beyond what dumb-init knows. The
/// numbers end at 31 as there, the names do not.
fn rewrite(text: &str) -> Option<(Signal, Option<Signal>)> {
    let (from, to) = text.split_once(':')?;
    let to = if to == "0" { None } else { Some(signal(to)?) };
    Some((signal(from)?, to))
}

fn signal(text: &str) -> Option<Signal> {
    let number: Option<i32> = text.parse().ok();
    Signal::parse(text).ok().filter(|signal| number.is_none() || signal.number() <= 31)
}

/// dumb-init says everything of its own on stderr.
fn aside(text: String) -> Answer {
    Answer { code: 0, out: String::new(), err: text }
}

fn line(level: Level, text: &str) -> String {
    let prefix = if level == Level::Warn { "warning: " } else { "" };
    format!("[dumb-init] {prefix}{text}")
}

fn usage(called: &str) -> Answer {
    Answer::wrong(format!("Usage: {called} [option] program [args]\nTry {called} --help for full usage.\n"))
}

fn rewrite_usage() -> Answer {
    Answer::wrong(
        "Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.\n\
         This option can be specified multiple times.\n\
         Use --help for full usage.\n",
    )
}

fn help(called: &str) -> String {
    format!(
        "{VERSION}
Usage: {called} [option] command [[arg] ...]

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

    fn given(line: &str, set: &[(&str, &str)]) -> Result<Asked, Answer> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let variable =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        read("dumb-init", &words, variable)
    }

    fn stop(line: &str) -> Stop {
        given(line, &[]).unwrap().plan.stop
    }

    /// What number a signal is forwarded as, 0 for not at all.
    fn sent(stop: &Stop, number: i32) -> i32 {
        stop.rewritten(Signal::from_number(number).unwrap()).map_or(0, Signal::number)
    }

    #[test]
    fn has_a_session_unless_told_otherwise() {
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
            let plan = given(line, &set).unwrap().plan;
            assert_eq!((plan.stop.group, plan.app.isolation == Isolation::Session), (session, session));
        }
    }

    #[test]
    fn rewrites_by_number_and_by_name_and_drops_by_0() {
        let stop = stop("-r 15:2 --rewrite=1:0 -r USR1:SIGQUIT -r RTMIN+1:9 -r 15:3 app");
        assert_eq!([15, 1, 10, 35, 12].map(|number| sent(&stop, number)), [3, 0, 3, 9, 12]);
        assert_eq!(stop.group_exit_signal.map(Signal::number), Some(3));
    }

    #[test]
    fn terminal_signals_stop_a_session_unless_rewritten() {
        let session = stop("-r 20:15 app");
        assert_eq!([20, 21, 22].map(|number| sent(&session, number)), [15, 19, 19]);
        let single = stop("-c app");
        assert_eq!([20, 21, 22].map(|number| sent(&single, number)), [20, 21, 22]);
        assert!(session.stops_with_app && single.stops_with_app);
    }

    #[test]
    fn refuses_what_is_no_rewrite() {
        for rewrite in
            ["15", "herp", "herp:derp", "15::12", "15:derp", "1:32", "-1:15", "1:-1", "0:15", ":", "64:1"]
        {
            assert_eq!(given(&format!("-r {rewrite} app"), &[]).unwrap_err(), rewrite_usage(), "{rewrite}");
        }
    }

    #[test]
    fn is_silent_unless_asked_to_speak() {
        assert_eq!(given("app", &[("DUMB_INIT_DEBUG", "0")]).unwrap().level, LevelFilter::Warn);
        assert_eq!(given("-v app", &[]).unwrap().level, LevelFilter::Debug);
        let asked = given("app", &[("DUMB_INIT_DEBUG", "1"), ("DUMB_INIT_SETSID", "0")]).unwrap();
        assert_eq!(asked.level, LevelFilter::Debug);
        assert_eq!(asked.remarks, ["Running in debug mode.", "Not running in setsid mode."]);
    }

    #[test]
    fn answers_on_stderr() {
        for (line, code, said) in [
            ("", 1, "Usage: dumb-init [option] program [args]\nTry dumb-init --help for full usage.\n"),
            ("-v", 1, "Usage: dumb-init [option] program [args]\nTry dumb-init --help for full usage.\n"),
            ("--version -x", 0, "dumb-init v1.2.5\n"),
            ("-x", 1, "dumb-init: invalid option -- 'x'\n"),
            ("--nope", 1, "dumb-init: unrecognized option '--nope'\n"),
            ("-r", 1, "dumb-init: option requires an argument -- 'r'\n"),
        ] {
            let answer = given(line, &[]).unwrap_err();
            assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (code, "", said), "{line}");
        }
        assert!(
            given("-h", &[])
                .unwrap_err()
                .err
                .starts_with("dumb-init v1.2.5\nUsage: dumb-init [option] command")
        );
    }

    proptest! {
        #[test]
        fn any_words_are_a_plan_or_an_answer(words in prop::collection::vec(".*|-[hvVcr]{0,3}|[0-9:]{1,4}", 0..5)) {
            let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
            let _ = read("dumb-init", &words, |_| None);
        }
    }
}
