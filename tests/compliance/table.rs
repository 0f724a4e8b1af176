//! The table, as it is printed and as it is written into the docs.

use crate::subject::Subject;
use std::fmt::Write as _;

pub enum Cell {
    Pass,
    Fail(String),
    /// The program has no option for it, or is no such program.
    NoOption,
}

impl Cell {
    fn shown(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail(_) => "**fail**",
            Self::NoOption => "–",
        }
    }
}

enum Line {
    Section(&'static str),
    Row(&'static str, Vec<Cell>),
}

pub struct Table {
    names: Vec<String>,
    lines: Vec<Line>,
}

pub fn line(text: &str, cells: &[Cell]) -> String {
    let cells: Vec<_> = cells.iter().map(Cell::shown).collect();
    format!("| {text} | {} |", cells.join(" | "))
}

const HEAD: &str = "# What hinit does where others fail

Written by `cargo test --test compliance -- --write` (tests/compliance/), as root;
not by hand. The same code asks every program, each as Debian packages it.
*pass*: it behaves so. *fail*: it does not. –: it has no option for it, or does
not do that kind of thing at all.

";

impl Table {
    pub fn new(subjects: &[&Subject]) -> Self {
        let named = |subject: &&Subject| format!("{} {}", subject.name(), subject.version());
        Self { names: subjects.iter().map(named).collect(), lines: Vec::new() }
    }

    pub fn section(&mut self, name: &'static str) {
        self.lines.push(Line::Section(name));
    }

    pub fn row(&mut self, text: &'static str, cells: Vec<Cell>) {
        self.lines.push(Line::Row(text, cells));
    }

    fn cells(&self) -> impl Iterator<Item = (&'static str, &[Cell])> {
        self.lines.iter().filter_map(|line| match line {
            Line::Row(text, cells) => Some((*text, cells.as_slice())),
            Line::Section(_) => None,
        })
    }

    pub fn rows(&self) -> usize {
        self.cells().count()
    }

    pub fn rows_where_somebody_fails(&self) -> usize {
        let fails = |cells: &[Cell]| cells.iter().any(|cell| matches!(cell, Cell::Fail(_)));
        self.cells().filter(|(_, cells)| fails(cells)).count()
    }

    pub fn failures_of_hinit(&self) -> Vec<(&'static str, &str)> {
        let failure = |(text, cells): (&'static str, &'_ [Cell])| match cells.first() {
            Some(Cell::Fail(_)) => Some(text),
            _ => None,
        };
        let texts: Vec<_> = self.cells().filter_map(failure).collect();
        texts.into_iter().map(|text| (text, self.why(text))).collect()
    }

    fn why(&self, wanted: &str) -> &str {
        let found = self.cells().find(|(text, _)| *text == wanted);
        match found.and_then(|(_, cells)| cells.first()) {
            Some(Cell::Fail(why)) => why,
            _ => "",
        }
    }

    pub fn write(&self) {
        let mut text = HEAD.to_owned();
        for line in &self.lines {
            match line {
                Line::Section(name) => {
                    let rule = "|---".repeat(self.names.len() + 1);
                    let _ = write!(text, "\n## {name}\n\n| | {} |\n{rule}|\n", self.names.join(" | "));
                }
                Line::Row(row, cells) => {
                    let _ = writeln!(text, "{}", self::line(row, cells));
                }
            }
        }
        let _ = writeln!(
            text,
            "\n{} rows; in {} of them somebody fails.",
            self.rows(),
            self.rows_where_somebody_fails()
        );
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/compliance.md");
        std::fs::write(path, text.replace("\n\n\n", "\n\n")).unwrap();
    }
}
