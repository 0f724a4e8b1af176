//! Targets and their checks, as `--health` and `--health-cmd` take them. An
//! error is one line that is not endless.
#![no_main]

use hinit::testing::plan::probe::{Probe, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lookup = |name: &str| match name {
        "PORT" => Some("8080".to_owned()),
        "ODD" => Some("${PORT} ' \" \u{0} \u{fffd}".to_owned()),
        _ => None,
    };
    match Probe::from_text(text, &lookup) {
        Ok(probe) => runs_something(&probe),
        Err(error) => {
            let error = error.to_string();
            assert!(!error.chars().any(char::is_control) && error.len() < 2000, "{error}");
        }
    }
    if let Ok(probe) = Probe::from_command(text) {
        runs_something(&probe);
    }
});

fn runs_something(probe: &Probe) {
    if let Target::Exec(words) = &probe.target {
        assert!(!words.is_empty());
    }
}
