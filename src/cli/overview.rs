//! `hinit --help`.

/// The overview of the verbs.
pub(super) fn text() -> String {
    format!("{HEAD}{LAB}{TAIL}")
}

const HEAD: &str = concat!(
    "hinit ",
    env!("CARGO_PKG_VERSION"),
    ": PID 1 and health checks for containers, in one file

Usage:
  hinit [OPTIONS] [--] PROGRAM [ARG...]   start a program as PID 1 (same as 'hinit run')
  hinit probe TARGET [CHECKS]             check a target once: exit code 0 if healthy, else 1
  hinit status [--json] [--wait]          print the app's health: exit code 0 if healthy, else 1
"
);

#[cfg(feature = "lab")]
const LAB: &str = "  \
  hinit explain LINE|FILE|-               translate a HEALTHCHECK to hinit and list its mistakes
  hinit completions bash|zsh|fish         print a completion script for a shell
  hinit man [VERB]                        print a man page
";

#[cfg(not(feature = "lab"))]
const LAB: &str = "
hinit-full has more verbs: explain, completions and man.
";

const TAIL: &str = "
In a Dockerfile:
  COPY --from=hinit /hinit /hinit
  ENTRYPOINT [\"/hinit\", \"--user\", \"10001:10001\", \"--health\", \"http://:8080/health\", \"--\"]
  HEALTHCHECK CMD [\"/hinit\", \"status\"]
  CMD [\"my-app\"]

Under the name tini, docker-init, dumb-init, catatonit, gosu, su-exec, curl or wget (a link or a
copy), it takes that program's options:
  COPY --from=hinit /hinit /usr/local/bin/curl

See 'hinit VERB --help' for the options of run, probe, status and the others.
";
