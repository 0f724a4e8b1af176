//! Every option of `hinit run`, defined once, by theme: the help.

use crate::options::Options;

/// All of them, in the order of the help.
pub const OPTIONS: Options = Options(&[IDENTITY, LIMITS, HEALTH, STOPPING, LIFE, LOGGING]);

const IDENTITY: &str = "
The user, and what comes before it:
  -u, --user USER[:GROUP]         Become this user, for good, before anything is started
      --cap-add CAPABILITY...     Let the app keep this after --user: NET_BIND_SERVICE, ALL ...
      --cap-drop CAPABILITY...    Take this from an app that stays root, or ALL
      --no-new-privs[=BOOL]       Let nobody gain privileges by setuid files; on after --user
      --chown PATH...             First give this and all in it to --user, on its own mount
  -w, --workdir DIR               Start in this directory
  -e, --env NAME=VALUE...         Set a variable for the app
      --env-file PATH...          Set the variables of this file, by docker run's rules
";

const LIMITS: &str = "
Limits of the app, and of the commands that check its health:
      --ulimit NAME=SOFT[:HARD]...  Such as nofile=1024:2048
      --umask MASK                Which permissions its new files do not get, such as 027
      --oom-score-adj N           From -1000 (spare it) to 1000 (kill it first) when memory is short
";

const HEALTH: &str = "
Health:
      --health 'TARGET [CHECKS]'...  Probe this, as in 'http://:8080/health --status 200'; all
                                  that are given must pass
      --health-cmd COMMAND        Probe by a command: a line for the shell, or [\"a\", \"json\", \"list\"]
      --health-interval DURATION  From the end of a probe to the next one (30s)
      --health-timeout DURATION   How long a probe may take (30s)
      --health-retries N          So many failures in a row make unhealthy (3)
      --health-start-period DURATION  Failures do not count for so long, until a first success (0s)
      --health-start-interval DURATION  The interval in the start period (5s)
      --health-on-failure ACTION  When unhealthy: none, stop (exit code 69), restart or kill (69)
      --no-healthcheck[=BOOL]     Probe nothing, whatever else is said
      --wait-for 'TARGET [CHECKS]'...  Start the app only when this answers, as for --health
      --wait-timeout DURATION     Do not wait longer than this, exit code 124; else for ever
      --ready-file PATH           A file that is there while the app is healthy and not stopping
      --status-file PATH          Write the status here and not to /run/hinit, /dev/shm or /tmp
";

const STOPPING: &str = "
Signals and stopping:
  -g, --group[=BOOL]              Signal the app's whole process group, not only the app
      --stop-signal SIGNAL        What the app gets when it has to stop; else what arrived
      --stop-timeout DURATION     Kill the app if it has not stopped by then; else wait
      --drain DURATION            Wait so long between a stop request and the stop signal
      --sweep DURATION            When the app has ended, stop all it left and wait so long for it
      --rewrite FROM=TO...        Forward another signal than the one that arrives, or =ignore
      --pdeath-signal SIGNAL      What to get when hinit's parent dies, if hinit is not PID 1
";

const LIFE: &str = "
Life:
      --restart POLICY            no, on-failure[:N], always or unless-stopped, as in docker run
      --timeout DURATION          Stop the app after this time, exit code 124
      --ok-exit CODE...           Make this exit code of the app 0
      --warn-on-reap[=BOOL]       Say a warning for each reaped orphan
";

const LOGGING: &str = "
What hinit says, on stderr:
  -v, --verbose...                More: probes, reaped orphans
  -q, --quiet[=BOOL]              Warnings and errors only
      --log-format FORMAT         text or json
  -h, --help                      Show this
";
