use super::*;
use crate::health::Status;
use crate::phase::Phase;
use crate::signal::Signal;
use crate::status::document::{Entry, Health};
use crate::status::file::StatusFile;
use crate::sys::Pid;
use crate::sys::process::Side;
use crate::sys::signals;
use crate::sys::signals::Inherited;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use std::time::UNIX_EPOCH;

/// A directory of its own for one test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hinit-reader-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn create(locations: &[PathBuf], document: &Document) -> Option<StatusFile> {
    StatusFile::create(None, locations, document).0
}

fn document_of(supervisor: Supervisor) -> Document {
    Document {
        supervisor,
        phase: Phase::Running,
        app_pid: None,
        restarts: 0,
        health: Health { status: Status::None, streak: 0, log: vec![] },
        next_check: None,
        result_due: None,
        early_reason: None,
    }
}

/// Reaped, so that it is not even a zombie.
fn pid_of_a_process_that_is_gone() -> Pid {
    let mut child = Command::new("true").spawn().unwrap();
    let pid = child.id().try_into().unwrap();
    child.wait().unwrap();
    pid
}

#[test]
fn writes_to_the_first_writable_location() {
    let directory = Directory::new("settles");
    let locations =
        [directory.file("no/such/directory.json"), directory.file("a.json"), directory.file("b.json")];
    let document = document_of(this_process());
    let file = create(&locations, &document).unwrap();
    assert_eq!(file.path(), directory.file("a.json"));
    assert_eq!(read(&locations), Ok(document));
    let mode = fs::metadata(file.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    file.remove();
    assert!(read(&locations).unwrap_err().contains("no status document found"));
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 0, "no file is left behind");
}

/// Documents of different lengths, so that a mixture of two would be detected.
fn nth(n: u32) -> Document {
    let reason = "x".repeat(n as usize % 7 * 4000);
    Document { restarts: n, early_reason: Some(reason), ..document_of(this_process()) }
}

#[test]
fn a_reader_sees_one_document_or_a_later_one_however_fast_they_are_written() {
    const LAST: u32 = 2000;
    let directory = Directory::new("fast");
    let path = directory.file("status.json");
    let mut file = create(std::slice::from_ref(&path), &nth(0)).unwrap();
    let reader = std::thread::spawn(move || {
        let mut seen = 0;
        while seen < LAST {
            let document = read(std::slice::from_ref(&path)).unwrap();
            assert_eq!(document, nth(document.restarts));
            assert!(document.restarts >= seen, "{} after {seen}", document.restarts);
            seen = document.restarts;
        }
    });
    (1..=LAST).for_each(|n| file.write(&nth(n)).unwrap());
    reader.join().unwrap();
    file.remove();
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 0, "no file is left behind");
}

#[test]
fn a_slow_reader_keeps_the_document_that_it_has_opened() {
    let directory = Directory::new("slow");
    let path = directory.file("status.json");
    let mut file = create(std::slice::from_ref(&path), &nth(0)).unwrap();
    let slow = open_to_read(&path).unwrap();
    (1..10).for_each(|n| file.write(&nth(n)).unwrap());
    assert_eq!(parse(slow).map(|document| document.restarts), Some(0));
    assert_eq!(read(&[path]), Ok(nth(9)));
}

#[test]
fn a_removed_document_comes_back() {
    let directory = Directory::new("away");
    let path = directory.file("status.json");
    let mut file = create(std::slice::from_ref(&path), &nth(0)).unwrap();
    for n in (1..30).step_by(3) {
        (n..n + 2).for_each(|n| file.write(&nth(n)).unwrap());
        for file in fs::read_dir(&directory.0).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
        file.write(&nth(n + 2)).unwrap();
        assert_eq!(read(std::slice::from_ref(&path)), Ok(nth(n + 2)));
    }
}

