//! explain: for any line, Dockerfile or compose file it prints one line an item,
//! its probes are accepted by hinit, and no control character reaches the terminal
//! or CI.
//!
//! The first byte selects line or file.
#![no_main]

use hinit::testing::lab::explain::{Kind, OutputFormat, explain};
use hinit::testing::plan::probe::options;
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
    for name in OutputFormat::NAMES {
        let printed = OutputFormat::parse(name).map(|format| format.print(&checks, Some("Dockerfile")));
        let printed = printed.unwrap_or_default();
        assert!(!printed.chars().any(|c| c.is_control() && c != '\n'), "{name}: {printed:?}");
        assert!(name != "github" || printed.lines().all(|line| line.starts_with("::")), "{printed}");
    }
    for check in checks {
        assert_eq!(check.health_check.is_err(), check.probe_args.is_empty(), "{check:?}");
        let shown = check.to_string();
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        for args in check.probe_args.iter().filter(|args| !args.iter().any(|arg| has_variable(arg))) {
            assert!(options::parse(args, &|_| None).is_ok(), "{args:?}");
        }
        let lines = 2
            + usize::from(!check.location.is_empty())
            + usize::from(check.entrypoint.is_some())
            + check.notes.len();
        assert_eq!(shown.lines().count(), lines, "{shown}");
    }
});

/// A variable of the container or of compose, whose value is not known.
fn has_variable(arg: &str) -> bool {
    arg.contains(|c| c == '$' || c >= '\u{f0000}')
}
