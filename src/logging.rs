//! hinit's own lines: one an event, on standard error, never waiting for a
//! reader.
//!
//! A full or broken stderr must not stop PID 1 (tini -vvv is stuck by one), so
//! a line that does not fit is dropped and counted.

use crate::sys::fds::write_stderr;
use crate::text::{Json, one_line};
use log::{Level, LevelFilter, Record};
use std::io::{self, Write};

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `hinit: warning: ...`
    Text,
    /// One JSON object a line: time, level, message.
    Json,
}

/// Sets the process's logger; a second call changes nothing.
///
/// `Info` is one line an event, `Warn` is quiet, `Debug` adds every probe and
/// every reaped orphan.
pub fn init(filter: LevelFilter, format: Format) {
    let mut builder = builder(filter);
    match format {
        Format::Text => builder.format(text),
        Format::Json => builder.format(json),
    };
    // It fails only where a logger has been set before.
    let _ = builder.try_init();
}

/// The same in the format of another program: `line` makes a whole line of a
/// record, without its end.
pub fn init_as(filter: LevelFilter, line: fn(Level, &str) -> String) {
    let mut builder = builder(filter);
    builder.format(move |out, record| {
        writeln!(out, "{}", line(record.level(), &one_line(&record.args().to_string(), LONGEST_LINE)))
    });
    let _ = builder.try_init();
}

fn builder(filter: LevelFilter) -> env_logger::Builder {
    let mut builder = env_logger::Builder::new();
    // The libraries' own lines are for their developers.
    builder.filter(None, LevelFilter::Off).filter(Some("hinit"), filter);
    builder.target(env_logger::Target::Pipe(Box::new(Dropping::default())));
    builder
}

/// In bytes; a pipe takes this at once or not at all (PIPE_BUF).
const LONGEST_LINE: usize = 4000;

fn prefix(level: Level) -> &'static str {
    match level {
        Level::Error => "error: ",
        Level::Warn => "warning: ",
        Level::Info | Level::Debug | Level::Trace => "",
    }
}

fn text(line: &mut env_logger::fmt::Formatter, record: &Record<'_>) -> io::Result<()> {
    writeln!(line, "hinit: {}{}", prefix(record.level()), one_line(&record.args().to_string(), LONGEST_LINE))
}

fn json(line: &mut env_logger::fmt::Formatter, record: &Record<'_>) -> io::Result<()> {
    let time = humantime::format_rfc3339_millis(std::time::SystemTime::now());
    let level = record.level().as_str().to_ascii_lowercase();
    let message = record.args().to_string();
    writeln!(line, r#"{{"time":"{time}","level":"{level}","message":{}}}"#, Json(&message))
}

/// Standard error that drops what does not fit and says how much that was.
#[derive(Debug, Default)]
struct Dropping {
    lost: u64,
}

impl Write for Dropping {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let told = self.lost == 0 || self.tell_lost().is_ok();
        if !told || write_stderr(bytes).is_err() {
            self.lost += 1;
        }
        // The line is dealt with either way; an error would be tried again.
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Dropping {
    fn tell_lost(&mut self) -> io::Result<()> {
        write_stderr(format!("hinit: warning: {} lines were lost, stderr was full\n", self.lost).as_bytes())?;
        self.lost = 0;
        Ok(())
    }
}
