//! A table of text, its columns as wide as they need to be.

use std::fmt;

pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self(vec![head.iter().map(ToString::to_string).collect()])
    }

    pub(crate) fn row(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        self.0.push(std::iter::once(name.to_owned()).chain(cells).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| self.0.iter().filter_map(|row| row.get(column)).map(String::len).max();
        for row in &self.0 {
            for (column, text) in row.iter().enumerate() {
                let width = width(column).unwrap_or(0);
                if column == 0 { write!(out, "  {text:<width$}")? } else { write!(out, "   {text:>width$}")? }
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

/// A number and, where it can be told, its ratio to the reference.
pub(crate) fn cell(value: f64, base: Option<f64>) -> String {
    let number = grouped(value);
    match base {
        Some(base) if base > 0.0 => format!("{number} {:>6}", format!("{:.2}x", value / base)),
        _ => format!("{number} {:>6}", ""),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) && digit.is_ascii_digit() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The middle of the values; 0 for none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
