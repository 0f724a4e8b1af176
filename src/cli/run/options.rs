//! Every option of `hinit run`, defined once, by theme: its line in the help.

use crate::options::{Options, options};

/// All of them, in the order of the help.
pub(super) const OPTIONS: Options = Options(&[IDENTITY, LIMITS, HEALTH, STOPPING, LIFE, LOGGING]);

options! {
    IDENTITY: "User, privileges and environment:",
    USER: "  -u, --user USER[:GROUP]         Become this user before anything is started",
    CAP_ADD: "      --cap-add CAPABILITY...     Capability to keep after --user: NET_BIND_SERVICE, or ALL",
    CAP_DROP: "      --cap-drop CAPABILITY...    Capability to drop from an app that stays root, or ALL",
    NO_NEW_PRIVS: "      --no-new-privs[=BOOL]       Gain no privileges by setuid files (default true after --user)",
    CHOWN: "      --chown PATH...             Give PATH and its contents to --user, on one file system",
    WORKDIR: "  -w, --workdir DIR               Working directory of the app",
    ENV: "  -e, --env NAME=VALUE...         Environment variable of the app",
    ENV_FILE: "      --env-file PATH...          File of environment variables, in docker run's format",
}

options! {
    LIMITS: "Limits, of the app and of health commands:",
    ULIMIT: "      --ulimit NAME=SOFT[:HARD]...  Resource limit, such as nofile=1024:2048",
    UMASK: "      --umask MASK                File mode creation mask, such as 027",
    OOM_SCORE_ADJ: "      --oom-score-adj N           OOM score adjustment, from -1000 (never kill) to 1000 (kill first)",
}

options! {
    HEALTH: "Health:",
    HEALTH_TARGET: "      --health 'TARGET [CHECKS]'...  Probe to run, such as 'http://:8080/health --status 200';
                                  if repeated, all of them must pass",
    HEALTH_CMD: "      --health-cmd COMMAND        Probe command: a shell line, or a JSON list [\"a\", \"b\"]",
    HEALTH_INTERVAL: "      --health-interval DURATION  Time from the end of a probe to the next one (default 30s)",
    HEALTH_TIMEOUT: "      --health-timeout DURATION   Time limit of a probe (default 30s)",
    HEALTH_RETRIES: "      --health-retries N          Consecutive failures before the app counts as unhealthy
                                  (default 3)",
    HEALTH_START_PERIOD: "      --health-start-period DURATION  Grace period in which failures do not count, until the
                                  first success (default 0s)",
    HEALTH_START_INTERVAL: "      --health-start-interval DURATION  Interval in the start period (default 5s)",
    HEALTH_ON_FAILURE: "      --health-on-failure ACTION  Action when the app becomes unhealthy: none, stop or kill (both
                                  exit with code 69), or restart (default none)",
    NO_HEALTHCHECK: "      --no-healthcheck[=BOOL]     Disable all health checks (default false)",
    WAIT_FOR: "      --wait-for 'TARGET [CHECKS]'...  Start the app only when this probe passes, as for --health",
    WAIT_TIMEOUT: "      --wait-timeout DURATION     Time limit of --wait-for, exit code 124 (default no limit)",
    READY_FILE: "      --ready-file PATH           File that exists while the app is healthy and not stopping",
    STATUS_FILE: "      --status-file PATH          File to write the status to (default in /run/hinit, /dev/shm or
                                  /tmp)",
}

options! {
    STOPPING: "Signals and stopping:",
    GROUP: "  -g, --group[=BOOL]              Signal the app's whole process group (default false)",
    STOP_SIGNAL: "      --stop-signal SIGNAL        Signal that stops the app (default the one that arrived). Write the
                                  image's STOPSIGNAL here: hinit cannot read it, and without this
                                  option only TERM and INT (and QUIT in part) are stop requests",
    STOP_TIMEOUT: "      --stop-timeout DURATION     Kill the app this long after the stop signal (default never)",
    DRAIN: "      --drain DURATION            Delay between a stop request and the stop signal (default 0s)",
    SWEEP: "      --sweep DURATION            When the app has ended, send TERM to the processes it left, and
                                  KILL after this time (default leave them alone)",
    REWRITE: "      --rewrite FROM=TO...        Forward signal FROM as TO, or not at all: FROM=ignore",
    PDEATH_SIGNAL: "      --pdeath-signal SIGNAL      Signal to hinit when its parent dies, unless hinit is PID 1",
}

options! {
    LIFE: "Life of the app:",
    RESTART: "      --restart POLICY            Restart policy of docker run: no, on-failure[:N], always or
                                  unless-stopped (default no)",
    TIMEOUT: "      --timeout DURATION          Stop the app after this time, exit code 124 (default no limit)",
    OK_EXIT: "      --ok-exit CODE...           Exit code of the app to turn into 0",
    WARN_ON_REAP: "      --warn-on-reap[=BOOL]       Log a warning for each reaped orphan (default false)",
}

options! {
    LOGGING: "Logging, on stderr:",
    VERBOSE: "  -v, --verbose...                Log probes and reaped orphans too",
    QUIET: "  -q, --quiet[=BOOL]              Log warnings and errors only (default false)",
    LOG_FORMAT: "      --log-format FORMAT         Format of the log: text or json (default text)",
    HELP: "  -h, --help                      Show this help",
}
