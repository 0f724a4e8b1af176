//! `wget`: the options used in health checks, with GNU wget's exit codes, output
//! and messages. Proxies, .wgetrc and .netrc are ignored.
//!
//! A health check that tests only for 0 behaves as with busybox's wget, except
//! that `--spider` sends HEAD as GNU wget does.

mod exit_code;
mod options;
mod request;
mod transfer;

use super::args::arguments;
use super::exit::Exit;
use crate::sys::signals;
use crate::sys::start::Start;
use options::{Options, Parsed};

const USAGE: &str = "Usage: wget [OPTION]... [URL]...\n";
const HELP: &str = "This is hinit under the name wget. It supports the options used in health checks:\n";
const TRY_HELP: &str = "\nThis is hinit, which supports the options used in health checks.\nTry `wget --help' for more options.\n";
const VERSION: &str = concat!("GNU Wget 1.21 (hinit ", env!("CARGO_PKG_VERSION"), ")\n");

/// Runs wget and returns its exit code.
pub(super) fn main(start: &Start) -> i32 {
    signals::unblock_for_library_code();
    match options::parse(arguments(start)) {
        Ok(Parsed::Options(options)) => run(&options),
        Ok(Parsed::Help) => Exit::success(format!("{USAGE}{HELP}{}", options::help())).print(),
        Ok(Parsed::Version) => Exit::success(VERSION).print(),
        Err(error) => {
            Exit::failure(error.code, format!("wget: {}\n{USAGE}{TRY_HELP}", error.message)).print()
        }
    }
}

#[cfg(fuzzing)]
pub(super) fn accepts(args: &[std::ffi::OsString]) -> bool {
    options::parse(args).is_ok()
}

/// Transfers every URL in turn, all into the file of `-O` if there is one. The
/// lowest code other than 0 wins, as in GNU wget's inform_exit_status.
fn run(options: &Options) -> i32 {
    let mut output = match transfer::open_output(options) {
        Ok(output) => output,
        Err(code) => return code,
    };
    let codes: Vec<i32> =
        options.urls.iter().map(|url| transfer::run(options, url, output.as_mut())).collect();
    codes.into_iter().filter(|code| *code != exit_code::SUCCESS).min().unwrap_or(exit_code::SUCCESS)
}
