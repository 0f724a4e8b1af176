//! Tells other processes how the app is: keeps the status document up to date.

use crate::health::Status;
use crate::health::document::{Document, State, Supervisor};
use crate::health::place::{Place, Refusal, known_places};
use crate::health::schedule::Schedule;
use crate::health::wall::WallClock;
use crate::health::witness;
use crate::sys::{Pid, clock, process};
use log::{Level, info, log, warn};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What is told beside the health itself.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Where in its life the app is.
    pub state: State,
    /// The app's pid, while it has one.
    pub app: Option<Pid>,
    /// How often it has been started again.
    pub restarts: u32,
}

/// The document and where it is.
#[derive(Debug)]
pub struct Publication {
    /// Where the document was asked to be.
    asked: Option<PathBuf>,
    place: Option<Place>,
    ready: Option<ReadyFile>,
    failed: bool,
    /// Looked up in /proc when it is first told: the app is started by then.
    supervisor: Option<Supervisor>,
    clock: WallClock,
}

impl Publication {
    /// Nothing is written yet: that is done when there is something to tell.
    pub fn new(asked: Option<&Path>, ready_file: Option<&Path>) -> Self {
        Self {
            asked: asked.map(Path::to_path_buf),
            place: None,
            ready: ready_file.map(ReadyFile::new),
            failed: false,
            supervisor: None,
            clock: WallClock::new(clock::now(), SystemTime::now()),
        }
    }

    /// Writes the document anew. What goes wrong is said once: a status that
    /// cannot be told must not stop the app.
    pub fn publish(&mut self, facts: Facts, schedule: Option<&Schedule>) {
        self.clock.sync(clock::now(), SystemTime::now());
        let supervisor = *self.supervisor.get_or_insert_with(witness::own_name);
        let health = Document::new(supervisor, facts.state, schedule, &self.clock);
        let document = Document { app_pid: facts.app, restarts: facts.restarts, ..health };
        if let Some(file) = &mut self.ready {
            file.show(is_ready(&document));
        }
        match self.place.take() {
            Some(place) => self.rewrite(place, &document),
            None if !self.failed => self.settle(&document),
            None => {}
        }
    }

    fn settle(&mut self, document: &Document) {
        let (place, refusals) = Place::settle(self.asked.as_deref(), &known_places(), document);
        match (&place, refusals.first()) {
            (Some(place), Some(refusal)) if self.asked.is_some() => say_moved(refusal, place.path()),
            (Some(_), _) => {}
            (None, _) => say_unpublished(&refusals, document.health.status),
        }
        self.failed = place.is_none();
        self.place = place;
    }

    fn rewrite(&mut self, mut place: Place, document: &Document) {
        let written = place.write(document);
        match &written {
            Ok(()) if self.failed => info!("the status is written to {} again", place.path().display()),
            Err(error) if !self.failed => {
                warn!("cannot write the status to {}: {error}", place.path().display());
            }
            _ => {}
        }
        self.failed = written.is_err();
        self.place = Some(place);
    }

    /// Takes the document away: a hinit that has ended tells nothing.
    pub fn withdraw(&mut self) {
        if let Some(file) = &mut self.ready {
            file.show(false);
        }
        if let Some(place) = self.place.take() {
            place.remove();
        }
    }
}

/// Two containers with one file on a volume they share are found out here.
fn say_moved((asked, error): &Refusal, place: &Path) {
    let (asked, place) = (asked.display(), place.display());
    warn!("--status-file {asked}: {error}; the status is in {place} instead, for 'hinit status' without it");
}

fn say_unpublished(refusals: &[Refusal], status: Status) {
    let tried = refusals.iter().map(|(path, error)| format!("{}: {error}", path.display()));
    let tried = tried.collect::<Vec<_>>().join("; ");
    // Beside another hinit of this machine nobody asks for the status.
    let wanted = process::own_pid() == 1 || status != Status::None;
    let level = if wanted { Level::Warn } else { Level::Debug };
    log!(level, "'hinit status' will find nothing, no place for it can be written: {tried}");
}

/// Fit for use: it runs, nobody asked it to stop, and no check says otherwise.
fn is_ready(document: &Document) -> bool {
    document.state == State::Running && matches!(document.health.status, Status::Healthy | Status::None)
}

/// An empty file for those that can only look whether a file is there.
#[derive(Debug)]
struct ReadyFile {
    path: PathBuf,
    /// None before anything has been done: an old one may lie there.
    shown: Option<bool>,
}

impl ReadyFile {
    fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), shown: None }
    }

    fn show(&mut self, ready: bool) {
        if self.shown.replace(ready) == Some(ready) {
            return;
        }
        let done = if ready { self.make() } else { fs::remove_file(&self.path) };
        match done {
            Err(error) if error.kind() != ErrorKind::NotFound || ready => {
                warn!("--ready-file {}: {error}", self.path.display());
            }
            _ => {}
        }
    }

    /// Whatever has that name is replaced and never opened: a FIFO would make
    /// PID 1 wait for a reader, and a link would lead it to another file.
    fn make(&self) -> io::Result<()> {
        match File::create_new(&self.path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(&self.path)?;
                File::create_new(&self.path).map(drop)
            }
            made => made.map(drop),
        }
    }
}
