//! The logger: one line for each event, on standard error, without ever blocking.
//!
//! A full or closed stderr must not stop PID 1 (tini -vvv hangs), so a line that
//! does not fit is dropped and counted.

use crate::sys::fds::write_stderr;
use crate::text::{Json, one_line};
use log::{Level, LevelFilter, Record};
use std::io::{self, Write};

/// The format of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `hinit: warning: ...`
    Text,
    /// One JSON object for each line: time, level, message.
    Json,
}

/// Sets the process's logger; a second call changes nothing.
///
/// `Info` is one line for each event, `Warn` is quiet, `Debug` adds every probe and
/// every reaped orphan.
pub(crate) fn init(filter: LevelFilter, format: Format) {
    let mut builder = builder(filter);
    match format {
        Format::Text => builder.format(text),
        Format::Json => builder.format(json),
    };
    // It fails only if a logger has been set before.
    let _ = builder.try_init();
}

/// The same in the format of another program: `line` formats a record, without the
/// line end.
pub(crate) fn init_as(filter: LevelFilter, line: fn(Level, &str) -> String) {
    let mut builder = builder(filter);
    builder.format(move |out, record| {
        writeln!(out, "{}", line(record.level(), &one_line(&record.args().to_string(), LONGEST_LINE)))
    });
    let _ = builder.try_init();
}

fn builder(filter: LevelFilter) -> env_logger::Builder {
    let mut builder = env_logger::Builder::new();
    // Libraries log for their developers only.
    builder.filter(None, LevelFilter::Off).filter(Some("hinit"), filter);
    builder.target(env_logger::Target::Pipe(Box::new(Dropping::default())));
    builder
}

/// In bytes, below PIPE_BUF: a pipe takes the line at once or not at all.
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
    let message = json_message(&record.args().to_string());
    writeln!(line, r#"{{"time":"{time}","level":"{level}","message":{message}}}"#)
}

/// In quotes; a longer message ends in `...`.
fn json_message(message: &str) -> String {
    let (mut shown, mut kept) = (Json(message).to_string(), message.len());
    while shown.len() > LONGEST_LINE {
        kept = (0..=kept / 2).rfind(|at| message.is_char_boundary(*at)).unwrap_or_default();
        shown = Json(&format!("{}...", &message[..kept])).to_string();
    }
    shown
}

/// Standard error that drops lines that do not fit, and reports their number.
#[derive(Debug, Default)]
struct Dropping {
    dropped: u64,
}

impl Write for Dropping {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let reported = self.dropped == 0 || self.report_dropped().is_ok();
        if !reported || write_stderr(bytes).is_err() {
            self.dropped += 1;
        }
        // Never an error: the logger would retry.
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Dropping {
    fn report_dropped(&mut self) -> io::Result<()> {
        let count = self.dropped;
        write_stderr(format!("hinit: warning: {count} log lines dropped, stderr was full\n").as_bytes())?;
        self.dropped = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_LINE, json_message};

    #[test]
    fn a_long_message_is_a_whole_json_string_all_the_same() {
        for (character, length) in [("x", 3000), ("x", 5000), ("\u{1b}", 5000), ("\u{20ac}", 5000)] {
            let shown = json_message(&character.repeat(length));
            let text: String = serde_json::from_str(&shown).unwrap();
            assert!(shown.len() <= LONGEST_LINE && text.starts_with(character), "{shown}");
            assert_eq!(text.ends_with("..."), length == 5000);
        }
    }
}
