//! `curl`: the options used in health checks, with curl's exit codes, output and
//! messages. Proxies, .curlrc and .netrc are ignored.

mod exit_code;
mod lexer;
mod options;
mod request;
mod transfer;
mod write_out;

use super::args::arguments;
use super::exit::Exit;
use crate::sys::signals;
use crate::sys::start::Start;
use exit_code::FAILED_INIT;
use options::{Options, Parsed};

const TRY_HELP: &str = "curl: try 'curl --help' for more information";
const HELP: &str = "\
Usage: curl [options...] <url>
This is hinit under the name curl. It supports the options used in health checks:
";
const VERSION: &str = concat!("curl 8.0.0 (hinit ", env!("CARGO_PKG_VERSION"), ")\nProtocols: http https\n");

/// Runs curl and returns its exit code.
pub(super) fn main(start: &Start) -> i32 {
    signals::unblock_for_library_code();
    match options::parse(arguments(start)) {
        Ok(Parsed::Options(options)) => run(&options),
        Ok(Parsed::Help) => Exit::success(format!("{HELP}{}", options::help())).print(),
        Ok(Parsed::Version) => Exit::success(VERSION).print(),
        Err(message) => Exit::failure(FAILED_INIT, format!("curl: {message}\n{TRY_HELP}\n")).print(),
    }
}

#[cfg(fuzzing)]
pub(super) fn accepts(args: &[std::ffi::OsString]) -> bool {
    options::parse(args).is_ok()
}

/// Transfers every URL in turn. The last one decides the exit code.
fn run(options: &Options) -> i32 {
    let mut code = 0;
    for (index, url) in options.urls.iter().enumerate() {
        code = transfer::run(options, url, options.outputs.get(index).map(String::as_str));
        if options.fail_early && code != 0 {
            break;
        }
    }
    code
}
