//! Reads /proc: the one parser of a process's `stat` file (proc_pid_stat(5)).

use super::Pid;
use crate::text::one_line;
use std::{fs, io};

/// The fields of `/proc/PID/stat` that hinit needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Field 2; at most 15 bytes, and any byte may be in it.
    pub command: String,
    /// Field 3: `R`, `S`, `T` ...
    pub state: char,
    /// Field 4.
    pub parent: Pid,
    /// Field 5: its process group.
    pub group: Pid,
    /// Field 22, in ticks since boot.
    pub start_time: u64,
}

impl Stat {
    /// Whether it has ended: a zombie, or about to become one.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }

    /// Whether it is stopped by a signal, and not by a debugger (`t`).
    pub(crate) fn is_stopped(&self) -> bool {
        self.state == 'T'
    }

    /// The name in the second field may contain spaces and parentheses.
    fn parse(text: &str) -> Option<Self> {
        let (before, after) = text.rsplit_once(')')?;
        let (_, command) = before.split_once('(')?;
        let mut fields = after.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        let start_time = fields.nth(START_TIME - GROUP - 1)?.parse().ok()?;
        Some(Self { command: command.to_owned(), state, parent, group, start_time })
    }
}

/// Field numbers of the manual page.
const GROUP: usize = 5;
const START_TIME: usize = 22;

/// The `stat` of a process.
///
/// # Errors
/// There is no /proc, it hides this process (hidepid in proc(5)), or there is
/// no such process.
pub(crate) fn stat(pid: Pid) -> io::Result<Stat> {
    parse_file(&format!("/proc/{pid}/stat"))
}

/// hinit's own.
///
/// # Errors
/// There is no /proc.
pub(crate) fn own_stat() -> io::Result<Stat> {
    parse_file("/proc/self/stat")
}

fn parse_file(path: &str) -> io::Result<Stat> {
    Stat::parse(&text(path)?).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// A process can have a name that is not UTF-8 (prctl(2), `PR_SET_NAME`).
pub(super) fn text(path: &str) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}

/// The effective user of a process. The owner of its directory in /proc is no
/// substitute: that is root if the process is not dumpable.
pub(crate) fn effective_user(pid: Pid) -> Option<u32> {
    let status = text(&format!("/proc/{pid}/status")).ok()?;
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    users.split_whitespace().nth(1)?.parse().ok()
}

/// In bytes.
const SHOWN_COMMAND: usize = 60;

/// A process for a message: `pid 12 (node server.js)`, with the start of its command
/// line, or its name if it has none.
pub(crate) fn describe(pid: Pid) -> String {
    let line = text(&format!("/proc/{pid}/cmdline")).unwrap_or_default().replace('\0', " ");
    let command = match line.trim() {
        "" => stat(pid).map(|stat| stat.command).unwrap_or_default(),
        line => line.to_owned(),
    };
    if command.is_empty() {
        format!("pid {pid}")
    } else {
        format!("pid {pid} ({})", one_line(&command, SHOWN_COMMAND))
    }
}

/// The pids of all visible processes; none without /proc.
pub(crate) fn pids() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "3 7 7 0 -1 4194304 109 0 0 0 0 0 0 0 20 0 1 0 4711 2416640 96";

    #[test]
    fn parses_any_name() {
        for name in ["a", "a) S 9", "a b (c)", "", ")", "\u{fffd}"] {
            let stat = Stat::parse(&format!("7 ({name}) S {REST}")).unwrap();
            assert_eq!((&*stat.command, stat.state, stat.parent, stat.group), (name, 'S', 3, 7));
            assert_eq!(stat.start_time, 4711);
        }
    }

    #[test]
    fn tells_dead_and_stopped_processes() {
        let stat = |letter: &str| Stat::parse(&format!("7 (a) {letter} {REST}")).unwrap();
        assert!(stat("Z").is_dead() && stat("X").is_dead() && !stat("R").is_dead());
        assert!(stat("T").is_stopped() && !stat("t").is_stopped(), "a debugger's stop is none");
    }

    #[test]
    fn rejects_what_is_no_stat() {
        let cut = "7 (a) R 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 x";
        for text in ["", "7", "7 (a", "7 (a)", "7 (a) S", "7 (a) S x", "7 (a) S 3 7 7", "nonsense", cut] {
            assert_eq!(Stat::parse(text), None, "{text}");
        }
    }

    #[test]
    fn describes_a_process_by_its_command_line() {
        let own = super::super::process::own_pid();
        let first = std::env::args().next().unwrap();
        let shown = describe(own);
        assert!(shown.starts_with(&format!("pid {own} ({}", one_line(&first, SHOWN_COMMAND))), "{shown}");
        assert_eq!(describe(Pid::MAX), format!("pid {}", Pid::MAX));
    }

    #[test]
    fn reads_its_own_process() {
        let own = own_stat().unwrap();
        assert_eq!(own, Stat { state: own.state, ..stat(super::super::process::own_pid()).unwrap() });
        assert_eq!(own.parent, super::super::process::parent_pid());
        assert!(!own.is_dead() && !own.is_stopped());
    }
}
