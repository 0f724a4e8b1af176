//! The words of the command line: signals, durations, policies, codes. What is
//! shown of an accepted one reads the same again.
#![no_main]

use hinit::testing::identity::capability::Set;
use hinit::testing::limits::oom_score;
use hinit::testing::limits::rlimit::Limit;
use hinit::testing::limits::umask::Umask;
use hinit::testing::plan::parse;
use hinit::testing::plan::probe::StatusSet;
use hinit::testing::setup::env_file;
use hinit::testing::signal::Signal;
use hinit::testing::time::{GoDuration, parse_duration};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(signal) = Signal::parse(text) {
        assert!((1..=64).contains(&signal.number()));
        // 32 and 33 belong to the C library and have no name.
        let shown = signal.to_string();
        assert_eq!(Signal::parse(shown.trim_start_matches("signal ")).ok(), Some(signal));
    }
    if let Ok(duration) = parse_duration(text) {
        assert_eq!(parse_duration(&GoDuration(duration).to_string()).ok(), Some(duration));
    }
    if let Ok((from, _)) = parse::rewrite(text) {
        assert!(![Signal::KILL, Signal::STOP, Signal::CHLD].contains(&from));
    }
    if let Ok(code) = parse::exit_code(text) {
        assert!((0..=255).contains(&code));
    }
    let _ = (parse::restart(text), Umask::parse(text), oom_score::parse(text));
    if let Ok(set) = Set::parse(text) {
        assert!(set == Set::ALL || Set::parse(&set.to_string()) == Ok(set));
    }
    if let Ok(limit) = Limit::parse(text) {
        assert_eq!(Limit::parse(&limit.to_string()), Ok(limit));
    }
    for (name, value) in env_file::parse(text.as_bytes()).unwrap_or_default() {
        assert!(!name.is_empty() && !value.to_string_lossy().contains(['\0', '\n']));
    }
    if let Ok(set) = StatusSet::parse(text) {
        assert_eq!(StatusSet::parse(&set.to_string()).ok(), Some(set));
    }
});
