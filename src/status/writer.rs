//! Keeps the status document and the ready file up to date.

use super::document::{Document, Supervisor};
use super::file::{StatusFile, Unusable, check_replaceable};
use super::locations::default_locations;
use super::reader;
use super::wall_clock::WallClock;
use crate::health::Status;
use crate::health::schedule::Schedule;
use crate::phase::Phase;
use crate::sys::{Pid, clock, process};
use log::{Level, info, log, warn};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a document says beside the health itself.
#[derive(Debug, Clone, Copy)]
pub struct AppState {
    /// Where in its life the app is.
    pub phase: Phase,
    /// The app's pid, while it has one.
    pub pid: Option<Pid>,
    /// How often it has been started again.
    pub restarts: u32,
    /// Whether checks are configured that have not begun: there is no schedule
    /// before the app is started.
    pub is_unchecked: bool,
}

/// The document's file, and what is written to it.
#[derive(Debug)]
pub struct StatusWriter {
    /// `--status-file`.
    requested: Option<PathBuf>,
    file: Option<StatusFile>,
    ready_file: Option<ReadyFile>,
    failed: bool,
    /// Looked up in /proc when it is first told: the app is started by then.
    supervisor: Option<Supervisor>,
    clock: WallClock,
}

impl StatusWriter {
    /// Nothing is written yet: that is done when there is something to tell.
    pub fn new(requested: Option<&Path>, ready_file: Option<&Path>) -> Self {
        Self {
            requested: requested.map(Path::to_path_buf),
            file: None,
            ready_file: ready_file.map(ReadyFile::new),
            failed: false,
            supervisor: None,
            clock: WallClock::new(clock::now(), SystemTime::now()),
        }
    }

    /// Writes the document anew. What goes wrong is said once: a status that
    /// cannot be told must not stop the app.
    pub fn publish(&mut self, app: AppState, schedule: Option<&Schedule>) {
        self.clock.sync(clock::now(), SystemTime::now());
        let supervisor = *self.supervisor.get_or_insert_with(reader::own_name);
        let health = Document::new(supervisor, app.phase, schedule, &self.clock);
        let mut document = Document { app_pid: app.pid, restarts: app.restarts, ..health };
        if app.is_unchecked {
            document.health.status = Status::Starting;
        }
        if let Some(file) = &mut self.ready_file {
            file.show(is_ready(&document));
        }
        match self.file.take() {
            Some(file) => self.rewrite(file, &document),
            None if !self.failed => self.create(&document),
            None => {}
        }
    }

    fn create(&mut self, document: &Document) {
        let (file, unusable) = StatusFile::create(self.requested.as_deref(), &default_locations(), document);
        match (&file, unusable.first()) {
            (Some(file), Some(first)) if self.requested.is_some() => warn_moved(first, file.path()),
            (Some(_), _) => {}
            (None, _) => warn_no_location(&unusable, document.health.status),
        }
        self.failed = file.is_none();
        self.file = file;
    }

    fn rewrite(&mut self, mut file: StatusFile, document: &Document) {
        let written = file.write(document);
        match &written {
            Ok(()) if self.failed => info!("the status is written to {} again", file.path().display()),
            Err(error) if !self.failed => {
                warn!("cannot write the status to {}: {error}", file.path().display());
            }
            _ => {}
        }
        self.failed = written.is_err();
        self.file = Some(file);
    }

    /// Removes the document and the ready file, when hinit ends.
    pub fn remove(&mut self) {
        if let Some(file) = &mut self.ready_file {
            file.show(false);
        }
        if let Some(file) = self.file.take() {
            file.remove();
        }
    }
}

/// Two containers with one file on a volume they share are found out here.
fn warn_moved((requested, error): &Unusable, used: &Path) {
    let (requested, used) = (requested.display(), used.display());
    warn!(
        "--status-file {requested}: {error}; the status is in {used} instead, for 'hinit status' without it"
    );
}

fn warn_no_location(unusable: &[Unusable], status: Status) {
    let tried = unusable.iter().map(|(path, error)| format!("{}: {error}", path.display()));
    let tried = tried.collect::<Vec<_>>().join("; ");
    // Beside another hinit of this machine nobody asks for the status.
    let wanted = process::own_pid() == 1 || status != Status::None;
    let level = if wanted { Level::Warn } else { Level::Debug };
    log!(
        level,
        "'hinit status' will find nothing, no place for it can be written: {tried}; mount a tmpfs on /run, or write --status-file PATH"
    );
}

/// Fit for use: it runs, nobody asked it to stop, and no check says otherwise.
fn is_ready(document: &Document) -> bool {
    document.phase == Phase::Running && matches!(document.health.status, Status::Healthy | Status::None)
}

/// An empty file for those that can only look whether a file is there.
#[derive(Debug)]
struct ReadyFile {
    path: PathBuf,
    /// None before anything has been done: an old one may lie there.
    shown: Option<bool>,
    failed: bool,
}

impl ReadyFile {
    fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), shown: None, failed: false }
    }

    /// Made again if somebody took it away, and tried again if it failed; what
    /// goes wrong is said once.
    fn show(&mut self, ready: bool) {
        if !ready && self.shown == Some(false) {
            return;
        }
        let done = if ready { self.make() } else { self.remove() };
        self.shown = done.is_ok().then_some(ready);
        if let Err(error) = &done
            && !self.failed
        {
            let path = self.path.display();
            warn!("--ready-file {path}: {error}; write the path of a file that the app's user may make");
        }
        self.failed = done.is_err();
    }

    /// Whatever has that name is never opened: a FIFO would make PID 1 wait for
    /// a reader, and a link would lead it to another file.
    fn make(&self) -> io::Result<()> {
        let is_there = fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.is_file());
        if is_there && self.shown == Some(true) {
            return Ok(());
        }
        self.remove()?;
        File::create_new(&self.path).map(drop)
    }

    fn remove(&self) -> io::Result<()> {
        check_replaceable(&self.path)?;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