#[test]
fn a_foreign_file_at_its_path_is_replaced_and_not_written_to() {
    let directory = Directory::new("replaced");
    let path = directory.file("status.json");
    let mut file = create(std::slice::from_ref(&path), &nth(0)).unwrap();
    for name in ["status.json", ".status.json.new"] {
        (1..3).for_each(|n| file.write(&nth(n)).unwrap());
        fs::write(directory.file("foreign"), "foreign").unwrap();
        let _ = fs::remove_file(directory.file("its other name"));
        fs::hard_link(directory.file("foreign"), directory.file("its other name")).unwrap();
        fs::rename(directory.file("foreign"), directory.file(name)).unwrap();
        for n in 3..8 {
            file.write(&nth(n)).unwrap();
            assert_eq!(read(std::slice::from_ref(&path)), Ok(nth(n)));
        }
        let kept = fs::read_to_string(directory.file("its other name")).unwrap();
        assert_eq!(kept, "foreign", "it is never written to");
    }
    fs::remove_file(directory.file("its other name")).unwrap();
    file.remove();
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 0, "no file is left behind");
}

#[test]
fn a_name_held_by_another_user_does_not_stop_the_writing() {
    let directory = Directory::new("held");
    let path = directory.file("status.json");
    let mut file = create(std::slice::from_ref(&path), &nth(0)).unwrap();
    // Stands for another user's file in a directory with the sticky bit: it cannot
    // be removed like a file.
    fs::create_dir(directory.file(".status.json.new")).unwrap();
    for n in 1..8 {
        file.write(&nth(n)).unwrap();
        assert_eq!(read(std::slice::from_ref(&path)), Ok(nth(n)));
    }
    file.remove();
    fs::remove_dir(directory.file(".status.json.new")).unwrap();
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 0, "no other file is left behind");
}

#[test]
fn says_why_no_location_can_be_used() {
    let directory = Directory::new("nowhere");
    let locations = [directory.file("no/such.json")];
    let (_, refusals) = StatusFile::create(None, &locations, &document_of(this_process()));
    assert_eq!(refusals[0].1.kind(), ErrorKind::NotFound);
}

#[test]
fn follows_no_planted_link() {
    let directory = Directory::new("link");
    let (victim, path) = (directory.file("victim"), directory.file("status.json"));
    fs::write(&victim, "untouched").unwrap();
    symlink(&victim, &path).unwrap();
    symlink(&victim, directory.file(".status.json.new")).unwrap();
    assert!(read(std::slice::from_ref(&path)).is_err());
    let document = document_of(this_process());
    create(std::slice::from_ref(&path), &document).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    assert_eq!(read(std::slice::from_ref(&path)), Ok(document));
    let link = directory.file("link.json");
    symlink(&path, &link).unwrap();
    assert!(read(&[link]).unwrap_err().contains("symbolic link"), "not to a good document either");
}

