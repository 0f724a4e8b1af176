//! Counts what the tests of this `cargo test` have skipped. It is no test: its
//! name makes it the last that cargo runs.
#![allow(clippy::print_stdout)]

#[path = "common/skipped.rs"]
mod skipped;

fn main() {
    // Asked for its tests, as some runners do, it has none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let reasons = skipped::Run::current().take();
    let count: usize = reasons.values().sum();
    match count {
        0 => println!("\nNo test was skipped."),
        1 => println!("\n1 test was skipped, wholly or in part:"),
        _ => println!("\n{count} tests were skipped, wholly or in part:"),
    }
    for (reason, count) in reasons {
        println!("{count:4} x {reason}");
    }
    println!();
}
