//! Detects that the kernel's OOM killer ended the app. Exit code 137 alone does
//! not say so.
//!
//! The kernel counts these kills for each cgroup: `oom_kill` in `memory.events`
//! (cgroup v2) or in `memory.oom_control` (v1, since Linux 4.13). It raises the
//! count before it sends the signal. hinit reads the count after the app was
//! started, so that no start is delayed, and again if the app was killed by a
//! SIGKILL that hinit did not send.

use crate::signal::Signal;
use crate::sys::process::Ending;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const MOUNT: &str = "/sys/fs/cgroup";

/// The count of the cgroup that hinit and the app are in.
#[derive(Debug, Default)]
pub(super) struct OomMonitor {
    /// None if no such file can be read: then no kill is reported.
    count: Option<Count>,
    killed_by_hinit: bool,
}

#[derive(Debug)]
struct Count {
    file: PathBuf,
    kills: u64,
}

impl OomMonitor {
    /// Reads the count that later ones are compared with.
    pub(super) fn start(&mut self) {
        let own = read_page(Path::new("/proc/self/cgroup"));
        self.count = candidates(&own.unwrap_or_default()).into_iter().find_map(Count::read);
    }

    /// A new life of the app: no signal has been sent to it.
    pub(super) fn app_started(&mut self) {
        self.killed_by_hinit = false;
    }

    /// hinit sends this signal to the app.
    pub(super) fn signal_sent(&mut self, signal: Signal) {
        self.killed_by_hinit |= signal == Signal::KILL;
    }

    /// Whether the OOM killer ended the app.
    pub(super) fn killed_app(&mut self, ending: Ending) -> bool {
        let killed = matches!(ending, Ending::Killed { signal: Signal::KILL, .. });
        killed && !self.killed_by_hinit && self.count.as_mut().is_some_and(Count::has_grown)
    }
}

impl Count {
    fn read(file: PathBuf) -> Option<Self> {
        let kills = kills_in(&file)?;
        Some(Self { file, kills })
    }

    fn has_grown(&mut self) -> bool {
        let before = self.kills;
        self.kills = kills_in(&self.file).unwrap_or(before);
        self.kills > before
    }
}

fn kills_in(file: &Path) -> Option<u64> {
    parse_kills(&read_page(file)?)
}

/// One page is enough for each of these files, and one read returns it.
fn read_page(file: &Path) -> Option<String> {
    let mut page = [0; 4096];
    let length = File::open(file).and_then(|mut file| file.read(&mut page)).ok()?;
    Some(String::from_utf8_lossy(&page[..length]).into_owned())
}

/// Both versions have lines of `name value`.
fn parse_kills(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

/// The files that may hold the count, the likeliest first, for the content of
/// /proc/self/cgroup.
///
/// In a container the mount itself is its cgroup, whatever path /proc shows;
/// elsewhere the cgroup is below the mount.
fn candidates(own: &str) -> Vec<PathBuf> {
    let v1 = own.lines().find_map(|line| controllers(line).filter(|(names, _)| has_memory(names)));
    let v2 = own.lines().find_map(|line| controllers(line).filter(|(names, _)| names.is_empty()));
    let below = |directory: &str, group: Option<(&str, &str)>, file: &str| {
        let directory = Path::new(MOUNT).join(directory);
        let own = group.map(|(_, path)| directory.join(path.trim_start_matches('/')).join(file));
        [own, Some(directory.join(file))].into_iter().flatten()
    };
    below("memory", v1, "memory.oom_control").chain(below("", v2, "memory.events")).collect()
}

/// The controllers and the path of `4:memory:/docker/abc`.
fn controllers(line: &str) -> Option<(&str, &str)> {
    line.split_once(':')?.1.split_once(':')
}

fn has_memory(names: &str) -> bool {
    names.split(',').any(|name| name == "memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn reads_the_count_of_both_versions() {
        let table = [
            ("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n", Some(2)),
            ("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n", Some(7)),
            ("oom_kill_disable 0\nunder_oom 0\n", None),
            ("oom_kill x\n", None),
            ("", None),
        ];
        for (text, kills) in table {
            assert_eq!(parse_kills(text), kills, "{text}");
        }
    }

    #[test]
    fn looks_in_its_own_cgroup_and_then_in_the_container_s() {
        let table: [(&str, &[&str]); 4] = [
            (
                "4:cpu,cpuacct:/a\n3:memory:/docker/abc\n0::/x\n",
                &[
                    "/sys/fs/cgroup/memory/docker/abc/memory.oom_control",
                    "/sys/fs/cgroup/memory/memory.oom_control",
                    "/sys/fs/cgroup/x/memory.events",
                    "/sys/fs/cgroup/memory.events",
                ],
            ),
            (
                "0::/user.slice/a:b\n",
                &[
                    "/sys/fs/cgroup/memory/memory.oom_control",
                    "/sys/fs/cgroup/user.slice/a:b/memory.events",
                    "/sys/fs/cgroup/memory.events",
                ],
            ),
            (
                "0::/\n",
                &[
                    "/sys/fs/cgroup/memory/memory.oom_control",
                    "/sys/fs/cgroup/memory.events",
                    "/sys/fs/cgroup/memory.events",
                ],
            ),
            ("", &["/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events"]),
        ];
        for (own, wanted) in table {
            assert_eq!(candidates(own), wanted.iter().map(PathBuf::from).collect::<Vec<_>>(), "{own}");
        }
    }

    #[test]
    fn blames_memory_only_if_the_count_grew_and_hinit_sent_no_kill() {
        let directory = std::env::temp_dir().join(format!("hinit-oom-{}", std::process::id()));
        let set = |kills: u64| fs::write(&directory, format!("oom_kill {kills}\n")).unwrap();
        let killed = Ending::Killed { signal: Signal::KILL, core: false };
        set(3);
        let mut monitor = OomMonitor { count: Count::read(directory.clone()), killed_by_hinit: false };
        assert!(!monitor.killed_app(killed));
        set(4);
        assert!(!monitor.killed_app(Ending::Exited(137)));
        assert!(monitor.killed_app(killed));
        assert!(!monitor.killed_app(killed), "once for each kill");
        set(5);
        monitor.signal_sent(Signal::KILL);
        assert!(!monitor.killed_app(killed));
        monitor.app_started();
        assert!(monitor.killed_app(killed));
        fs::remove_file(&directory).unwrap();
        assert!(!monitor.killed_app(killed));
        assert!(!OomMonitor::default().killed_app(killed));
    }
}
