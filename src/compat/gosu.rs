//! `gosu USER[:GROUP] PROGRAM [ARG...]`: becomes the user, then the program.

use super::{Answer, called, words};
use crate::compat::su_exec::{self, Step};
use crate::sys::start::Start;
use crate::text::system_message;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

const VERSION: &str = concat!("1.17 (hinit ", env!("CARGO_PKG_VERSION"), ")");

/// gosu: words in; an exit code only if the program could not be started.
pub fn main(start: &Start) -> i32 {
    match read(&called(start), words(start)) {
        Ok((user, command)) => su_exec::switch_to(user, command, start.inherited, says).give(),
        Err(answer) => answer.give(),
    }
}

pub(super) fn read<'a>(called: &str, words: &'a [OsString]) -> Result<(&'a OsStr, &'a [OsString]), Answer> {
    match words.split_first() {
        Some((flag, _)) if flag == "--help" || flag == "-h" || flag == "-?" => {
            Err(Answer::told(usage(called)))
        }
        Some((flag, _)) if flag == "--version" || flag == "-v" => Err(Answer::told(format!("{VERSION}\n"))),
        Some((user, command)) if !command.is_empty() => Ok((user, command)),
        _ => Err(Answer::wrong(usage(called))),
    }
}

/// gosu's words for what went wrong.
fn says(step: &Step<'_>) -> String {
    match step {
        Step::Switch(user, error) => {
            format!("error: failed switching to {}: {error}\n", quoted(user))
        }
        Step::Prepare(error) => format!("error: {error}\n"),
        Step::Execute(program, error) => format!("error: {}\n", not_executed(program, error)),
    }
}

/// As Go's %q does.
fn quoted(word: &OsStr) -> String {
    format!("{:?}", word.to_string_lossy())
}

/// A name is looked for in PATH by gosu itself, and either it is there or not.
fn not_executed(program: &OsStr, error: &io::Error) -> String {
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

fn usage(called: &str) -> String {
    let name = Path::new(called).file_name().unwrap_or_default().display();
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

    fn given(line: &str) -> Result<(OsString, usize), Answer> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        read("/usr/local/bin/gosu", &words).map(|(user, command)| (user.to_owned(), command.len()))
    }

    #[test]
    fn takes_a_user_and_a_command_and_no_options() {
        assert_eq!(given("app sh -c id"), Ok(("app".into(), 3)));
        assert_eq!(given("-- app"), Ok(("--".into(), 1)));
    }

    #[test]
    fn answers_on_stdout_only_if_asked() {
        assert!(given("-h").unwrap_err().out.starts_with("Usage: gosu user-spec command [args]\n"));
        assert!(given("--version app").unwrap_err().out.starts_with("1.17 ("));
        for line in ["", "app", "-x"] {
            let answer = given(line).unwrap_err();
            assert!(
                answer.code == 1 && answer.err.starts_with("Usage: gosu user-spec"),
                "{line}: {answer:?}"
            );
        }
    }

    #[test]
    fn says_why_a_program_does_not_start_as_gosu_does() {
        let said = |program: &str, errno| {
            says(&Step::Execute(OsStr::new(program), &io::Error::from_raw_os_error(errno)))
        };
        assert_eq!(said("app", libc::ENOENT), "error: exec: \"app\": executable file not found in $PATH\n");
        assert_eq!(
            said("/app", libc::ENOENT),
            "error: exec: \"/app\": stat /app: no such file or directory\n"
        );
        assert_eq!(said("/app", libc::EACCES), "error: exec: \"/app\": permission denied\n");
    }
}
