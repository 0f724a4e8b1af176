//! hinit's own command line: one file a verb, each yields a plan.

#[cfg(feature = "lab")]
mod explain;
mod options;
mod probe;
mod run;
mod status;

use crate::compat;
use crate::error::Error;
use crate::exit_code;
use crate::spawn::socket_activation;
use crate::sys::process;
use crate::sys::start::Start;
use crate::text::nearest;
use std::ffi::OsString;
use std::io::Write;
use std::os::fd::RawFd;

/// As PID 1, what nobody declared is a leak of the engine (CVE-2024-21626).
/// Another init passes it on, as a script may have opened it for the app; so
/// does an ordinary process, which is part of somebody's pipeline.
pub fn first_leaked_descriptor(args: &[OsString]) -> Option<RawFd> {
    let is_own_pid1 = process::own_pid() == 1 && compat::program(args).is_none();
    is_own_pid1.then(socket_activation::first_undeclared)
}

/// The whole program: words in, exit code out.
pub fn main(start: &Start) -> i32 {
    if let Some(program) = compat::program(&start.args) {
        return program(start);
    }
    let words = start.args.get(1..).unwrap_or_default();
    let verb = words.first().and_then(|word| word.to_str()).unwrap_or_default();
    let rest = words.get(1..).unwrap_or_default();
    match verb {
        "run" => run::main(rest, start.inherited),
        "probe" => probe::main(rest, start.inherited),
        "status" => {
            start.inherited.restore();
            status::main(rest)
        }
        "explain" => explain(rest),
        "help" | "--help" | "-h" => show(&overview()),
        "--version" | "-V" | "version" => show(concat!("hinit ", env!("CARGO_PKG_VERSION"), "\n")),
        _ => start_program(words, verb, start),
    }
}

const VERBS: [&str; 5] = ["run", "probe", "status", "explain", "version"];

/// A mistyped verb is taken for a program, which is then not found.
fn start_program(words: &[OsString], first: &str, start: &Start) -> i32 {
    let code = run::main(words, start.inherited);
    if code == exit_code::NOT_FOUND
        && let Some(verb) = nearest(first, VERBS.into_iter())
    {
        let _ = writeln!(std::io::stderr(), "hinit: did you mean 'hinit {verb}'?");
    }
    code
}

#[cfg(feature = "lab")]
fn explain(words: &[OsString]) -> i32 {
    explain::main(words)
}

#[cfg(not(feature = "lab"))]
fn explain(_words: &[OsString]) -> i32 {
    fail(&Error::new("this hinit is the slim one, without explain; the full one has it"), 1)
}

/// Text that was asked for goes to stdout; a closed one is no failure.
fn show(text: &str) -> i32 {
    let _ = std::io::stdout().write_all(text.as_bytes());
    0
}

/// A failure before a logger is set: one line on stderr, and the verb's code.
fn fail(error: &Error, code: i32) -> i32 {
    let _ = writeln!(std::io::stderr(), "hinit: error: {error}");
    code
}

fn overview() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "hinit {version}: PID 1 and health checks for containers, in one file

Usage:
  hinit [OPTIONS] [--] PROGRAM [ARG...]   start a program as PID 1 (same as 'hinit run')
  hinit probe TARGET [CHECKS]             check once: exit 0 if healthy, 1 if not
  hinit status [--json] [--wait]          what the running hinit says: exit 0 if healthy
  hinit explain LINE|FILE|-               an old HEALTHCHECK said with hinit, and its mistakes

In a Dockerfile:
  COPY --from=hinit /hinit /hinit
  ENTRYPOINT [\"/hinit\", \"--user\", \"10001:10001\", \"--health\", \"http://:8080/health\", \"--\"]
  HEALTHCHECK CMD [\"/hinit\", \"status\"]
  CMD [\"my-app\"]

Called tini, docker-init, dumb-init, catatonit, gosu, su-exec, curl or wget (by a link or a
copy of that name), it takes that program's options:
  COPY --from=hinit /hinit /usr/local/bin/curl

'hinit run --help', 'hinit probe --help' and 'hinit status --help' say more.
"
    )
}
