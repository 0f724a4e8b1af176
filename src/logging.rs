//! hinit's own lines: one an event, on standard error, never waiting for a
//! reader.
//!
//! A full or broken stderr must not stop PID 1 (tini -vvv is stuck by one), so
//! a line that does not fit is dropped and counted.

use crate::sys::fds::write_stderr;
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
    let mut builder = env_logger::Builder::new();
    // The libraries' own lines are for their developers.
    builder.filter(None, LevelFilter::Off).filter(Some("hinit"), filter);
    builder.target(env_logger::Target::Pipe(Box::new(Dropping::default())));
    match format {
        Format::Text => builder.format(text),
        Format::Json => builder.format(json),
    };
    // It fails only where a logger has been set before.
    let _ = builder.try_init();
}

fn prefix(level: Level) -> &'static str {
    match level {
        Level::Error => "error: ",
        Level::Warn => "warning: ",
        Level::Info | Level::Debug | Level::Trace => "",
    }
}

fn text(line: &mut env_logger::fmt::Formatter, record: &Record<'_>) -> io::Result<()> {
    writeln!(line, "hinit: {}{}", prefix(record.level()), Printable(&record.args().to_string()))
}

fn json(line: &mut env_logger::fmt::Formatter, record: &Record<'_>) -> io::Result<()> {
    let object = serde_json::json!({
        "time": humantime::format_rfc3339_millis(std::time::SystemTime::now()).to_string(),
        "level": record.level().as_str().to_ascii_lowercase(),
        "message": record.args().to_string(),
    });
    writeln!(line, "{object}")
}

/// Text with its control characters escaped: what an app or a server said
/// must not move the cursor of the terminal that shows it (CVE-2023-28486).
#[derive(Debug)]
pub struct Printable<'a>(pub &'a str);

impl std::fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for piece in self.0.split_inclusive(char::is_control) {
            match piece.strip_suffix(char::is_control) {
                Some(before) => write!(f, "{before}{}", piece[before.len()..].escape_default())?,
                None => f.write_str(piece)?,
            }
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::Printable;

    #[test]
    fn escapes_what_would_move_the_cursor() {
        assert_eq!(Printable("a\u{1b}[2Jb\nc").to_string(), "a\\u{1b}[2Jb\\nc");
        assert_eq!(Printable("gr\u{fc}n").to_string(), "gr\u{fc}n");
    }
}
