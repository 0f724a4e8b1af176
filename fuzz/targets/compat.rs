//! The command lines of the programs that hinit stands in for: no words make it
//! panic, and what was understood once is understood again.
#![no_main]

use hinit::compat::is_understood;
use libfuzzer_sys::fuzz_target;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

const NAMES: [&str; 6] = ["tini", "dumb-init", "catatonit", "gosu", "curl", "wget"];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    // No word of a command line holds a NUL, and curl reads what follows an @
    // from a file: /dev/zero, too.
    if rest.contains(&0) || (name == "curl" && rest.contains(&b'@')) {
        return;
    }
    let words: Vec<OsString> =
        rest.split(|byte| *byte == b'\n').map(|word| OsString::from_vec(word.to_vec())).collect();
    assert_eq!(is_understood(name, &words), is_understood(name, &words));
});
