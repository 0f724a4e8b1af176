//! The command lines of other programs. Started under the name of one of them,
//! hinit behaves as that program, so that an image can replace it with one COPY.
//!
//! Options, environment variables, messages and exit codes are those of the
//! original. Its bugs are not: hinit loses no signal, forwards all of them, and
//! options end at the first argument that is not one.

mod args;
pub(crate) mod catatonit;
mod curl;
mod default_plan;
pub(crate) mod dumb_init;
mod exit;
pub(crate) mod getopt;
mod gosu;
mod http_transfer;
mod output;
mod su_exec;
mod switch_user;
pub(crate) mod tini;
mod values;
mod wget;

use crate::sys::start::Start;
use std::ffi::OsString;
use std::path::Path;

/// Runs a program and returns its exit code.
pub(crate) type Program = fn(&Start) -> i32;

/// The program to behave as, by the file name in `argv[0]`.
///
/// Docker mounts the init of `--init` as `/sbin/docker-init`, podman as
/// `/run/podman-init`.
pub(crate) fn program(args: &[OsString]) -> Option<Program> {
    match Path::new(args.first()?).file_name()?.to_str()? {
        "tini" | "tini-static" | "docker-init" => Some(tini::main),
        "dumb-init" => Some(dumb_init::main),
        "catatonit" | "podman-init" => Some(catatonit::main),
        "gosu" => Some(gosu::main),
        "su-exec" => Some(su_exec::main),
        "curl" => Some(curl::main),
        "wget" => Some(wget::main),
        _ => None,
    }
}

/// Whether the program of this name accepts these arguments. Starts nothing;
/// for the fuzz target.
#[cfg(fuzzing)]
pub fn accepts(name: &str, args: &[OsString]) -> bool {
    let no_env = |_: &str| None;
    match name {
        "tini" => tini::parse(name, args, no_env).is_ok(),
        "dumb-init" => dumb_init::parse(name, args, no_env).is_ok(),
        "catatonit" => catatonit::parse(name, args).is_ok(),
        "gosu" => gosu::parse(name, args).is_ok(),
        "curl" => curl::accepts(args),
        "wget" => wget::accepts(args),
        _ => false,
    }
}
