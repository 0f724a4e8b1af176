//! Control groups of cgroup v1, as a container engine makes them: limits on
//! processes and memory, and the freezer. Needs root.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A group of one controller, removed when dropped.
#[derive(Debug)]
pub struct Cgroup(PathBuf);

impl Cgroup {
    /// A new group, or why there can be none.
    pub fn new(controller: &str) -> Result<Self, String> {
        let mount = Path::new("/sys/fs/cgroup").join(controller);
        if !super::is_root() {
            return Err("only root can make control groups".to_owned());
        }
        if !mount.join("cgroup.procs").exists() {
            return Err(format!("{} is no cgroup v1 hierarchy", mount.display()));
        }
        let path = mount.join(super::unique_name("cgroup"));
        fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// Sets a limit or a state.
    pub fn set(&self, file: &str, value: &str) -> &Self {
        fs::write(self.0.join(file), value)
            .unwrap_or_else(|error| panic!("{}/{file}: {value}: {error}", self.0.display()));
        self
    }

    pub fn get(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).expect("a file of the group").trim().to_owned()
    }

    /// The pids in it, as the tests see them.
    pub fn pids(&self) -> Vec<i32> {
        self.get("cgroup.procs").lines().filter_map(|pid| pid.parse().ok()).collect()
    }

    /// A shell command by which a process puts itself in.
    pub fn join_command(&self) -> String {
        format!("echo 0 > {}", self.0.join("cgroup.procs").display())
    }

    /// Puts a process in, and with it what it forks from then on.
    pub fn add(&self, pid: i32) -> &Self {
        self.set("cgroup.procs", &pid.to_string())
    }

    /// Puts the new process in, before the exec.
    pub fn joining(&self) -> impl FnMut() -> io::Result<()> + Send + Sync + 'static {
        let mut path = self.0.join("cgroup.procs").as_os_str().as_bytes().to_vec();
        path.push(0);
        move || {
            // SAFETY: system calls only; the path ends with a NUL.
            unsafe {
                let file = libc::open(path.as_ptr().cast(), libc::O_WRONLY | libc::O_CLOEXEC);
                let done = libc::write(file, b"0".as_ptr().cast(), 1);
                if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
            }
        }
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Busy until the kernel has taken the last process out.
        let start = std::time::Instant::now();
        while fs::remove_dir(&self.0).is_err() && self.0.exists() && start.elapsed() < super::LIMIT / 6 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}
