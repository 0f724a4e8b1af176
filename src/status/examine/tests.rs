use super::*;
use crate::health::Status;
use crate::phase::Phase;
use crate::signal::Signal;
use crate::status::document::{Entry, Health};
use crate::status::file::StatusFile;
use crate::status::locations::Locations;
use crate::status::reader::{self, this_process};
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

/// The document of one requested file, or of one of several default locations.
fn read(locations: &[PathBuf]) -> Result<Document, String> {
    let locations = match locations {
        [only] => Locations::only(only.clone()),
        _ => Locations { requested: None, others: locations.to_vec() },
    };
    reader::read(&locations).map(|found| found.document)
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
        end: None,
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
    let (slow, _) = open_to_read(&path).unwrap();
    (1..10).for_each(|n| file.write(&nth(n)).unwrap());
    assert_eq!(parse(&slow).map(|document| document.restarts), Some(0));
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
    // The kernel shows who has claimed it; of another container it shows pid 0.
    assert_eq!(refusals[0].1.to_string(), format!("the hinit with pid {theirs} writes there"));
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
    assert!(why.starts_with("no status document found") && why.contains("junk: it is not a"), "{why}");
    let why = read(std::slice::from_ref(&junk)).unwrap_err();
    assert!(why.ends_with("junk: it is not a status document"), "{why}");
    assert!(read(std::slice::from_ref(&directory.0)).unwrap_err().contains("not a regular file"));
    assert_eq!(read(&[junk, long, good]), Ok(document));
}

/// A process of its own that writes documents, until it is killed.
struct Writer {
    pid: Pid,
}

impl Writer {
    /// Writes `document` to `path` in the name of `supervisor` with its own pid.
    fn start(path: &Path, supervisor: impl Fn(Supervisor) -> Supervisor, user: u32) -> Self {
        let Side::Parent(pid) = Inherited::of_a_test().fork().unwrap() else {
            let done = std::os::unix::fs::chown(path.parent().unwrap(), Some(user), None).is_ok()
                && (user == process::own_user()
                    || nix::unistd::setresuid(user.into(), user.into(), user.into()).is_ok());
            let document = document_of(supervisor(this_process()));
            let file = StatusFile::create(Some(path), &[], &document).0.filter(|_| done);
            // Killed by its parent; else the test is over and failed.
            if file.is_some() {
                std::thread::sleep(std::time::Duration::from_secs(60));
            }
            process::leave(0)
        };
        let begin = std::time::Instant::now();
        while !open(path).is_ok_and(|file| files::claimant(&file) == Some(pid)) {
            assert!(begin.elapsed().as_secs() < 50, "nothing is written");
        }
        Self { pid }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = signals::send(self.pid, Signal::KILL);
        process::wait_for(self.pid);
    }
}

/// gVisor gives a namespace another inode at each look, and qemu-user makes up the
/// start time of the process that looks at itself.
#[test]
fn the_claim_decides_where_namespaces_and_start_times_are_made_up() {
    let directory = Directory::new("made-up");
    let path = directory.file("status.json");
    let namespaced = |own: Supervisor| Supervisor { namespace: Some(247), ..own };
    let early = |own: Supervisor| Supervisor { start_time: own.start_time.map(|ticks| ticks - 3), ..own };
    let late = |own: Supervisor| Supervisor { start_time: own.start_time.map(|ticks| ticks + 1), ..own };
    let made_up: [&dyn Fn(Supervisor) -> Supervisor; 3] = [&namespaced, &early, &late];
    for supervisor in made_up {
        let writer = Writer::start(&path, supervisor, process::own_user());
        let document = read(std::slice::from_ref(&path)).unwrap();
        assert_eq!(document.supervisor.pid, writer.pid);
        drop(writer);
        let why = read(std::slice::from_ref(&path)).unwrap_err();
        assert!(why.contains("another container") || why.contains("is gone"), "{why}");
    }
}

#[test]
fn a_claim_of_another_process_than_the_document_names_decides_nothing() {
    let directory = Directory::new("claim");
    let path = directory.file("status.json");
    let other = |own: Supervisor| Supervisor { pid: process::parent_pid(), start_time: Some(1), ..own };
    let _writer = Writer::start(&path, other, process::own_user());
    assert!(read(&[path]).unwrap_err().ends_with("is gone"));
}

/// A directory that any user may write to, as /tmp and /dev/shm are.
fn shared(name: &str, mode: u32) -> Directory {
    let directory = Directory::new(name);
    fs::set_permissions(&directory.0, fs::Permissions::from_mode(mode)).unwrap();
    directory
}

/// What any user of the machine can do: be alive, and name itself as hinit.
#[test]
fn a_living_process_of_another_user_says_nothing_to_root_from_a_shared_directory() {
    if process::own_user() != ROOT {
        return crate::skipped::skip("a document of another user", "only root can become another user");
    }
    let directory = shared("lie", 0o1777);
    let path = directory.file("status.json");
    let writer = Writer::start(&path, |own| own, 10_001);
    let why = read(std::slice::from_ref(&path)).unwrap_err();
    assert!(why.contains("it belongs to user 10001") && why.contains(&writer.pid.to_string()), "{why}");
    let own = directory.file("own.json");
    fs::write(&own, document_of(this_process()).to_json()).unwrap();
    assert_eq!(read(&[path.clone(), own]), Ok(document_of(this_process())), "it is passed over");
    let why = read(&[path, directory.file("none.json")]).unwrap_err();
    assert!(why.starts_with("no status document found;") && why.contains("(ignored: "), "{why}");
}

/// Root has made /run/hinit for the user that hinit has become.
#[test]
fn a_directory_is_private_if_nobody_else_can_write_to_it_or_move_it() {
    if process::own_user() != ROOT {
        return crate::skipped::skip("a directory of another user", "only root can give one away");
    }
    let private = PathBuf::from(format!("/run/hinit-private-{}", std::process::id()));
    fs::create_dir(&private).unwrap();
    std::os::unix::fs::chown(&private, Some(10_001), None).unwrap();
    let file = private.join("status.json");
    assert!(is_private(&file, 10_001) && !is_private(&file, 10_002));
    fs::set_permissions(&private, fs::Permissions::from_mode(0o775)).unwrap();
    assert!(!is_private(&file, 10_001), "its group can write");
    fs::remove_dir(&private).unwrap();
    assert!(!is_private(&file, 10_001), "it does not exist");
    let below = shared("below", 0o755);
    std::os::unix::fs::chown(&below.0, Some(10_001), None).unwrap();
    assert!(!is_private(&below.file("status.json"), 10_001), "whoever can write to /tmp could have made it");
}

#[test]
fn a_reader_that_has_the_last_document_open_learns_the_end() {
    let directory = Directory::new("end");
    let path = directory.file("status.json");
    let mut file = create(std::slice::from_ref(&path), &nth(0)).unwrap();
    (1..4).for_each(|n| file.write(&nth(n)).unwrap());
    let older = reader::read(&Locations::only(path.clone())).unwrap();
    file.write(&nth(4)).unwrap();
    let newer = reader::read(&Locations::only(path)).unwrap();
    let end = Some("the app exited with code 3".to_owned());
    file.finish(&Document { end: end.clone(), phase: Phase::Exited, ..nth(0) });
    for found in [older, newer] {
        assert!(reader::read_next(&found).is_err());
        assert_eq!(reader::end_of(&found), end);
    }
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 0, "no file is left behind");
}
