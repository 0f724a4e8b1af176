//! One table of behaviours, tested with hinit and with other programs:
//!
//! ```text
//! cargo test --test compliance                 hinit only, which must pass every row
//! cargo test --test compliance -- --write      all programs, into docs/compliance.md
//! ```
//!
//! A row is a function that panics if the program does not behave so, and returns
//! `None` if the program has no option for it. The other programs are Debian's
//! packages. One that is not installed is an error.
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

/// One behaviour.
pub struct Row {
    /// Its description in docs/compliance.md.
    pub text: &'static str,
    /// Panics if the program does not behave so. `None` if it has no option for it.
    pub run: fn(&Subject) -> Option<()>,
}

const SECTIONS: [(&str, &[Row]); 4] = [
    ("Signals", signals::ROWS),
    ("Starting", starts::ROWS),
    ("Ending", ends::ROWS),
    ("Dropping root", drop::ROWS),
];

/// The time limit of every wait for another program. hinit gets a longer one.
const PEER_SECONDS: u64 = 3;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if !common::is_root() {
        common::skip("the compliance table", "it needs root, as a container's PID 1 is");
        return ExitCode::SUCCESS;
    }
    if args.iter().any(|arg| arg == "--list") {
        return ExitCode::SUCCESS;
    }
    let all_programs = args.iter().any(|arg| arg == "--write");
    let filter = args.iter().find(|arg| !arg.starts_with('-')).cloned().unwrap_or_default();
    let subjects: Vec<&Subject> =
        if all_programs { std::iter::once(&HINIT).chain(&PEERS).collect() } else { vec![&HINIT] };
    // Failures of other programs are expected: print no panic messages.
    panic::set_hook(Box::new(|_| ()));
    let table = fill(&subjects, &filter);
    if all_programs && filter.is_empty() {
        table.write();
    }
    report(&table)
}

fn fill(subjects: &[&'static Subject], filter: &str) -> Table {
    let mut table = Table::new(subjects);
    for (section, rows) in SECTIONS {
        table.section(section);
        for row in rows.iter().filter(|row| row.text.contains(filter)) {
            let cells: Vec<Cell> = subjects.iter().map(|subject| test(row, subject)).collect();
            println!("{}", table::line(row.text, &cells));
            print_reasons(subjects, &cells);
            table.row(row.text, cells);
        }
    }
    table
}

fn print_reasons(subjects: &[&Subject], cells: &[Cell]) {
    for (subject, cell) in subjects.iter().zip(cells) {
        if let Cell::Fail(reason) = cell {
            let reason: Vec<_> = reason.split_whitespace().collect();
            println!("    {}: {}", subject.name(), reason.join(" "));
        }
    }
}

/// Tests in a thread of its own: the processes that a row starts end with it.
fn test(row: &'static Row, subject: &'static Subject) -> Cell {
    common::be_patient_for(if subject.is_hinit() { common::LIMIT.as_secs() } else { PEER_SECONDS });
    let run = move || (row.run)(subject);
    let done = thread::spawn(move || caught(run)).join().unwrap_or_else(|_| Err("it panicked".to_owned()));
    match done {
        Ok(Some(())) => Cell::Pass,
        Ok(None) => Cell::NoOption,
        Err(reason) => Cell::Fail(reason),
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
    for (text, reason) in &failures {
        println!("\nhinit fails: {text}\n{reason}");
    }
    println!("\n{} rows, {} in which at least one program fails", table.rows(), table.rows_with_a_failure());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
