//! explain: any line, Dockerfile or compose file gives one line for each
//! thing it says, in words that hinit reads, and nothing of it can reach the
//! terminal.
//!
//! The first byte says whether it is a file.
#![no_main]

use hinit::lab::explain::{Kind, explain};
use hinit::plan::probe::options;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((kind, text)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let kind = if *kind == b'f' { Kind::File } else { Kind::Line };
    let checks = match explain(text, kind) {
        Ok(checks) => checks,
        Err(error) => return assert!(!error.to_string().chars().any(char::is_control), "{error}"),
    };
    assert!(!checks.is_empty());
    for check in checks {
        assert_eq!(check.probe.is_err(), check.words.is_empty(), "{check:?}");
        let shown = check.to_string();
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        for words in check.words.iter().filter(|words| !words.iter().any(|word| is_variable(word))) {
            assert!(options::parse(words, &|_| None).is_ok(), "{words:?}");
        }
        let lines =
            2 + usize::from(!check.place.is_empty()) + usize::from(check.run.is_some()) + check.notes.len();
        assert_eq!(shown.lines().count(), lines, "{shown}");
    }
});

/// Of the container's or of compose's, whose value is not known.
fn is_variable(word: &str) -> bool {
    word.contains(|c| c == '$' || c >= '\u{f0000}')
}
