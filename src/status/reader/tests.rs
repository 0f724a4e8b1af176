use super::*;
use crate::health::Status;
use crate::phase::Phase;
use crate::status::document::{Document, Health};
use std::fs;
use std::process::{Child, Command};

fn locations(files: [&Path; 3]) -> Locations {
    let [requested, others @ ..] = files;
    Locations { requested: Some(requested.to_path_buf()), others: others.map(Path::to_path_buf).into() }
}

fn write(path: &Path, pid: u32) {
    let pid = pid.try_into().unwrap();
    let start_time = procfs::stat(pid).ok().map(|stat| stat.start_time);
    let document = Document {
        supervisor: Supervisor { pid, start_time, ..this_process() },
        phase: Phase::Running,
        app_pid: None,
        restarts: 0,
        health: Health { status: Status::None, streak: 0, log: vec![] },
        next_check: None,
        result_due: None,
        early_reason: None,
        end: None,
    };
    fs::write(path, document.to_json()).unwrap();
}

/// Processes of this user that stand for several hinits.
struct Sleeping([Child; 2]);

impl Sleeping {
    fn start() -> Self {
        Self(["600", "601"].map(|time| Command::new("sleep").arg(time).spawn().unwrap()))
    }

    fn pids(&self) -> [u32; 2] {
        self.0.each_ref().map(Child::id)
    }
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn two_hinits_are_named_unless_one_is_requested_or_pid_1() {
    let directory = std::env::temp_dir().join(format!("hinit-reader-two-{}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    let [requested, first, second] = ["requested", "first", "second"].map(|name| directory.join(name));
    let sleeping = Sleeping::start();
    let [one, two] = sleeping.pids();
    write(&first, one);
    write(&second, two);
    let read = || {
        let found = read(&locations([&requested, &first, &second]));
        found.map(|found| found.document.supervisor.pid.cast_unsigned())
    };
    let why = read().unwrap_err();
    for part in [format!("pid {one} ("), format!("pid {two} ("), second.display().to_string()] {
        assert!(why.contains(&part), "{why}");
    }
    assert!(why.ends_with("write --status-file with the file of one"), "{why}");
    write(&requested, two);
    assert_eq!(read(), Ok(two));
    fs::remove_file(&requested).unwrap();
    if process::own_user() == 0 {
        write(&second, 1);
        assert_eq!(read(), Ok(1));
    }
    write(&second, one);
    assert_eq!(read(), Ok(one), "one hinit is no two");
    fs::remove_dir_all(&directory).unwrap();
}
