//! `wget`: the options that health checks use, with GNU wget's exit codes, its
//! output and its messages. Where scripts test for nothing but 0, busybox's
//! agrees: but `--spider` asks by HEAD, as GNU's does. No proxy is ever used,
//! and neither .wgetrc nor .netrc is read.

mod options;
mod transfer;

use crate::sys::signals;
use crate::sys::start::Start;
use options::{Options, Parsed};
use std::io::Write;

const USAGE: &str = "Usage: wget [OPTION]... [URL]...\n";
const TRY: &str =
    "\nThis is hinit, which takes what health checks use.\nTry `wget --help' for more options.\n";

/// The program.
pub(super) fn main(start: &Start) -> i32 {
    signals::unblock_for_library_code();
    match options::parse(super::words(start)) {
        Ok(Parsed::Options(options)) => run(&options),
        Ok(Parsed::Help) => show(&format!(
            "{USAGE}This is hinit under the name of wget. It takes the options that health checks use:\n{}",
            options::help()
        )),
        Ok(Parsed::Version) => show(concat!("GNU Wget 1.21 (hinit ", env!("CARGO_PKG_VERSION"), ")\n")),
        Err((code, why)) => {
            let _ = write!(std::io::stderr(), "wget: {why}\n{USAGE}{TRY}");
            code
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

/// Every URL in turn, into one file if that is named. The smallest code wins,
/// as in GNU wget's inform_exit_status.
fn run(options: &Options) -> i32 {
    let mut output = match transfer::open(options) {
        Ok(output) => output,
        Err(code) => return code,
    };
    let codes: Vec<i32> =
        options.urls.iter().map(|url| transfer::run(options, url, output.as_mut())).collect();
    codes.into_iter().filter(|code| *code != 0).min().unwrap_or(0)
}
