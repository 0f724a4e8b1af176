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

/// The state of the app beside its health.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppState {
    /// The phase of the app's life.
    pub phase: Phase,
    /// The app's pid, while it has one.
    pub pid: Option<Pid>,
    /// How often it has been started again.
    pub restarts: u32,
    /// Whether checks are configured but have not begun: there is no schedule
    /// before the app is started.
    pub is_unchecked: bool,
}

/// The document's file, and what is written to it.
#[derive(Debug)]
pub(crate) struct StatusWriter {
    /// `--status-file`.
    requested: Option<PathBuf>,
    file: Option<StatusFile>,
    ready_file: Option<ReadyFile>,
    failed: bool,
    /// Read from /proc for the first document, so that the start is not delayed.
    supervisor: Option<Supervisor>,
    clock: WallClock,
}

impl StatusWriter {
    /// Nothing is written before the first [`Self::publish`].
    pub(crate) fn new(requested: Option<&Path>, ready_file: Option<&Path>) -> Self {
        Self {
            requested: requested.map(Path::to_path_buf),
            file: None,
            ready_file: ready_file.map(ReadyFile::new),
            failed: false,
            supervisor: None,
            clock: WallClock::new(clock::now(), SystemTime::now()),
        }
    }

    /// Writes the document. A failure is logged once and does not stop the app.
    pub(crate) fn publish(&mut self, app: AppState, schedule: Option<&Schedule>) {
        let document = self.document(app, schedule);
        if let Some(file) = &mut self.ready_file {
            file.show(is_ready(&document));
        }
        match self.file.take() {
            Some(file) => self.rewrite(file, &document),
            None if !self.failed => self.create(&document),
            None => {}
        }
    }

    fn document(&mut self, app: AppState, schedule: Option<&Schedule>) -> Document {
        self.clock.sync(clock::now(), SystemTime::now());
        let supervisor = *self.supervisor.get_or_insert_with(reader::this_process);
        let health = Document::new(supervisor, app.phase, schedule, &self.clock);
        let mut document = Document { app_pid: app.pid, restarts: app.restarts, ..health };
        if app.is_unchecked {
            document.health.status = Status::Starting;
        }
        document
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
            Ok(()) if self.failed => info!("writing the status to {} works again", file.path().display()),
            Err(error) if !self.failed => {
                warn!("cannot write the status to {}: {error}", file.path().display());
            }
            _ => {}
        }
        self.failed = written.is_err();
        self.file = Some(file);
    }

    /// Removes the document and the ready file, when hinit ends. A reader that waits
    /// gets the `end` of the app, in words.
    pub(crate) fn finish(&mut self, app: AppState, schedule: Option<&Schedule>, end: String) {
        if let Some(file) = &mut self.ready_file {
            file.show(false);
        }
        if let Some(mut file) = self.file.take() {
            file.finish(&Document { end: Some(end), ..self.document(app, schedule) });
        }
    }
}

/// For example if two containers share a volume and use the same file.
fn warn_moved((requested, error): &Unusable, used: &Path) {
    let (requested, used) = (requested.display(), used.display());
    warn!(
        "--status-file {requested}: {error}; the status is in {used} instead, where 'hinit status' finds it without the option"
    );
}

fn warn_no_location(unusable: &[Unusable], status: Status) {
    let tried = unusable.iter().map(|(path, error)| format!("{}: {error}", path.display()));
    let tried = tried.collect::<Vec<_>>().join("; ");
    // Not worth a warning when hinit is not PID 1 and no check is configured.
    let wanted = process::own_pid() == 1 || status != Status::None;
    let level = if wanted { Level::Warn } else { Level::Debug };
    log!(
        level,
        "cannot write the status for 'hinit status': {tried}; mount a tmpfs on /run/hinit or /tmp, or write --status-file PATH"
    );
}

/// Whether the app is ready: it runs, is not stopping, and is healthy or has no
/// check.
fn is_ready(document: &Document) -> bool {
    document.phase == Phase::Running && matches!(document.health.status, Status::Healthy | Status::None)
}

/// `--ready-file`: an empty file, for programs that can only check whether a file
/// exists.
#[derive(Debug)]
struct ReadyFile {
    path: PathBuf,
    /// Whether it exists; none if unknown, since an old one may be there.
    shown: Option<bool>,
    failed: bool,
}

impl ReadyFile {
    fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), shown: None, failed: false }
    }

    /// Creates or removes the file. It is created again if it was removed, and a
    /// failure is retried but logged once.
    fn show(&mut self, ready: bool) {
        if !ready && self.shown == Some(false) {
            return;
        }
        let done = if ready { self.create() } else { self.remove() };
        self.shown = done.is_ok().then_some(ready);
        if let Err(error) = &done
            && !self.failed
        {
            let path = self.path.display();
            warn!("--ready-file {path}: {error}; write the path of a file that the app's user may create");
        }
        self.failed = done.is_err();
    }

    /// An existing file is never opened: a FIFO would block PID 1, and a link would
    /// lead to another file.
    fn create(&self) -> io::Result<()> {
        let exists = fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.is_file());
        if exists && self.shown == Some(true) {
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
