//! `curl`: the options that health checks use, with curl's exit codes, its
//! output and its messages. No proxy is ever used, and neither .curlrc nor
//! .netrc is read.

mod options;
mod request;
mod transfer;
mod words;
mod write_out;

use crate::sys::signals;
use crate::sys::start::Start;
use options::{Options, Parsed};
use std::io::Write;

const TRY: &str = "curl: try 'curl --help' for more information";
/// What curl calls CURLE_FAILED_INIT: the command line makes no sense.
const USAGE: i32 = 2;
const HELP: &str = "\
Usage: curl [options...] <url>
This is hinit under the name of curl. It takes the options that health checks use:
";

/// The program.
pub(super) fn main(start: &Start) -> i32 {
    signals::unblock_for_library_code();
    match options::parse(super::words(start)) {
        Ok(Parsed::Options(options)) => run(&options),
        Ok(Parsed::Help) => show(&format!("{HELP}{}", options::help())),
        Ok(Parsed::Version) => {
            show(concat!("curl 8.0.0 (hinit ", env!("CARGO_PKG_VERSION"), ")\nProtocols: http https\n"))
        }
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "curl: {why}\n{TRY}");
            USAGE
        }
    }
}

#[cfg(fuzzing)]
pub(super) fn is_understood(words: &[std::ffi::OsString]) -> bool {
    options::parse(words).is_ok()
}

fn show(text: &str) -> i32 {
    let _ = std::io::stdout().write_all(text.as_bytes());
    0
}

/// Every URL in turn; the last one decides.
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
