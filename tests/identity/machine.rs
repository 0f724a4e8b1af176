//! What these tests need of the machine: root, mount namespaces, and hinit
//! started in many ways.

use crate::common::{HINIT, TempDir, is_root};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

/// Ends a test that this machine cannot run, saying why; in CI that is a
/// failure.
#[macro_export]
macro_rules! need {
    ($($tool:literal),*) => {
        if let Err(why) = $crate::machine::has(&[$($tool),*]) {
            return $crate::common::skip("the drop", &why);
        }
    };
}

/// Whether this is root, with these programs at hand.
pub fn has(tools: &[&str]) -> Result<(), String> {
    if !is_root() {
        return Err("not root, so nothing can be dropped".to_owned());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |tool: &&&str| !std::env::split_paths(&path).any(|directory| directory.join(tool).exists());
    match tools.iter().find(found) {
        Some(tool) => Err(format!("there is no {tool}")),
        None if tools.contains(&"unshare") && !can_unshare() => {
            Err("namespaces cannot be made here".to_owned())
        }
        None => Ok(()),
    }
}

fn can_unshare() -> bool {
    Command::new("unshare").args(["--mount", "true"]).output().is_ok_and(|output| output.status.success())
}

/// hinit started as somebody else than root: a copy, since the build directory
/// may be closed to others. Another process makes it: were it open for writing
/// here while another test forks, its exec would say ETXTBSY.
pub fn started_as(scratch: &TempDir, uid: u32, gid: u32) -> Command {
    let copy = scratch.path().join("hinit");
    std::fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let made = Command::new("install").args(["-m", "755"]).args([Path::new(HINIT), &copy]).status().unwrap();
    assert!(made.success());
    let mut command = plain(Command::new(copy));
    command.uid(uid).gid(gid);
    command
}

/// hinit with an environment of its own and no standard input.
pub fn command() -> Command {
    plain(Command::new(HINIT))
}

/// hinit run by a shell script in a new mount namespace, to which `"$@"` is
/// hinit and `$0` is `directory`.
pub fn after(script: &str, directory: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-ec", script]);
    command.arg(directory).arg(HINIT);
    plain(command)
}

fn plain(mut command: Command) -> Command {
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/root");
    command.stdin(std::process::Stdio::null());
    command
}

/// hinit in an image with these /etc/passwd and /etc/group.
pub fn image(scratch: &TempDir, passwd: &str, group: &str) -> Command {
    scratch.file("passwd", passwd);
    scratch.file("group", group);
    after("mount --bind $0/passwd /etc/passwd; mount --bind $0/group /etc/group; exec \"$@\"", scratch.path())
}

/// Runs it with these words, waiting for its end.
pub fn run(mut command: Command, words: &[&str]) -> Output {
    command.args(words).output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The fields of /proc/PID/status that tell who a process is.
#[derive(Debug, Clone)]
pub struct Status(String);

impl Status {
    /// What the app wrote, having been told to show its own.
    #[track_caller]
    pub fn of(output: &Output) -> Self {
        assert!(output.status.success(), "{output:?}");
        Self(stdout(output))
    }

    /// The words of one field.
    #[track_caller]
    pub fn field(&self, name: &str) -> Vec<&str> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.0)).split_whitespace().collect()
    }

    /// A field that is one hexadecimal mask.
    #[track_caller]
    pub fn mask(&self, name: &str) -> u64 {
        u64::from_str_radix(self.field(name)[0], 16).unwrap()
    }

    #[track_caller]
    pub fn assert_ids(&self, uid: &str, gid: &str, groups: &[&str]) {
        assert_eq!(self.field("Uid"), [uid; 4]);
        assert_eq!(self.field("Gid"), [gid; 4]);
        assert_eq!(self.field("Groups"), groups);
    }

    #[track_caller]
    pub fn assert_no_capability(&self) {
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            assert_eq!(self.mask(set), 0, "{set}");
        }
    }
}
