//! `su-exec USER[:GROUP] PROGRAM [ARG...]`: switches to the user, then executes
//! the program.

use super::args::{arguments, argv0};
use super::exit::Exit;
use super::switch_user::{self, Failure};
use crate::sys::start::Start;
use crate::text::system_message;

/// Runs su-exec. Returns an exit code only if the program was not started.
pub(super) fn main(start: &Start) -> i32 {
    match arguments(start).split_first() {
        Some((user, command)) if !command.is_empty() => {
            switch_user::run_as(user, command, start.inherited, message).print()
        }
        // su-exec prints its usage to stdout and exits with 0 here.
        _ => Exit::success(format!("Usage: {} user-spec command [args]\n", argv0(start))).print(),
    }
}

fn message(failure: &Failure<'_>) -> String {
    match failure {
        Failure::Switch(user, error) => format!("su-exec: {}: {error}\n", user.display()),
        Failure::Prepare(error) => format!("su-exec: {error}\n"),
        Failure::Execute(program, error) => {
            format!("su-exec: {}: {}\n", program.display(), system_message(error))
        }
    }
}