#[test]
fn does_not_take_the_location_of_another_living_hinit() {
    let directory = Directory::new("other");
    let mut child = Command::new("sleep").arg("600").spawn().unwrap();
    let pid: Pid = child.id().try_into().unwrap();
    let other =
        Supervisor { pid, start_time: procfs::stat(pid).ok().map(|stat| stat.start_time), ..this_process() };
    let (first, second) = (directory.file("a.json"), directory.file("b.json"));
    create(std::slice::from_ref(&first), &document_of(other)).unwrap();
    let file = create(&[first.clone(), second.clone()], &document_of(this_process())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(file.path(), second);
    let file = create(&[first.clone(), second], &document_of(this_process())).unwrap();
    assert_eq!(file.path(), first, "the location of a dead one is free");
}

/// In another pid namespace the pid says nothing; the lock does.
#[test]
fn does_not_take_the_shared_file_of_another_container_while_that_lives() {
    // Written once, and after several exchanges of the two files.
    [0, 5].into_iter().for_each(does_not_take_a_shared_file_after_rewrites);
}

fn does_not_take_a_shared_file_after_rewrites(times: u32) {
    let directory = Directory::new("shared");
    let (shared, own) = (directory.file("shared.json"), directory.file("own.json"));
    let other = Supervisor { namespace: Some(1), ..this_process() };
    let Side::Parent(theirs) = Inherited::of_a_test().fork().unwrap() else {
        let mut file = StatusFile::create(Some(&shared), &[], &document_of(other)).0.unwrap();
        (1..=times).for_each(|restarts| file.write(&Document { restarts, ..document_of(other) }).unwrap());
        // Killed by its parent; else the test is over and failed.
        std::thread::sleep(std::time::Duration::from_secs(60));
        process::leave(0)
    };
    let begin = std::time::Instant::now();
    let last = format!(r#""RestartCount": {times},"#);
    while !fs::read_to_string(&shared).is_ok_and(|text| text.contains(&last)) {
        assert!(begin.elapsed().as_secs() < 60, "the other one does not write");
    }
    let elsewhere = "it belongs to a hinit in another container";
    assert!(read(std::slice::from_ref(&shared)).unwrap_err().ends_with(elsewhere));
    let create =
        || StatusFile::create(Some(&shared), std::slice::from_ref(&own), &document_of(this_process()));
    let (file, refusals) = create();
    assert_eq!(file.unwrap().path(), own);
    assert_eq!(refusals[0].1.to_string(), "the hinit of another container writes there");
    signals::send(theirs, Signal::KILL).unwrap();
    process::wait_for(theirs);
    assert_eq!(create().0.unwrap().path(), shared, "the file of a dead one is free");
}

#[test]
fn trusts_no_document_whose_writer_is_gone() {
    let directory = Directory::new("gone");
    let path = directory.file("status.json");
    let gone = Supervisor { pid: pid_of_a_process_that_is_gone(), start_time: Some(1), ..this_process() };
    let reused = Supervisor { pid: process::own_pid(), start_time: Some(1), ..this_process() };
    for supervisor in [gone, reused] {
        fs::write(&path, document_of(supervisor).to_json()).unwrap();
        let why = read(std::slice::from_ref(&path)).unwrap_err();
        assert!(why.ends_with(&format!("(pid {}) is gone", supervisor.pid)), "{why}");
    }
}

#[test]
fn trusts_no_document_of_another_user() {
    if process::own_user() != ROOT {
        return crate::skipped::skip("a document of another user", "only root can give a file away");
    }
    let directory = Directory::new("forged");
    let path = directory.file("status.json");
    fs::write(&path, document_of(this_process()).to_json()).unwrap();
    std::os::unix::fs::chown(&path, Some(10_001), None).unwrap();
    let why = read(std::slice::from_ref(&path)).unwrap_err();
    assert!(why.contains("belongs to user 10001"), "{why}");
}

#[test]
fn reads_the_longest_possible_document() {
    let directory = Directory::new("longest");
    let path = directory.file("status.json");
    let output = "\u{1}".repeat(4096) + "...";
    let entry = Entry { start: UNIX_EPOCH, end: UNIX_EPOCH, exit_code: 1, output: output.clone() };
    let health = Health { status: Status::Unhealthy, streak: 5, log: vec![entry; 5] };
    let document = Document { health, early_reason: Some(output), ..document_of(this_process()) };
    fs::write(&path, document.to_json()).unwrap();
    assert_eq!(read(&[path]), Ok(document));
}

#[test]
fn skips_files_that_are_not_documents() {
    let directory = Directory::new("junk");
    let (junk, long, good) = (directory.file("junk"), directory.file("long"), directory.file("good"));
    fs::write(&junk, "{").unwrap();
    fs::write(&long, vec![b' '; 300 * 1024]).unwrap();
    let document = document_of(this_process());
    fs::write(&good, document.to_json()).unwrap();
    let why = read(&[junk.clone(), long.clone()]).unwrap_err();
    assert!(why.ends_with("junk: it is not a status document"), "{why}");
    assert!(read(std::slice::from_ref(&directory.0)).unwrap_err().contains("not a regular file"));
    assert_eq!(read(&[junk, long, good]), Ok(document));
}
