//! The `#!` line of a script, read to say why the script could not be executed.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// In bytes; the kernel looks at no more (execve(2)).
const LONGEST: u64 = 256;

const BLANKS: [char; 2] = [' ', '\t'];

/// Why the file could not be executed, though it is there: what it names is missing.
pub(super) fn missing(path: &Path) -> String {
    let line = read(path);
    match line.as_deref().and_then(|line| line.split(BLANKS).next()) {
        Some(interpreter) if interpreter.ends_with('\r') => wrong_line_ends(interpreter),
        Some(interpreter) => format!("it is a script for '{interpreter}', which is not in this image"),
        None => "the file is there, but the loader it names is not in this image; is it made for another C \
                 library (glibc, musl)?"
            .to_owned(),
    }
}

/// Why a script may have ended with code 127: env(1) was executed, and looked for a
/// program whose name ends in CR.
pub(super) fn hint_for_not_found(path: &Path) -> Option<String> {
    let line = read(path)?;
    let program = line.rsplit(BLANKS).next().filter(|program| program.ends_with('\r'))?;
    Some(format!("the app may be a script that was not run: {}", wrong_line_ends(program)))
}

fn wrong_line_ends(program: &str) -> String {
    let shown = program.trim_end_matches('\r');
    format!(
        "its first line ends in CR LF, so that '{shown}\\r' is looked for; save it with Unix line ends \
         (dos2unix, or eol=lf in .gitattributes)"
    )
}

/// The line behind `#!`, without the line feed; none for what is no script.
fn read(path: &Path) -> Option<String> {
    let mut start = Vec::new();
    // Not blocking: it could be a FIFO by now.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).ok()?;
    file.take(LONGEST).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    Some(String::from_utf8_lossy(line).trim_start_matches(BLANKS).to_owned())
}
