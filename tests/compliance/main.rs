//! One table of behaviours, run against hinit and against its peers:
//!
//! ```text
//! cargo test --test compliance                 hinit alone, which must fail nowhere
//! cargo test --test compliance -- --write      everybody, into docs/compliance.md
//! ```
//!
//! A row is a function that panics if the program does not behave so, and that
//! gives `None` if the program has no option for it. The peers are Debian's
//! packages; one that is not installed is an error, not a column less.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used, unsafe_code)]

#[path = "../common/mod.rs"]
mod common;

mod drop;
mod ends;
mod signals;
mod starts;
mod subject;
mod table;

use std::panic::{self, UnwindSafe};
use std::process::ExitCode;
use std::thread;
use subject::{HINIT, PEERS, Subject};
use table::{Cell, Table};

/// One behaviour, in the user's words.
pub struct Row {
    /// What a user would call it.
    pub text: &'static str,
    /// Panics if it is not so; none if there is no option for it.
    pub run: fn(&Subject) -> Option<()>,
}

const SECTIONS: [(&str, &[Row]); 4] = [
    ("Signals", signals::ROWS),
    ("Starting", starts::ROWS),
    ("Ending", ends::ROWS),
    ("Dropping root", drop::ROWS),
];

/// Who has not done it by then is said not to do it; hinit gets longer.
const PEER_SECONDS: u64 = 3;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if !common::is_root() {
        common::skip("the compliance table", "it needs root, as a container's PID 1 is");
        return ExitCode::SUCCESS;
    }
    if words.iter().any(|word| word == "--list") {
        return ExitCode::SUCCESS;
    }
    let everybody = words.iter().any(|word| word == "--write");
    let filter = words.iter().find(|word| !word.starts_with('-')).cloned().unwrap_or_default();
    let subjects: Vec<&Subject> =
        if everybody { std::iter::once(&HINIT).chain(&PEERS).collect() } else { vec![&HINIT] };
    // What a failing peer says on the way is its own business.
    panic::set_hook(Box::new(|_| ()));
    let table = fill(&subjects, &filter);
    if everybody && filter.is_empty() {
        table.write();
    }
    report(&table)
}

fn fill(subjects: &[&'static Subject], filter: &str) -> Table {
    let mut table = Table::new(subjects);
    for (section, rows) in SECTIONS {
        table.section(section);
        for row in rows.iter().filter(|row| row.text.contains(filter)) {
            let cells: Vec<Cell> = subjects.iter().map(|subject| ask(row, subject)).collect();
            println!("{}", table::line(row.text, &cells));
            print_reasons(subjects, &cells);
            table.row(row.text, cells);
        }
    }
    table
}

fn print_reasons(subjects: &[&Subject], cells: &[Cell]) {
    for (subject, cell) in subjects.iter().zip(cells) {
        if let Cell::Fail(why) = cell {
            let why: Vec<_> = why.split_whitespace().collect();
            println!("    {}: {}", subject.name(), why.join(" "));
        }
    }
}

/// In a thread of its own: what a row has started ends with it.
fn ask(row: &'static Row, subject: &'static Subject) -> Cell {
    common::be_patient_for(if subject.is_hinit() { common::LIMIT.as_secs() } else { PEER_SECONDS });
    let run = move || (row.run)(subject);
    let done = thread::spawn(move || caught(run)).join().unwrap_or_else(|_| Err("it panicked".to_owned()));
    match done {
        Ok(Some(())) => Cell::Pass,
        Ok(None) => Cell::NoOption,
        Err(why) => Cell::Fail(why),
    }
}

fn caught(run: impl FnOnce() -> Option<()> + UnwindSafe) -> Result<Option<()>, String> {
    panic::catch_unwind(run).map_err(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
    })
}

fn report(table: &Table) -> ExitCode {
    let failures = table.failures_of_hinit();
    for (text, why) in &failures {
        println!("\nhinit fails: {text}\n{why}");
    }
    println!("\n{} rows, {} where somebody fails", table.rows(), table.rows_where_somebody_fails());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
