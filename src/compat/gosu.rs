//! `gosu USER[:GROUP] PROGRAM [ARG...]`: switches to the user, then executes the
//! program.

use super::args::{arguments, argv0};
use super::exit::Exit;
use super::switch_user::{self, Failure};
use crate::sys::start::Start;
use crate::text::system_message;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

const VERSION: &str = concat!("1.17 (hinit ", env!("CARGO_PKG_VERSION"), ")");

/// The exit code for a usage error.
const USAGE_ERROR: i32 = 1;

/// Runs gosu. Returns an exit code only if the program was not started.
pub(super) fn main(start: &Start) -> i32 {
    match parse(&argv0(start), arguments(start)) {
        Ok((user, command)) => switch_user::run_as(user, command, start.inherited, message).print(),
        Err(exit) => exit.print(),
    }
}

/// The user spec and the command.
pub(super) fn parse<'a>(argv0: &str, args: &'a [OsString]) -> Result<(&'a OsStr, &'a [OsString]), Exit> {
    match args.split_first() {
        Some((flag, _)) if flag == "--help" || flag == "-h" || flag == "-?" => {
            Err(Exit::success(usage(argv0)))
        }
        Some((flag, _)) if flag == "--version" || flag == "-v" => Err(Exit::success(format!("{VERSION}\n"))),
        Some((user, command)) if !command.is_empty() => Ok((user, command)),
        _ => Err(Exit::failure(USAGE_ERROR, usage(argv0))),
    }
}

fn message(failure: &Failure<'_>) -> String {
    match failure {
        Failure::Switch(user, error) => {
            format!("error: failed switching to {}: {error}\n", quoted(user))
        }
        Failure::Prepare(error) => format!("error: {error}\n"),
        Failure::Execute(program, error) => format!("error: {}\n", exec_error(program, error)),
    }
}

/// Go's `%q`.
fn quoted(text: &OsStr) -> String {
    format!("{:?}", text.to_string_lossy())
}

/// Go searches PATH before it calls exec, and reports only that nothing was found.
fn exec_error(program: &OsStr, error: &io::Error) -> String {
    let by_name = !program.as_bytes().contains(&b'/');
    let (why, quoted) = (system_message(error).to_lowercase(), quoted(program));
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::EACCES) if by_name => {
            format!("exec: {quoted}: executable file not found in $PATH")
        }
        Some(libc::ENOENT) => format!("exec: {quoted}: stat {}: {why}", program.display()),
        _ => format!("exec: {quoted}: {why}"),
    }
}

fn usage(argv0: &str) -> String {
    let name = Path::new(argv0).file_name().unwrap_or_default().display();
    format!(
        "Usage: {name} user-spec command [args]
   eg: {name} tianon bash
       {name} nobody:root bash -c 'whoami && id'
       {name} 1000:1 id

{name} version: {VERSION}
{name} license: MIT

"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<(OsString, usize), Exit> {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        parse("/usr/local/bin/gosu", &args).map(|(user, command)| (user.to_owned(), command.len()))
    }

    #[test]
    fn accepts_a_user_and_a_command_and_no_options() {
        assert_eq!(parsed("app sh -c id"), Ok(("app".into(), 3)));
        assert_eq!(parsed("-- app"), Ok(("--".into(), 1)));
    }

    #[test]
    fn prints_usage_to_stdout_only_on_request() {
        assert!(parsed("-h").unwrap_err().stdout.starts_with("Usage: gosu user-spec command [args]\n"));
        assert!(parsed("--version app").unwrap_err().stdout.starts_with("1.17 ("));
        for line in ["", "app", "-x"] {
            let exit = parsed(line).unwrap_err();
            assert!(exit.code == 1 && exit.stderr.starts_with("Usage: gosu user-spec"), "{line}: {exit:?}");
        }
    }

    #[test]
    fn reports_an_exec_error_as_gosu_does() {
        let reported = |program: &str, errno| {
            message(&Failure::Execute(OsStr::new(program), &io::Error::from_raw_os_error(errno)))
        };
        assert_eq!(
            reported("app", libc::ENOENT),
            "error: exec: \"app\": executable file not found in $PATH\n"
        );
        assert_eq!(
            reported("/app", libc::ENOENT),
            "error: exec: \"/app\": stat /app: no such file or directory\n"
        );
        assert_eq!(reported("/app", libc::EACCES), "error: exec: \"/app\": permission denied\n");
    }
}
