//! `pid:///PATH`: healthy if the process whose number is in the file is alive.
//!
//! A zombie is not. That the number has since gone to another process cannot
//! be told, so the reason names the process.

use super::Outcome;
use crate::sys::{Pid, process};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// In bytes: the number is on the first line; PostgreSQL writes more of them.
const LONGEST: u64 = 64;

pub(super) fn probe(path: &Path) -> Outcome {
    let shown = path.display();
    let text = read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("there is no {shown}"),
        _ => format!("{shown} cannot be read: {error}"),
    })?;
    let pid = parse(&text)
        .ok_or_else(|| format!("{shown} holds no process number on its first line: '{}'", text.trim_end()))?;
    judge(pid)
        .map(|name| format!("process {pid} of {shown} is alive{name}"))
        .map_err(|why| format!("process {pid} of {shown} {why}"))
}

fn read(path: &Path) -> io::Result<String> {
    // Without blocking, should it be a FIFO.
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

/// The name of a living process, or what is wrong with it.
fn judge(pid: Pid) -> Result<String, &'static str> {
    if !process::exists(pid) {
        return Err("does not exist");
    }
    // Without a /proc, or where it hides the others, the kernel's word is all there is.
    let Ok(stat) = fs::read(format!("/proc/{pid}/stat")) else { return Ok(String::new()) };
    let stat = String::from_utf8_lossy(&stat);
    match name_and_state(&stat) {
        Some((_, 'Z' | 'X')) => Err("is a zombie"),
        Some((name, _)) => Ok(format!(" ({name})")),
        None => Ok(String::new()),
    }
}

/// The second and third field of proc_pid_stat(5); the name may hold spaces
/// and brackets of its own.
fn name_and_state(stat: &str) -> Option<(&str, char)> {
    let (start, rest) = stat.rsplit_once(')')?;
    Some((start.split_once('(')?.1, rest.trim_start().chars().next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_number_of_a_process_and_nothing_else() {
        for text in ["123", "123\n", " 123 \n", "123\n/var/lib/postgresql\n1700000000\n"] {
            assert_eq!(parse(text), Some(123), "{text:?}");
        }
        for text in ["", "\n", "\n123", "0", "-1", "+1", "12 3", "x", "99999999999", "1\0"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn finds_the_state_behind_any_name() {
        assert_eq!(name_and_state("7 (a) S 1 2"), Some(("a", 'S')));
        assert_eq!(name_and_state("7 (a) Z (b) Z 1 2"), Some(("a) Z (b", 'Z')));
        assert_eq!(name_and_state("7 a S"), None);
    }
}
