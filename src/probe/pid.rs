//! `pid:///PATH`: healthy if the process whose PID is in the file is alive.
//!
//! A zombie is not. The PID may have been reused by another process, so the
//! reason names the process.

use super::verdict::Outcome;
use crate::sys::{Pid, process, procfs};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// In bytes. The PID is on the first line; PostgreSQL writes more lines.
const LONGEST: u64 = 64;

pub(super) fn probe(path: &Path) -> Outcome {
    let file = path.display();
    let text = read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("there is no {file}"),
        _ => format!("{file} cannot be read: {error}"),
    })?;
    let pid =
        parse(&text).ok_or_else(|| format!("{file} has no PID on its first line: '{}'", text.trim_end()))?;
    check(pid)
        .map(|command| format!("process {pid} of {file} is alive{command}"))
        .map_err(|why| format!("process {pid} of {file} {why}"))
}

fn read(path: &Path) -> io::Result<String> {
    // Non-blocking, since it may be a FIFO.
    let file: File = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse(text: &str) -> Option<Pid> {
    let line = text.lines().next()?.trim();
    let is_number = line.bytes().all(|byte| byte.is_ascii_digit());
    line.parse().ok().filter(|pid| is_number && *pid > 0)
}

/// The command of a living process, or what is wrong with it.
fn check(pid: Pid) -> Result<String, &'static str> {
    if !process::exists(pid) {
        return Err("does not exist");
    }
    // Without a /proc, or where it hides other processes, this is all there is.
    let Ok(stat) = procfs::stat(pid) else { return Ok(String::new()) };
    if stat.is_dead() { Err("is a zombie") } else { Ok(format!(" ({})", stat.command)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_pid_and_nothing_else() {
        for text in ["123", "123\n", " 123 \n", "123\n/var/lib/postgresql\n1700000000\n"] {
            assert_eq!(parse(text), Some(123), "{text:?}");
        }
        for text in ["", "\n", "\n123", "0", "-1", "+1", "12 3", "x", "99999999999", "1\0"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
