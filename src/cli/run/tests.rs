//! Each option of run has an effect, and the numbers of its help are right.

use super::build_plan::build_plan;
use super::options::OPTIONS;
use super::{HELP, format_of_unparsed, log_format, log_level};
use crate::cli::args::ParsedArgs;
use crate::exit_code;
use crate::identity::capability::Set;
use crate::identity::spec::UserSpec;
use crate::limits::rlimit::Limit;
use crate::limits::umask::Umask;
use crate::logging::Format;
use crate::options::Rest;
use crate::plan::probe::Probe;
use crate::plan::{Health, OnFailure, Plan, Restart, Timing};
use crate::signal::Signal;
use crate::time::GoDuration;
use log::LevelFilter;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::Duration;

/// An option's name, the options that it needs, the option as given, and what of
/// the plan it changes.
type Row = (&'static str, &'static str, &'static str, fn(&mut Plan));

const SECOND: Duration = Duration::from_secs(1);

const IDENTITY: [Row; 8] = [
    ("user", "", "--user 1:2", |plan| plan.identity.user = Some(UserSpec::parse("1:2").unwrap())),
    ("cap-add", "", "--cap-add KILL", |plan| plan.identity.capabilities.add = Set::parse("KILL").unwrap()),
    ("cap-drop", "", "--cap-drop ALL", |plan| plan.identity.capabilities.drop = Set::parse("ALL").unwrap()),
    ("no-new-privs", "", "--no-new-privs", |plan| plan.identity.no_new_privs = Some(true)),
    ("chown", "--user 1", "--chown /data", |plan| plan.identity.chown = vec!["/data".into()]),
    ("workdir", "", "-w /srv", |plan| plan.app.workdir = Some("/srv".into())),
    ("env", "", "-e A=1", |plan| plan.app.env = vec![("A".into(), "1".into())]),
    ("env-file", "", "--env-file ENV_FILE", |plan| plan.app.env = vec![("B".into(), "2".into())]),
];

const LIMITS: [Row; 3] = [
    ("ulimit", "", "--ulimit nofile=9", |plan| plan.app.limits = vec![Limit::parse("nofile=9").unwrap()]),
    ("umask", "", "--umask 027", |plan| plan.app.umask = Some(Umask::parse("027").unwrap())),
    ("oom-score-adj", "", "--oom-score-adj 7", |plan| plan.app.oom_score_adj = Some(7)),
];

const CHECKED: &str = "--health-cmd true";

const HEALTH: [Row; 13] = [
    ("health", "", "--health tcp://:1", |plan| plan.health = Some(checked_by(tcp()))),
    ("health-cmd", "", CHECKED, |plan| plan.health = Some(checked_by(Probe::from_command("true").unwrap()))),
    ("health-interval", CHECKED, "--health-interval 1s", |plan| timing(plan).interval = SECOND),
    ("health-timeout", CHECKED, "--health-timeout 1s", |plan| timing(plan).timeout = SECOND),
    ("health-retries", CHECKED, "--health-retries 7", |plan| timing(plan).retries = 7),
    ("health-start-period", CHECKED, "--health-start-period 1s", |plan| timing(plan).start_period = SECOND),
    ("health-start-interval", CHECKED, "--health-start-interval 1s", |plan| {
        timing(plan).start_interval = SECOND;
    }),
    ("health-on-failure", CHECKED, "--health-on-failure kill", |plan| plan.life.on_failure = OnFailure::Kill),
    ("no-healthcheck", CHECKED, "--no-healthcheck", |plan| plan.health = None),
    ("wait-for", "", "--wait-for tcp://:1", |plan| plan.wait_for.probes = vec![tcp()]),
    ("wait-timeout", "--wait-for tcp://:1", "--wait-timeout 1s", |plan| plan.wait_for.limit = Some(SECOND)),
    ("ready-file", "", "--ready-file /ready", |plan| plan.ready_file = Some("/ready".into())),
    ("status-file", "", "--status-file /status", |plan| plan.status_file = Some("/status".into())),
];

const STOPPING: [Row; 7] = [
    ("group", "", "--group", |plan| plan.stop.group = true),
    ("stop-signal", "", "--stop-signal INT", |plan| plan.stop.signal = Some(Signal::INT)),
    ("stop-timeout", "", "--stop-timeout 1s", |plan| plan.stop.timeout = Some(SECOND)),
    ("drain", "", "--drain 1s", |plan| plan.stop.drain = SECOND),
    ("sweep", "", "--sweep 1s", |plan| plan.stop.sweep = Some(SECOND)),
    ("rewrite", "", "--rewrite HUP=ignore", |plan| plan.stop.rewrites = vec![(Signal::HUP, None)]),
    ("pdeath-signal", "", "--pdeath-signal INT", |plan| plan.stop.parent_death = Some(Signal::INT)),
];

const LIFE: [Row; 4] = [
    ("restart", "", "--restart always", |plan| plan.life.restart = Restart::Always),
    ("timeout", "", "--timeout 1s", |plan| plan.life.limit = Some(SECOND)),
    ("ok-exit", "", "--ok-exit 143", |plan| plan.life.ok_exit = vec![143]),
    ("warn-on-reap", "", "--warn-on-reap", |plan| plan.life.warn_on_reap = true),
];

/// Those that change no plan but the log; help starts nothing.
const LOGGING: [(&str, &str, LevelFilter, Format); 3] = [
    ("verbose", "--verbose", LevelFilter::Debug, Format::Text),
    ("quiet", "--quiet", LevelFilter::Warn, Format::Text),
    ("log-format", "--log-format json", LevelFilter::Info, Format::Json),
];

fn tcp() -> Probe {
    Probe::from_text("tcp://:1", &|_| None).unwrap()
}

fn checked_by(probe: Probe) -> Health {
    Health { probes: vec![probe], timing: Timing::default() }
}

fn timing(plan: &mut Plan) -> &mut Timing {
    &mut plan.health.as_mut().unwrap().timing
}

fn parsed(given: &str) -> ParsedArgs {
    let arguments: Vec<OsString> = given.split_whitespace().chain(["app"]).map(OsString::from).collect();
    ParsedArgs::parse(OPTIONS, Rest::Program, &arguments).unwrap()
}

fn rows() -> impl Iterator<Item = Row> {
    IDENTITY.into_iter().chain(LIMITS).chain(HEALTH).chain(STOPPING).chain(LIFE)
}

#[test]
fn each_option_changes_its_part_of_the_plan_and_nothing_else() {
    let file = std::env::temp_dir().join(format!("hinit-env-file-{}", std::process::id()));
    std::fs::write(&file, "B=2\n").unwrap();
    for (name, needed, given, change) in rows() {
        let given = given.replace("ENV_FILE", file.to_str().unwrap());
        let without = build_plan(&parsed(needed)).unwrap();
        let with = build_plan(&parsed(&format!("{needed} {given}"))).unwrap();
        assert_ne!(with, without, "--{name} has no effect");
        let mut changed = without;
        change(&mut changed);
        assert_eq!(with, changed, "--{name}");
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn each_option_of_the_log_changes_it() {
    for (name, given, level, format) in LOGGING {
        let args = parsed(given);
        assert_eq!((log_level(&args).unwrap(), log_format(&args).unwrap()), (level, format), "--{name}");
    }
}

#[test]
fn finds_the_format_of_the_log_in_arguments_that_cannot_be_parsed() {
    for (given, format) in [
        ("--no-such --log-format json app", Format::Json),
        ("--log-format=json --no-such", Format::Json),
        ("--no-such app", Format::Text),
        ("--log-format text --no-such app", Format::Text),
        ("--no-such --log-format", Format::Text),
        ("--log-format=xml --no-such", Format::Text),
        ("--no-such -- app --log-format json", Format::Text),
    ] {
        let arguments: Vec<OsString> = given.split_whitespace().map(OsString::from).collect();
        assert_eq!(format_of_unparsed(&arguments), format, "{given}");
    }
}

#[test]
fn no_option_is_without_a_row_here() {
    let defined: Vec<&str> = OPTIONS.definitions().map(|option| option.name).collect();
    let tested = rows().map(|row| row.0).chain(LOGGING.map(|row| row.0)).chain(["help"]);
    assert_eq!(tested.collect::<Vec<_>>(), defined);
    assert_eq!(BTreeSet::from_iter(&defined).len(), defined.len(), "an option is defined twice");
}

#[test]
fn the_help_has_the_defaults_and_exit_codes_of_the_code() {
    let help = HELP.to_string();
    let default = |name: &str| {
        let option = help.split_once(&format!("--{name} ")).unwrap().1;
        let start = option.split_once("(default ").unwrap().1;
        start.split_once(')').unwrap().0.to_owned()
    };
    let timing = Timing::default();
    for (name, time) in [
        ("health-interval", timing.interval),
        ("health-timeout", timing.timeout),
        ("health-start-period", timing.start_period),
        ("health-start-interval", timing.start_interval),
    ] {
        assert_eq!(default(name), GoDuration(time).to_string(), "{name}");
    }
    assert_eq!(default("health-retries"), timing.retries.to_string());
    for text in [
        format!("exit with code {})", exit_code::UNHEALTHY).replace(')', ""),
        format!("; {} stopped as unhealthy", exit_code::UNHEALTHY),
        format!("this time, exit code {}", exit_code::TIMEOUT),
        format!("--wait-for, exit code {}", exit_code::TIMEOUT),
        format!("; {} time limit", exit_code::TIMEOUT),
        format!("; {} failure of hinit itself", exit_code::OWN_FAILURE),
        format!("; {} program not executable", exit_code::NOT_EXECUTABLE),
        format!("; {} program not found", exit_code::NOT_FOUND),
        format!("{}+n if signal", exit_code::SIGNAL_BASE),
    ] {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&help).contains(&words(&text)), "{text}");
    }
}
