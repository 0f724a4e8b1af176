//! Every option of `hinit run`, defined once, by theme.

use crate::cli::options::{list, switch, value};
use clap::{Arg, ArgAction};

/// All of them, in the order of the help.
pub fn options() -> Vec<Arg> {
    let themes = [identity(), limits(), health(), stopping(), life(), logging()];
    themes.into_iter().flatten().collect()
}

fn identity() -> Vec<Arg> {
    vec![
        value("user", "USER[:GROUP]", "Become this user, for good, before anything is started").short('u'),
        list(
            "cap-add",
            "CAPABILITY",
            "Let the app keep this after --user, such as NET_BIND_SERVICE, or ALL; repeatable",
        ),
        list("cap-drop", "CAPABILITY", "Take this from an app that stays root, or ALL; repeatable"),
        switch("no-new-privs", "Let nobody gain privileges by setuid files; on by default after --user"),
        list("chown", "PATH", "First give this and all in it to --user, on its own mount; repeatable"),
        value("workdir", "DIR", "Start in this directory").short('w'),
        list("env", "NAME=VALUE", "Set a variable for the app; repeatable").short('e'),
        list("env-file", "PATH", "Set the variables of this file, by docker run's rules; repeatable"),
    ]
}

fn limits() -> Vec<Arg> {
    vec![
        list("ulimit", "NAME=SOFT[:HARD]", "Limit the app, such as nofile=1024:2048; repeatable"),
        value("umask", "MASK", "Which permissions new files of the app do not get, such as 027"),
        value("oom-score-adj", "N", "From -1000 (spare it) to 1000 (kill it first) when memory is short"),
    ]
}

fn health() -> Vec<Arg> {
    vec![
        list(
            "health",
            "TARGET [CHECKS]",
            "Probe this, such as 'http://:8080/health --status 200'; repeatable, all must pass",
        ),
        value(
            "health-cmd",
            "COMMAND",
            "Probe by a command: a line for the shell, or [\"a\", \"json\", \"list\"]",
        ),
        value("health-interval", "DURATION", "From the end of a probe to the next one (30s)"),
        value("health-timeout", "DURATION", "How long a probe may take (30s)"),
        value("health-retries", "N", "So many failures in a row make unhealthy (3)"),
        value(
            "health-start-period",
            "DURATION",
            "Failures do not count for so long, until a first success (0s)",
        ),
        value("health-start-interval", "DURATION", "The interval in the start period (5s)"),
        value(
            "health-on-failure",
            "ACTION",
            "When unhealthy: none, stop (exit code 69), restart or kill (69)",
        ),
        switch("no-healthcheck", "Probe nothing, whatever else is said"),
        list("wait-for", "TARGET [CHECKS]", "Start the app only when this answers; repeatable, as --health"),
        value("wait-timeout", "DURATION", "Do not wait longer than this, exit code 124; by default for ever"),
        value("ready-file", "PATH", "A file that is there while the app is healthy and not stopping"),
        value("status-file", "PATH", "Write the status here and not to /run/hinit, /dev/shm or /tmp"),
    ]
}

fn stopping() -> Vec<Arg> {
    vec![
        switch("group", "Signal the app's whole process group, not only the app").short('g'),
        value("stop-signal", "SIGNAL", "What the app gets when it has to stop; as it came by default"),
        value("stop-timeout", "DURATION", "Kill the app if it has not stopped by then; by default wait"),
        value(
            "drain",
            "DURATION",
            "Wait so long between a stop request and the stop signal; unhealthy meanwhile",
        ),
        value("sweep", "DURATION", "When the app has ended, stop all it left behind and wait so long for it"),
        list(
            "rewrite",
            "FROM=TO",
            "Forward another signal than the one that arrives, or =ignore; repeatable",
        ),
        value("pdeath-signal", "SIGNAL", "What to get when hinit's parent dies, if hinit is not PID 1"),
    ]
}

fn life() -> Vec<Arg> {
    vec![
        value("restart", "POLICY", "no, on-failure[:N], always or unless-stopped, as in docker run"),
        value("timeout", "DURATION", "Stop the app after this time, exit code 124"),
        list("ok-exit", "CODE", "Make this exit code of the app 0; repeatable"),
        switch("warn-on-reap", "Say a warning for each reaped orphan"),
    ]
}

fn logging() -> Vec<Arg> {
    vec![
        Arg::new("verbose")
            .short('v')
            .long("verbose")
            .action(ArgAction::Count)
            .help("Say more: probes, reaped orphans"),
        switch("quiet", "Say warnings and errors only").short('q'),
        value("log-format", "FORMAT", "text or json"),
    ]
}
