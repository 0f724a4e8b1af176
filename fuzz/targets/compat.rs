//! The command lines of the programs that hinit replaces: no arguments make the
//! parser panic, and the same arguments always give the same result.
#![no_main]

use hinit::testing::compat::accepts;
use libfuzzer_sys::fuzz_target;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

const NAMES: [&str; 6] = ["tini", "dumb-init", "catatonit", "gosu", "curl", "wget"];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    // No argument contains a NUL. curl reads a file named after an @, which may be
    // /dev/zero.
    if rest.contains(&0) || (name == "curl" && rest.contains(&b'@')) {
        return;
    }
    let args: Vec<OsString> =
        rest.split(|byte| *byte == b'\n').map(|arg| OsString::from_vec(arg.to_vec())).collect();
    assert_eq!(accepts(name, &args), accepts(name, &args));
});
