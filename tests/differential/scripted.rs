//! An app of which a health check says what a script says: `scripted app` lives,
//! and `scripted probe STEP,STEP,...` gives the next result of the list.
//!
//! Who asks, Docker or hinit, is told by the parent: what a `docker exec` starts
//! has none in the container. Each of them is answered from the beginning of
//! the list, so that both see the same app however their moments drift apart.
#![allow(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::expect_used, clippy::panic)]

use hinit::testing::status::{locations, reader};
use hinit::testing::sys::clock;
use hinit::testing::sys::process::{self, Side};
use hinit::testing::time::parse_duration;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs, thread};

/// Longer than any scenario takes, and an end if nobody ends it.
const LONG: Duration = Duration::from_secs(300);

fn main() {
    let words: Vec<String> = env::args().collect();
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    match words.as_slice() {
        ["app"] => thread::sleep(LONG),
        ["probe", _] if is_early() => refuse(),
        ["probe" | "probe-also-early", script] => act(next_step(script)),
        _ => panic!("scripted app|probe|probe-also-early SCRIPT"),
    }
}

/// A process of Docker's comes from outside: the container knows no parent of it.
fn asker() -> &'static str {
    if process::parent_pid() == 0 { "docker" } else { "hinit" }
}

/// Whether hinit asks before Docker's moment has come.
fn is_early() -> bool {
    let timeout = env::var("HINIT_HEALTH_TIMEOUT").expect("the timeout");
    let timeout = parse_duration(&timeout).expect("a duration");
    let file = env::var_os("HINIT_STATUS_FILE").map(PathBuf::from);
    let found = reader::read(&locations::locations(file.as_deref()));
    let due = found.ok().and_then(|found| found.document.result_due).map(|due| due.saturating_sub(timeout));
    asker() == "hinit" && due.is_none_or(|due| clock::now() < due)
}

fn refuse() {
    println!("it is early");
    std::process::exit(1);
}

/// The list's next step, the last one for ever.
fn next_step(script: &str) -> &str {
    let file = PathBuf::from("/out").join(asker());
    let count: usize = fs::read_to_string(&file).map_or(0, |text| text.parse().expect("a count"));
    fs::write(&file, (count + 1).to_string()).expect("/out can be written to");
    script.split(',').nth(count).or_else(|| script.split(',').next_back()).unwrap_or_default()
}

fn act(step: &str) {
    match step {
        "hang" => thread::sleep(LONG),
        "family" => hang_with_a_child(),
        "long" => {
            println!("{}", "0123456789".repeat(500));
            std::process::exit(1);
        }
        "silent" => std::process::exit(1),
        // Not to both: Docker reads them one by one, in no order to rely on.
        "stderr" => eprintln!("to stderr\n\ttwice \u{1b}[1m\u{fffd}\"'"),
        code => {
            println!("it is told to say {code}");
            std::process::exit(code.parse().expect("an exit code"));
        }
    }
}

/// The child says where it is: its pid, in a file.
fn hang_with_a_child() {
    let file = PathBuf::from("/out").join(format!("child-of-{}", asker()));
    // SAFETY: nothing here starts a thread.
    if unsafe { process::fork() }.expect("a child") == Side::Child {
        fs::write(file, process::own_pid().to_string()).expect("/out can be written to");
    }
    thread::sleep(LONG);
}
