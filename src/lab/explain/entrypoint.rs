//! What the PID 1 line has besides health: the stop signal, the options of an
//! init that it replaces, and the program.

use super::base_image;
use super::compose_variables::is_placeholder;
use super::health_check::{Format, HealthCheck};
use super::image::{Image, Located};
use super::nested_init::{self, NestedInit};
use super::notes::Notes;
use super::rules::Rule;
use crate::signal::Signal;

#[derive(Debug, Default)]
pub(super) struct Entrypoint {
    pub(super) options: Vec<String>,
    /// The image's own entrypoint, without its init; empty if the file has none.
    pub(super) program: Vec<String>,
}

/// More inits in front of one program do not occur.
const MAX_INITS: usize = 3;

impl Entrypoint {
    pub(super) fn of(check: &HealthCheck, notes: &mut Notes) -> Self {
        let image = &check.image;
        let mut entrypoint = Self::default();
        entrypoint.add_stop_signal(check, notes);
        let Some(found) = &image.entrypoint else {
            note_init_of_command(image, notes);
            return entrypoint;
        };
        entrypoint.program = found.value.args();
        let mut words = found.value.words().unwrap_or_default();
        for _ in 0..MAX_INITS {
            let Some(init) = nested_init::of(&words, image) else { break };
            note_replaced(&init, found.line, notes);
            words.clone_from(&init.program);
            entrypoint.options.extend(init.options);
            entrypoint.program = init.program;
        }
        note_engine_init(image, notes);
        entrypoint
    }

    /// hinit cannot read the image's STOPSIGNAL. It forwards TERM by itself.
    fn add_stop_signal(&mut self, check: &HealthCheck, notes: &mut Notes) {
        let signal = match (&check.image.stop_signal, &check.image.base) {
            (Some(own), _) => own_signal(own, &check.format, notes),
            (None, Some(base)) => inherited_signal(base, notes),
            (None, None) => None,
        };
        if let Some(signal) = signal.filter(|signal| signal != "TERM") {
            self.options.extend(["--stop-signal".to_owned(), signal]);
        }
    }
}

fn own_signal(own: &Located<String>, format: &Format, notes: &mut Notes) -> Option<String> {
    let text = &own.value;
    if matches!(format, Format::Compose(_)) && text.contains(is_placeholder) {
        return Some(text.clone());
    }
    let note = match Signal::parse(text) {
        Ok(signal) => return Some(signal.to_string().trim_start_matches("SIG").to_owned()),
        Err(_) if text.contains('$') => {
            format!("the stop signal is {text}: add --stop-signal to the PID 1 line")
        }
        Err(error) => format!("the stop signal: {error}"),
    };
    notes.add_at(Rule::InvalidStopSignal, Some(own.line), note);
    None
}

fn inherited_signal(base: &Located<String>, notes: &mut Notes) -> Option<String> {
    let signal = base_image::stop_signal(&base.value)?;
    let note = format!(
        "{} has STOPSIGNAL SIG{signal}, which hinit cannot read from the image: --stop-signal {signal} does it",
        base.value
    );
    notes.add_at(Rule::InheritedStopSignal, Some(base.line), note);
    Some(signal.to_owned())
}

fn note_replaced(init: &NestedInit, line: usize, notes: &mut Notes) {
    let name = &init.name;
    let note = format!("{name} is an init too: the PID 1 line replaces it, as two inits would be nested");
    notes.add_at(Rule::NestedInit, Some(line), note);
    if !init.unsupported.is_empty() {
        let options = init.unsupported.join(", ");
        notes.add_at(Rule::NotCarried, Some(line), format!("hinit leaves out of {name}: {options}"));
    }
}

fn note_init_of_command(image: &Image, notes: &mut Notes) {
    note_engine_init(image, notes);
    let Some(command) = &image.command else { return };
    let Some(init) = nested_init::of(&command.value.words().unwrap_or_default(), image) else { return };
    let mut options = init.options.join(" ");
    if !options.is_empty() {
        options = format!(", and add {options} to the PID 1 line");
    }
    let note = format!("{} is an init too: begin the command with the program behind it{options}", init.name);
    notes.add_at(Rule::NestedInit, Some(command.line), note);
}

/// `init: true` in a compose file.
fn note_engine_init(image: &Image, notes: &mut Notes) {
    const NOTE: &str = "init: true makes the engine's own init PID 1, and hinit its child: leave it out";
    if let Some(line) = image.engine_init {
        notes.add_at(Rule::NestedInit, Some(line), NOTE);
    }
}
